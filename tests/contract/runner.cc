#include "tests/contract/runner.h"

#include <re2/re2.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/apiserver/request.h"
#include "tests/support/apiserver/value.h"
#include "tests/support/eventually.h"

namespace fairlead::contract {
namespace {

using apiserver::Value;

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

const std::map<std::string, std::string>& ShortTypes() {
  static const std::map<std::string, std::string> types = {
      {"json-patch", "application/json-patch+json"},
      {"merge", "application/merge-patch+json"},
      {"strategic", "application/strategic-merge-patch+json"},
      {"apply", "application/apply-patch+yaml"},
      {"yaml", "application/yaml"},
      {"text", "text/plain"},
      {"protobuf", "application/vnd.kubernetes.protobuf"},
      {"table", "application/json;as=Table;v=v1;g=meta.k8s.io"},
      {"partial", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"},
      {"partial-list", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"},
      {"json", "application/json"},
  };
  return types;
}

Step ParseStep(const std::string& line) {
  Step out;
  std::istringstream words(line);
  words >> out.method >> out.path;
  for (std::string word; words >> word;) {
    const size_t eq = word.find('=');
    const std::string key = word.substr(0, eq);
    const std::string value = eq == std::string::npos ? "" : word.substr(eq + 1);
    const auto known = ShortTypes().find(value);
    const std::string type = known == ShortTypes().end() ? value : known->second;
    if (key == "type") out.content_type = type;
    if (key == "accept") out.accept = type;
    if (key == "managed") out.managed = true;
    if (key == "status") out.status_only = true;
  }
  return out;
}

std::string Lookup(const std::string& path, const std::vector<Value>& answers, const std::string& ns) {
  if (path == "ns") return ns;
  const size_t dot = path.find('.');
  const size_t step = static_cast<size_t>(atoi(path.c_str()));
  if (step == 0 || step > answers.size() || dot == std::string::npos) return "{" + path + "}";
  const Value* at = &answers[step - 1];
  std::istringstream names(path.substr(dot + 1));
  for (std::string name; std::getline(names, name, '.');) {
    const bool index = at->isArray() && name.find_first_not_of("0123456789") == std::string::npos;
    at = index ? &(*at)[static_cast<Json::ArrayIndex>(stoi(name))] : &apiserver::Get(*at, name);
  }
  return at->isString() ? at->asString() : apiserver::Print(*at);
}

std::string Fill(const std::string& text, const std::vector<Value>& answers, const std::string& ns) {
  static const re2::RE2 hole(R"(\{(ns|\d+\.[A-Za-z0-9_.]+)\})");
  std::string out;
  re2::StringPiece rest(text);
  re2::StringPiece match[2];
  size_t from = 0;
  while (hole.Match(rest, from, rest.size(), re2::RE2::UNANCHORED, match, 2)) {
    const size_t at = match[0].data() - text.data();
    out += text.substr(from, at - from) + Lookup(std::string(match[1]), answers, ns);
    from = at + match[0].size();
  }
  return out + text.substr(from);
}

std::string NormalText(std::string text) {
  static const re2::RE2 uid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  static const re2::RE2 time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)");
  static const re2::RE2 version(
      R"((resource version|resourceVersion|ResourceVersion in \w+)(:? ?)\(?\d+\)?)");
  static const re2::RE2 current(R"(<rv> \(\d+\)|<rv>, current: \d+)");
  static const re2::RE2 generated(R"((gen-)[a-z0-9]{5})");
  static const re2::RE2 quoted(R"((\\*"resourceVersion\\*":\\*")\d+)");
  re2::RE2::GlobalReplace(&text, quoted, "\\1<rv>");
  re2::RE2::GlobalReplace(&text, uid, "<uid>");
  re2::RE2::GlobalReplace(&text, time, "<time>");
  re2::RE2::GlobalReplace(&text, version, "\\1\\2<rv>");
  re2::RE2::GlobalReplace(&text, current, "<rv> (<rv>)");
  re2::RE2::GlobalReplace(&text, generated, "\\1<random>");
  return text;
}

bool IsAge(const std::string& text) { return re2::RE2::FullMatch(text, R"(\d+[smhd](\d+[smh])?)"); }

void SortItems(Value* list) {
  if (!list->isArray()) return;
  std::vector<Value> items(list->begin(), list->end());
  std::sort(items.begin(), items.end(),
            [](const Value& a, const Value& b) { return apiserver::Print(a) < apiserver::Print(b); });
  *list = apiserver::Array();
  for (const Value& item : items) list->append(item);
}

void Normalise(Value* v, const Step& step, const std::string& key) {
  if (v->isObject()) {
    if (!step.managed) v->removeMember("managedFields");
    if (key == "metadata" && v->isMember("selfLink")) v->removeMember("selfLink");
    v->removeMember("description");
    v->removeMember("storageVersionHash");
    for (const char* unordered : {"verbs", "resources"}) {
      if (v->isMember(unordered)) SortItems(&(*v)[unordered]);
    }
    for (const std::string& name : v->getMemberNames()) Normalise(&(*v)[name], step, name);
    // Entries of the same second come in either order.
    if (v->isMember("managedFields")) SortItems(&(*v)["managedFields"]);
    // Several faults come in no fixed order.
    if (v->isMember("causes")) SortItems(&(*v)["causes"]);
    if (apiserver::TextAt(*v, "kind") == "Status" && apiserver::At(*v, {"details", "causes"}).size() > 1) {
      std::string message = apiserver::TextAt(*v, "message");
      if (const size_t at = message.find("is invalid: "); at != std::string::npos) {
        (*v)["message"] = message.substr(0, at) + "is invalid: (the causes)";
      }
    }
    return;
  }
  if (v->isArray()) {
    for (Value& item : *v) Normalise(&item, step, key == "cells" ? "cell" : key);
    return;
  }
  if (!v->isString()) return;
  const std::string text = v->asString();
  if (key == "uid" || key == "resourceVersion")
    *v = text.empty() ? "" : "<" + key + ">";
  else if (key == "clusterIP" || key == "clusterIPs")
    *v = text == "None" ? text : "<ip>";
  else if (key == "continue")
    *v = text.empty() ? "" : "<token>";
  else if (key == "cell")
    *v = IsAge(text) ? "<age>" : re2::RE2::FullMatch(text, R"(10\.\d+\.\d+\.\d+)") ? "<ip>" : text;
  else
    *v = NormalText(text);
}

std::string Pretty(const Value& v, const std::string& indent = "") {
  if ((!v.isObject() && !v.isArray()) || v.empty() || apiserver::Print(v).size() <= 90)
    return apiserver::Print(v);
  std::string out;
  if (v.isObject()) {
    for (auto at = v.begin(); at != v.end(); ++at) {
      out += (out.empty() ? "{\n" : ",\n") + indent + " " + apiserver::QuoteJson(at.name()) + ": " +
             Pretty(*at, indent + " ");
    }
    return out + "}";
  }
  for (const Value& item : v)
    out += (out.empty() ? "[\n" : ",\n") + indent + " " + Pretty(item, indent + " ");
  return out + "]";
}

std::string HeaderLines(const std::string& headers, const std::string& name) {
  std::string out;
  std::istringstream lines(headers);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::string lower = line.substr(0, name.size());
    for (char& c : lower) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
    if (lower == name) out += name + line.substr(name.size()) + "\n";
  }
  return out;
}

// JSON, one value a line (watches), or text.
std::string Body(const Step& step, const testing::HttpReply& reply, Value* answer) {
  Result<Value> whole = apiserver::ParseJson(reply.body);
  if (whole) {
    *answer = *whole;
    Normalise(&*whole, step, "");
    return Pretty(*whole) + "\n";
  }
  std::string out;
  std::istringstream lines(reply.body);
  for (std::string line; std::getline(lines, line);) {
    Result<Value> event = apiserver::ParseJson(line);
    if (!event)
      return NormalText(reply.body.size() > 400 ? "(" + std::to_string(reply.body.size()) + " bytes)\n"
                                                : reply.body + "\n");
    const bool initial_end =
        !apiserver::At(*event, {"object", "metadata", "annotations", "k8s.io/initial-events-end"}).isNull();
    if (apiserver::TextAt(*event, "type") == "BOOKMARK" && !initial_end) continue;
    Normalise(&*event, step, "");
    out += Pretty(*event) + "\n";
  }
  return out;
}

}  // namespace

