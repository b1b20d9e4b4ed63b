#include "crds/base/parse.h"

namespace fairlead {

bool KeepsAnnotation(std::string_view annotation) {
  const std::string_view domain = annotation.substr(0, annotation.find('/'));
  return domain == "fairlead.dev" || domain == "istio.io" || domain.ends_with(".istio.io") ||
         domain == "gateway.networking.k8s.io";
}

OwnFields OwnFieldsIn(std::string_view fields) {
  return fields.find(R"("f:istio.io/use-waypoint":)") == std::string_view::npos ? OwnFields::kOther
                                                                                : OwnFields::kUseWaypoint;
}

ObjectMeta ParseMeta(const JsonNode& object) {
  ObjectMeta meta;
  const std::optional<JsonNode> m = object.Find("metadata");
  if (!m) return meta;
  meta.name = m->StringAt("name");
  meta.ns = m->StringAt("namespace");
  meta.uid = m->StringAt("uid");
  meta.resource_version = m->StringAt("resourceVersion");
  if (auto generation = m->Find("generation")) meta.generation = generation->AsInt().value_or(0);
  Timestamp::Parse(m->StringAt("creationTimestamp"), &meta.created);
  meta.deleting = !m->StringAt("deletionTimestamp").empty();
  if (auto labels = m->Find("labels")) {
    std::vector<Labels::Item> items;
    items.reserve(labels->Members().size());
    for (auto [key, value] : labels->Members()) items.emplace_back(key, JsonNode(value).AsString());
    meta.labels = Labels(std::move(items));
  }
  if (auto annotations = m->Find("annotations")) {
    std::vector<Labels::Item> items;
    for (auto [key, value] : annotations->Members()) {
      if (KeepsAnnotation(key)) items.emplace_back(key, JsonNode(value).AsString());
    }
    meta.annotations = Labels(std::move(items));
  }
  if (auto owners = m->Find("ownerReferences")) {
    meta.owners.reserve(owners->Items().size());
    for (JsonNode o : owners->Items()) {
      OwnerReference ref;
      ref.api_version = o.StringAt("apiVersion");
      ref.kind = o.StringAt("kind");
      ref.name = o.StringAt("name");
      ref.uid = o.StringAt("uid");
      if (auto c = o.Find("controller")) ref.controller = c->AsBool().value_or(false);
      meta.owners.push_back(std::move(ref));
    }
  }
  if (auto managers = m->Find("managedFields")) {
    for (JsonNode entry : managers->Items()) {
      if (entry.StringAt("manager") != kWaypointManager || entry.StringAt("operation") != "Apply") continue;
      const auto fields = entry.Find("fieldsV1");
      meta.own_fields = OwnFieldsIn(fields ? fields->Print() : "");
    }
  }
  return meta;
}

}  // namespace fairlead
