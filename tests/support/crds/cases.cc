#include "tests/support/crds/cases.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <type_traits>

#include "crds/base/json_scan.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "crds/object/any_object.h"

namespace fairlead::testing {
namespace {

Json::Value& At(Json::Value* root, const std::string& path) {
  Json::Value* at = root;
  for (const std::string& segment : SplitFieldPath(path)) {
    at = at->isArray() ? &(*at)[static_cast<Json::ArrayIndex>(std::stoul(segment))] : &(*at)[segment];
  }
  return *at;
}

void Remove(Json::Value* root, const std::string& path) {
  const std::vector<std::string> segments = SplitFieldPath(path);
  Json::Value* at = root;
  for (size_t i = 0; i + 1 < segments.size(); ++i) {
    at = at->isArray() ? &(*at)[static_cast<Json::ArrayIndex>(std::stoul(segments[i]))] : &(*at)[segments[i]];
  }
  if (!segments.empty()) at->removeMember(segments.back());
}

std::vector<Expectation> Expectations(const Json::Value& list) {
  std::vector<Expectation> out;
  for (const Json::Value& item : list) {
    const std::string text = item.asString();
    const size_t colon = std::min(text.find(": "), text.size());
    out.push_back({NormalPath(text.substr(0, colon)), colon < text.size() ? text.substr(colon + 2) : ""});
  }
  return out;
}

std::string ObjectOf(const Json::Value& base, const Json::Value& item) {
  if (item.isMember("raw")) return item["raw"].asString();
  if (item.isMember("object")) return WriteJson(item["object"]);
  Json::Value object = base;
  if (item.isMember("spec")) object["spec"] = item["spec"];
  for (const std::string& path : item["set"].getMemberNames()) At(&object, path) = item["set"][path];
  for (const Json::Value& path : item["remove"]) Remove(&object, path.asString());
  return WriteJson(object);
}

std::string ProblemOf(const Json::Value& item) {
  static const std::set<std::string> known = {"name",   "set",    "remove",    "spec", "object",
                                              "raw",    "parse",  "apiserver", "only", "reason",
                                              "errors", "server", "warnings"};
  for (const std::string& member : item.getMemberNames()) {
    if (!known.contains(member)) return "unknown member " + member;
  }
  for (const char* verdict : {"parse", "apiserver"}) {
    if (item[verdict] != "ok" && item[verdict] != "error")
      return std::string(verdict) + " must be ok or error";
  }
  const bool differ = item["parse"] != item["apiserver"];
  if (differ != item.isMember("only") || differ != item.isMember("reason")) {
    return "only and reason belong to verdicts that differ";
  }
  if ((item["parse"] == "error") != item.isMember("errors")) return "errors belong to parse: error";
  return "";
}

void Load(const std::filesystem::path& path, std::vector<CrdCase>* out, std::string* problem) {
  const std::string file = path.filename().string();
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const auto documents = ParseYaml(text.str());
  if (!documents || documents->size() != 1) {
    *problem += file + ": " + (documents ? "must be one document" : documents.error().message) + "\n";
    return;
  }
  const Json::Value root = ParseJsonValue(documents->front().json);
  const KindInfo* info = FindKind("fairlead.dev", root["kind"].asString());
  if (info == nullptr) {
    *problem += file + ": unknown kind\n";
    return;
  }
  for (const Json::Value& item : root["cases"]) {
    CrdCase c;
    c.file = file;
    c.name = item["name"].asString();
    c.kind = info->kind;
    c.json = ObjectOf(root["base"], item);
    c.parse_ok = item["parse"] == "ok";
    c.apiserver_ok = item["apiserver"] == "ok";
    c.only = item["only"].asString();
    c.reason = item["reason"].asString();
    for (const Json::Value& field : item["server"]) c.server.push_back(NormalPath(field.asString()));
    c.errors = Expectations(item["errors"]);
    if (item.isMember("warnings")) c.warnings = Expectations(item["warnings"]);
    if (std::string why = ProblemOf(item); !why.empty()) *problem += c.Title() + ": " + why + "\n";
    out->push_back(std::move(c));
  }
}

}  // namespace

std::string NormalPath(std::string_view path) {
  std::string out;
  for (const std::string& segment : SplitFieldPath(path)) out += (out.empty() ? "" : ".") + segment;
  return out;
}

std::vector<CrdCase> LoadCrdCases(std::string* problem) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path dir = std::filesystem::path(FAIRLEAD_SOURCE_DIR) / "tests/cases/crds";
  for (const auto& entry : std::filesystem::directory_iterator(dir)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<CrdCase> out;
  for (const auto& file : files) Load(file, &out, problem);
  return out;
}

Json::Value ParseJsonValue(std::string_view json) {
  const auto document = JsonDocument::Parse(json);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

ParseOutcome ParseAndPrint(Kind kind, std::string_view json) {
  ParseOutcome out;
  const auto document = JsonDocument::Parse(json);
  if (!document) {
    out.errors.push_back({"", document.error().message});
    return out;
  }
  const ParsedObject parsed = ParseObject(kind, document->root());
  out.warnings = parsed.warnings;
  std::visit(
      [&](const auto& object) {
        using T = typename std::decay_t<decltype(object)>::element_type;
        if constexpr (std::is_same_v<T, const Invalid>) {
          out.errors = object->errors;
        } else if constexpr (requires { api::ToJson(*object); }) {
          out.ok = true;
          out.canonical = api::ToJson(*object);
        }
      },
      parsed.object);
  return out;
}

}  // namespace fairlead::testing
