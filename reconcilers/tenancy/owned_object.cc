#include "reconcilers/tenancy/owned_object.h"

#include <algorithm>

namespace fairlead::reconcilers {

void Own(const std::string& workspace, OwnedObject* owned) {
  Json::Value& object = owned->object;
  object["apiVersion"] = owned->api_version;
  object["kind"] = owned->kind;
  Json::Value& meta = object["metadata"];
  meta["name"] = owned->name;
  if (!owned->ns.empty()) meta["namespace"] = owned->ns;
  meta["labels"][kManagedByLabel] = kManagedByFairlead;
  meta["labels"][kWorkspaceLabel] = workspace;
}

void SortOwned(std::vector<OwnedObject>* objects) {
  std::sort(objects->begin(), objects->end(), [](const OwnedObject& a, const OwnedObject& b) {
    return std::tie(a.kind, a.ns, a.name) < std::tie(b.kind, b.ns, b.name);
  });
}

}  // namespace fairlead::reconcilers
