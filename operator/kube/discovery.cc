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

// The properties of spec.rules[] of one version's schema.
std::optional<JsonNode> RuleProperties(const JsonNode& version) {
  return version.FindPath(
      {"schema", "openAPIV3Schema", "properties", "spec", "properties", "rules", "items", "properties"});
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
    if (const std::optional<JsonNode> rule = RuleProperties(version)) {
      facts.retry = rule->Find("retry").has_value();
      facts.session_persistence = rule->Find("sessionPersistence").has_value();
    }
  }
  return facts;
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

Result<PageInfo> CrdStream::Page(std::string_view, std::string_view body) {
  Result<JsonDocument> doc = JsonDocument::Parse(body, kMaxListPage);
  if (!doc) return Unexpected(doc.error());
  const std::optional<JsonNode> meta = doc->root().Find("metadata");
  const std::optional<JsonNode> items = doc->root().Find("items");
  if (!meta || !items) return Unexpected(Error{ErrorClass::kTransient, "the reply is not a list"});
  for (JsonNode item : items->Items()) {
    const std::optional<JsonNode> m = item.Find("metadata");
    if (m) kept_[std::string(m->StringAt("name"))] = m->StringAt("resourceVersion");
  }
  return PageInfo{std::string(meta->StringAt("resourceVersion")), std::string(meta->StringAt("continue"))};
}

void CrdStream::Whole() {
  const std::map<std::string, std::string> before = std::exchange(known_, std::exchange(kept_, {}));
  for (const auto& [name, version] : known_) {
    const auto it = before.find(name);
    if (it == before.end() || it->second != version) changed_(name);
  }
  for (const auto& [name, version] : before) {
    if (!known_.contains(name)) changed_(name);
  }
}

Result<void> CrdStream::BeginStream(std::string_view) {
  frames_ = FrameSplitter(ContentType::kJson, kMaxWatchFrame);
  return {};
}

Result<void, FrameError> CrdStream::Bytes(std::string_view bytes, const Marks& marks) {
  return frames_.Feed(bytes, [&](std::string_view frame) { return Frame(frame, marks); });
}

Result<void, FrameError> CrdStream::Frame(std::string_view frame, const Marks& marks) {
  Result<JsonDocument> doc = JsonDocument::Parse(frame, kMaxWatchFrame);
  const std::optional<JsonNode> object = doc ? doc->root().Find("object") : std::nullopt;
  if (!object) return Unexpected(FrameError{FrameError::Type::kMalformed, "the frame is not an event"});
  const std::string_view type = doc->root().StringAt("type");
  if (type == "ERROR") {
    marks({.error = Unexpected(ErrorOf(StatusFromJson(*object)))});
    return {};
  }
  const std::optional<JsonNode> meta = object->Find("metadata");
  if (!meta) return Unexpected(FrameError{FrameError::Type::kMalformed, "the object has no metadata"});
  const std::string name(meta->StringAt("name"));
  const std::string version(meta->StringAt("resourceVersion"));
  if (type == "DELETED") {
    known_.erase(name);
    changed_(name);
  } else if (type != "BOOKMARK") {
    known_[name] = version;
    changed_(name);
  }
  marks({.resource_version = version});
  return {};
}

}  // namespace fairlead::kube
