#include "operator/kube/discovery.h"

#include "crds/base/json.h"

namespace fairlead::kube {
namespace {

const Resource kCrds{"apiextensions.k8s.io", "v1", "customresourcedefinitions"};
constexpr size_t kMaxCrd = 16u << 20;

bool Established(const JsonNode& crd) {
  const std::optional<JsonNode> conditions = crd.FindPath({"status", "conditions"});
  if (!conditions) return false;
  for (JsonNode condition : conditions->Items()) {
    if (condition.StringAt("type") == "Established") return condition.StringAt("status") == "True";
  }
  return false;
}

// "spec.rules[].retry" in one version's schema.
bool HasField(const JsonNode& version, std::string_view path) {
  std::optional<JsonNode> at = version.FindPath({"schema", "openAPIV3Schema"});
  while (at && !path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    std::string_view name = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    const bool list = name.ends_with("[]");
    if (list) name.remove_suffix(2);
    at = at->FindPath({"properties", name});
    if (at && list) at = at->Find("items");
  }
  return at.has_value();
}

// The version, if it is served.
std::optional<JsonNode> ServedVersion(const JsonNode& crd, std::string_view name) {
  const std::optional<JsonNode> versions = crd.FindPath({"spec", "versions"});
  if (!versions) return std::nullopt;
  for (JsonNode version : versions->Items()) {
    const std::optional<JsonNode> served = version.Find("served");
    if (version.StringAt("name") == name && served && served->AsBool().value_or(false)) return version;
  }
  return std::nullopt;
}

}  // namespace

Result<CrdFacts> ParseCrdFacts(const std::string& crd_json, const std::string& version_name) {
  Result<JsonDocument> doc = JsonDocument::Parse(crd_json, kMaxCrd);
  if (!doc) return Unexpected(doc.error());
  CrdFacts facts;
  if (const std::optional<JsonNode> annotations = doc->root().FindPath({"metadata", "annotations"})) {
    facts.bundle_version = annotations->StringAt("gateway.networking.k8s.io/bundle-version");
    facts.channel = annotations->StringAt("gateway.networking.k8s.io/channel");
  }
  const std::optional<JsonNode> versions = doc->root().FindPath({"spec", "versions"});
  if (!versions) return Unexpected(Error{ErrorClass::kInvalid, "the CRD has no spec.versions"});
  for (JsonNode version : versions->Items()) {
    const std::optional<JsonNode> served = version.Find("served");
    if (!served || !served->AsBool().value_or(false)) continue;
    facts.versions.emplace_back(version.StringAt("name"));
    if (version.StringAt("name") != version_name) continue;
    facts.served = Established(doc->root());
    facts.retry = HasField(version, "spec.rules[].retry");
    facts.session_persistence = HasField(version, "spec.rules[].sessionPersistence");
  }
  return facts;
}

Result<std::vector<bool>> ParseCrdFields(const std::string& crd_json, const std::string& version_name,
                                         const std::vector<std::string>& paths) {
  Result<JsonDocument> doc = JsonDocument::Parse(crd_json, kMaxCrd);
  if (!doc) return Unexpected(doc.error());
  const std::optional<JsonNode> version = ServedVersion(doc->root(), version_name);
  std::vector<bool> out;
  for (const std::string& path : paths) out.push_back(version && HasField(*version, path));
  return out;
}

Result<std::vector<bool>> ReadCrdFields(Client& client, const Resource& resource,
                                        const std::vector<std::string>& paths, std::stop_token stop) {
  Result<std::string> crd = client.GetJson(ObjectName{kCrds, "", resource.ToString()}, stop);
  if (!crd) return Unexpected(crd.error());
  return ParseCrdFields(*crd, resource.version, paths);
}

Result<CrdFacts> ReadCrdFacts(Client& client, const Resource& resource, std::stop_token stop) {
  Result<std::string> crd = client.GetJson(ObjectName{kCrds, "", resource.ToString()}, stop);
  if (!crd) return Unexpected(crd.error());
  return ParseCrdFacts(*crd, resource.version);
}

Result<std::map<std::string, std::vector<std::string>>> ReadServedVersions(Client& client,
                                                                           std::stop_token stop) {
  Result<std::string> text = client.GetJson("/apis", stop);
  if (!text) return Unexpected(text.error());
  Result<JsonDocument> doc = JsonDocument::Parse(*text, kMaxCrd);
  if (!doc) return Unexpected(doc.error());
  std::map<std::string, std::vector<std::string>> out;
  out[""] = {"v1"};
  const std::optional<JsonNode> groups = doc->root().Find("groups");
  if (!groups) return Unexpected(Error{ErrorClass::kInvalid, "GET /apis: no groups"});
  for (JsonNode group : groups->Items()) {
    std::vector<std::string>& versions = out[std::string(group.StringAt("name"))];
    const std::optional<JsonNode> preferred = group.FindPath({"preferredVersion", "version"});
    if (preferred) versions.emplace_back(preferred->AsString());
    const std::optional<JsonNode> all = group.Find("versions");
    if (!all) continue;
    for (JsonNode version : all->Items()) {
      const std::string name(version.StringAt("version"));
      if (versions.empty() || versions.front() != name) versions.push_back(name);
    }
  }
  return out;
}

Result<std::string> ReadServerVersion(Client& client, std::stop_token stop) {
  Result<std::string> text = client.GetJson("/version", stop);
  if (!text) return text;
  Result<JsonDocument> doc = JsonDocument::Parse(*text);
  if (!doc) return Unexpected(doc.error());
  return std::string(doc->root().StringAt("gitVersion"));
}

WatchTarget CrdStream::Target() {
  // A server that does not know the partial form sends whole objects, which read the same here.
  return {.collection = CollectionPath(kCrds, ""),
          .accept_list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json",
          .accept_watch = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json"};
}

void CrdStream::Replace(std::vector<Json::Value> objects) {
  std::map<std::string, std::string> now;
  for (const Json::Value& object : objects) {
    const Json::Value& meta = object["metadata"];
    now[meta["name"].asString()] = meta["resourceVersion"].asString();
  }
  const std::map<std::string, std::string> before = std::exchange(known_, std::move(now));
  for (const auto& [name, version] : known_) {
    const auto it = before.find(name);
    if (it == before.end() || it->second != version) changed_(name);
  }
  for (const auto& [name, version] : before) {
    if (!known_.contains(name)) changed_(name);
  }
}

void CrdStream::Upsert(Json::Value object) {
  const Json::Value& meta = object["metadata"];
  known_[meta["name"].asString()] = meta["resourceVersion"].asString();
  changed_(meta["name"].asString());
}

void CrdStream::Delete(Json::Value last) {
  known_.erase(last["metadata"]["name"].asString());
  changed_(last["metadata"]["name"].asString());
}

}  // namespace fairlead::kube