std::string CasePath(const std::string& stem, const std::string& extension) {
  return std::string(FAIRLEAD_SOURCE_DIR) + "/tests/contract/cases/" + stem + extension;
}

std::vector<std::string> CaseFiles() {
  std::vector<std::string> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(FAIRLEAD_SOURCE_DIR) + "/tests/contract/cases")) {
    if (entry.path().extension() == ".case") out.push_back(entry.path().stem());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Case> LoadCases(const std::string& file) {
  std::vector<Case> out;
  std::istringstream lines(ReadText(file));
  bool in_body = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    if (line.starts_with("== ")) {
      out.push_back({line.substr(3), {}});
      in_body = false;
    } else if (line.empty()) {
      in_body = false;
    } else if (in_body) {
      out.back().steps.back().body += (out.back().steps.back().body.empty() ? "" : "\n") + line;
    } else {
      out.back().steps.push_back(ParseStep(line));
      in_body = true;
    }
  }
  return out;
}

void Prepare(const Caller& call) {
  const Result<Value> list = apiserver::ParseJson(ReadText(CasePath("definitions", ".json")));
  for (const Value& crd : apiserver::Get(*list, "items")) {
    testing::HttpCallOptions create;
    create.method = "POST";
    create.path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    create.body = apiserver::Print(crd);
    call(create);
    testing::HttpCallOptions read;
    const Value& version = crd["spec"]["versions"][0];
    read.path = "/apis/" + apiserver::TextAt(crd, {"spec", "group"}) + "/" +
                apiserver::TextAt(version, "name") + "/" +
                apiserver::TextAt(crd, {"spec", "names", "plural"});
    // The real server serves a new kind when its controllers have seen it.
    testing::Eventually([&] { return call(read).status == 200; });
  }
}

