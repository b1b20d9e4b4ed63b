#include "reconcilers/preview/manifest.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/preview/field_diff.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr size_t kMaxObject = 64u << 20;
constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";

// Takes away what was applied last and is not now.
void Prune(const Json::Value& last, const Json::Value& now, Json::Value* stored) {
  if (!last.isObject() || !stored->isObject()) return;
  for (const std::string& name : last.getMemberNames()) {
    if (!stored->isMember(name)) continue;
    if (!now.isObject() || !now.isMember(name)) {
      stored->removeMember(name);
    } else {
      Prune(last[name], now[name], &(*stored)[name]);
    }
  }
}

void Overlay(const Json::Value& now, Json::Value* stored) {
  if (now.isObject() && stored->isObject()) {
    for (const std::string& name : now.getMemberNames()) Overlay(now[name], &(*stored)[name]);
  } else if (now.isArray() && stored->isArray() && now.size() == stored->size()) {
    for (Json::ArrayIndex i = 0; i < now.size(); ++i) Overlay(now[i], &(*stored)[i]);
  } else {
    *stored = now;
  }
}

}  // namespace

std::string ManifestId::ToString() const { return Printable(kind + " " + name.ToString()); }

std::optional<Manifest> ReadManifest(std::string_view json, const std::string& default_namespace,
                                     std::string place) {
  const Result<JsonDocument> document = JsonDocument::Parse(json, kMaxObject);
  if (!document) return std::nullopt;
  const JsonNode root = document->root();
  const std::string_view version = root.StringAt("apiVersion");
  const size_t slash = version.find('/');
  Manifest out{{std::string(slash == std::string_view::npos ? std::string_view() : version.substr(0, slash)),
                std::string(root.StringAt("kind")),
                {}},
               std::string(json),
               std::nullopt,
               std::move(place)};
  const auto meta = root.Find("metadata");
  if (!meta || out.id.kind.empty()) return std::nullopt;
  out.id.name = {std::string(meta->StringAt("namespace")), std::string(meta->StringAt("name"))};
  if (out.id.name.name.empty()) return std::nullopt;
  const std::optional<Kind> kind = KindOf(root);
  if (kind && !InfoOf(*kind).namespaced) out.id.name.ns.clear();
  if ((!kind || InfoOf(*kind).namespaced) && out.id.name.ns.empty()) {
    Json::Value object = ToJsonValue(root);
    object["metadata"]["namespace"] = out.id.name.ns = default_namespace;
    std::optional<Manifest> named = ReadManifest(WriteJson(object), default_namespace, std::move(out.place));
    return named;
  }
  if (kind) out.object = ParseObject(*kind, root).object;
  return out;
}

Json::Value Merge(const Json::Value& stored, const Json::Value& applied) {
  Json::Value out = stored;
  const Json::Value& annotations = stored["metadata"]["annotations"];
  if (annotations.isObject() && annotations[kLastApplied].isString()) {
    Prune(ParseValue(annotations[kLastApplied].asString()), applied, &out);
    if (out["metadata"]["annotations"].isObject()) out["metadata"]["annotations"].removeMember(kLastApplied);
  }
  Overlay(applied, &out);
  return out;
}

Json::Value ParseValue(std::string_view json) {
  const Result<JsonDocument> document = JsonDocument::Parse(json, kMaxObject);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

bool WasApplied(const Json::Value& object) {
  if (!object.isObject() || !object["metadata"].isObject()) return false;
  const Json::Value& annotations = object["metadata"]["annotations"];
  return annotations.isObject() && annotations.isMember(kLastApplied);
}

bool IsOwned(const Json::Value& object) {
  if (!object.isObject() || !object["metadata"].isObject()) return false;
  const Json::Value& labels = object["metadata"]["labels"];
  return labels.isObject() && labels[kManagedByLabel] == kManagedByFairlead &&
         labels.isMember(kWorkspaceLabel);
}

}  // namespace fairlead::reconcilers::preview
