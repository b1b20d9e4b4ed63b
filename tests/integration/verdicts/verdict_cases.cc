#include "tests/integration/verdicts/verdict_cases.h"

#include <algorithm>
#include <filesystem>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/base/key.h"
#include "crds/base/yaml.h"
#include "tests/support/process.h"

namespace fairlead::testing {
namespace {

const std::string kDir = std::string(FAIRLEAD_SOURCE_DIR) + "/tests/cases/admission/";

Unexpected<Error> Wrong(const std::string& what) { return Unexpected(Error{ErrorClass::kInvalid, what}); }

Result<std::vector<Json::Value>> ReadDocuments(const std::string& file) {
  const Result<std::vector<YamlDocument>> documents = ParseYaml(ReadFile(kDir + file));
  if (!documents) return Wrong(file + ": " + documents.error().message);
  std::vector<Json::Value> out;
  for (const YamlDocument& document : *documents)
    out.push_back(ToJsonValue(JsonDocument::Parse(document.json)->root()));
  return out;
}

// Kinds that are judged and that Fairlead reads nowhere else.
struct OtherKind {
  const char *kind, *api_version, *plural;
};
constexpr OtherKind kOthers[] = {
    {"TCPRoute", "gateway.networking.k8s.io/v1", "tcproutes"},
    {"TLSRoute", "gateway.networking.k8s.io/v1", "tlsroutes"},
    {"VirtualService", "networking.istio.io/v1", "virtualservices"},
    {"DestinationRule", "networking.istio.io/v1", "destinationrules"},
    {"WorkloadEntry", "networking.istio.io/v1", "workloadentries"},
    {"AuthorizationPolicy", "security.istio.io/v1", "authorizationpolicies"},
};

struct Names {
  std::string api_version, plural;
  bool namespaced = true;
};

Result<Names> NamesOf(const std::string& kind) {
  for (const OtherKind& other : kOthers) {
    if (kind == other.kind) return Names{other.api_version, other.plural};
  }
  for (size_t i = 0; i < kKindCount; ++i) {
    const KindInfo& info = InfoOf(static_cast<Kind>(i));
    if (info.name != kind) continue;
    const std::string version(info.version);
    return Names{info.group.empty() ? version : std::string(info.group) + "/" + version,
                 std::string(info.plural), info.namespaced};
  }
  return Wrong("there is no kind " + kind);
}

// Fills in what every object has.
Result<void> Complete(const std::string& name, Json::Value* object) {
  const Result<Names> names = NamesOf((*object)["kind"].asString());
  if (!names) return Unexpected(names.error());
  if (!object->isMember("apiVersion")) (*object)["apiVersion"] = names->api_version;
  Json::Value& meta = (*object)["metadata"];
  if (!meta.isMember("name") && !meta.isMember("generateName")) meta["name"] = name;
  if (names->namespaced && !meta.isMember("namespace")) meta["namespace"] = "shop";
  return {};
}

void ReplaceAll(const std::string& from, const std::string& to, std::string* text) {
  for (size_t at = 0; (at = text->find(from, at)) != std::string::npos; at += to.size())
    text->replace(at, from.size(), to);
}

Result<VerdictCase> CaseOf(const std::string& file, const Json::Value& document) {
  const std::string name = document["case"].asString();
  std::string text = WriteJson(document);
  VerdictCase c{file, name, document["as"].asString(), {}, {}, "", {}};
  for (const std::string tier : {"web", "data"}) {
    const bool selected = tier == "web" && text.find("$case") != std::string::npos;
    if (selected || text.find("$" + tier) != std::string::npos) c.services.push_back(tier);
    ReplaceAll("$" + tier, name + "-" + tier, &text);
  }
  ReplaceAll("$case", name, &text);
  const Json::Value filled = ToJsonValue(JsonDocument::Parse(text)->root());
  for (const auto& [member, object] : {std::pair("before", &c.before), std::pair("after", &c.after)}) {
    if (!filled.isMember(member)) continue;
    *object = filled[member];
    if (Result<void> done = Complete(name, object); !done)
      return Wrong(file + ": " + name + ": " + done.error().message);
    c.collection = CollectionOf(*object);
  }
  if (c.name.empty() || c.as.empty() || c.collection.empty())
    return Wrong(file + ": a case needs case, as, and before or after: " + text);
  return c;
}

}  // namespace

std::string CollectionOf(const Json::Value& object) {
  const std::string version = object["apiVersion"].asString(),
                    ns = object["metadata"]["namespace"].asString();
  const Result<Names> names = NamesOf(object["kind"].asString());
  return (version.find('/') == std::string::npos ? "/api/" : "/apis/") + version +
         (ns.empty() ? "/" : "/namespaces/" + ns + "/") + (names ? names->plural : "");
}

Result<std::vector<VerdictCase>> ReadVerdictCases() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kDir)) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) && name.ends_with(".yaml") &&
        !name.ends_with(".answers.yaml"))
      files.push_back(name.substr(0, name.size() - 5));
  }
  std::sort(files.begin(), files.end());
  std::vector<VerdictCase> out;
  for (const std::string& file : files) {
    const Result<std::vector<Json::Value>> documents = ReadDocuments(file + ".yaml");
    if (!documents) return Unexpected(documents.error());
    for (const Json::Value& document : *documents) {
      Result<VerdictCase> c = CaseOf(file, document);
      if (!c) return Unexpected(c.error());
      out.push_back(std::move(*c));
    }
  }
  return out;
}

Result<std::vector<VerdictUser>> ReadVerdictUsers() {
  const Result<std::vector<Json::Value>> documents = ReadDocuments("users.yaml");
  if (!documents) return Unexpected(documents.error());
  std::vector<VerdictUser> out;
  for (const Json::Value& document : *documents) {
    VerdictUser user{
        document["name"].asString(), document["user"].asString(), document["group"].asString(), {}};
    if (document.isMember("impersonate")) {
      user.impersonates.push_back("Impersonate-User: " + document["impersonate"].asString());
      for (const Json::Value& group : document["groups"])
        user.impersonates.push_back("Impersonate-Group: " + group.asString());
    }
    out.push_back(std::move(user));
  }
  return out;
}

Result<std::vector<std::pair<std::string, Json::Value>>> ReadVerdictWorld() {
  Result<std::vector<Json::Value>> documents = ReadDocuments("world.yaml");
  if (!documents) return Unexpected(documents.error());
  std::vector<std::pair<std::string, Json::Value>> out;
  for (Json::Value& object : *documents) {
    if (Result<void> done = Complete("", &object); !done) return Unexpected(done.error());
    std::string collection = CollectionOf(object);
    out.emplace_back(std::move(collection), std::move(object));
  }
  return out;
}

Json::Value ReadAnswers(const std::string& file) {
  const std::string name = file + ".answers.yaml";
  if (!std::filesystem::exists(kDir + name)) return Json::Value(Json::objectValue);
  const Result<std::vector<Json::Value>> documents = ReadDocuments(name);
  return documents && documents->size() == 1 ? documents->front() : Json::Value(Json::objectValue);
}

void WriteAnswers(const std::string& file, const Json::Value& answers) {
  WriteFile(kDir + file + ".answers.yaml", WriteYaml(answers));
}

}  // namespace fairlead::testing