std::string Transcript(const Case& c, const Caller& call) {
  const std::string ns = "c-" + c.name;
  testing::HttpCallOptions make;
  make.method = "POST";
  make.path = "/api/v1/namespaces";
  make.body = "{\"metadata\":{\"name\":" + apiserver::QuoteJson(ns) + "}}";
  call(make);
  std::vector<Value> answers;
  std::string out = "== " + c.name + "\n";
  for (const Step& step : c.steps) {
    testing::HttpCallOptions options;
    options.method = step.method;
    options.path = Fill(step.path, answers, ns);
    options.body = Fill(step.body, answers, ns);
    options.content_type = step.content_type;
    options.accept = step.accept;
    const testing::HttpReply reply = call(options);
    Value answer;
    const std::string body = Body(step, reply, &answer);
    answers.push_back(answer);
    out += "> " + step.method + " " + step.path + "\n< " + std::to_string(reply.status) + "\n";
    if (!step.status_only) out += NormalText(HeaderLines(reply.headers, "warning: ")) + body;
  }
  return out;
}

std::string GoldenOf(const std::string& golden_text, const std::string& case_name) {
  const std::string head = "== " + case_name + "\n";
  const size_t at = golden_text.find(head);
  if (at == std::string::npos) return "";
  const size_t end = golden_text.find("\n== ", at + 1);
  return golden_text.substr(at, end == std::string::npos ? std::string::npos : end + 1 - at);
}

}  // namespace fairlead::contract
