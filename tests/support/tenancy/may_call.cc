#include "tests/support/tenancy/may_call.h"

#include <algorithm>

namespace fairlead::testing {
namespace {

// "gr*", "*2", "*", or the name itself.
bool Means(const std::string& pattern, const std::string& name) {
  const size_t star = pattern.find('*');
  if (star == std::string::npos) return pattern == name;
  const std::string head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.starts_with(head) && name.ends_with(tail);
}

// One side's consent: some entry names the other workspace and the service.
bool Says(const std::vector<api::SharedResources>& shares, const std::string& other,
          const MeshService& service) {
  for (const api::SharedResources& share : shares) {
    bool named = false, selected = share.resources.empty();
    for (const std::string& pattern : share.workspaces) named |= Means(pattern, other);
    for (const auto& one : share.resources) {
      selected |= one.kind == "Service" && (one.name.empty() || Means(one.name, service.name)) &&
                  (one.ns.empty() || one.ns == service.ns) &&
                  (!one.selector || one.selector->match_labels.Get("tier") == service.labels.Get("tier"));
    }
    if (named && selected) return true;
  }
  return false;
}

}  // namespace

bool Agreed(const MeshWorkspace& owner, const MeshWorkspace& user, const MeshService& service) {
  return Says(owner.export_to, user.name, service) && Says(user.import_from, owner.name, service);
}

bool MayCall(const Mesh& mesh, const MeshAccount& caller, const MeshService& service, const MeshPod& pod) {
  const MeshWorkspace* owner = mesh.WorkspaceOf(service.ns);
  if (owner == nullptr || owner->isolation != api::Isolation::kEnforced) return true;
  if (owner->namespaces.count(caller.ns) > 0) return true;
  if (owner->ingress.count(caller) > 0) return true;
  const MeshWorkspace* importer = mesh.WorkspaceOf(caller.ns);
  if (importer == nullptr) return false;
  const auto agreed = [&](const MeshService& one) { return Agreed(*owner, *importer, one); };
  if (service.waypoint >= 0) return agreed(service);
  return std::any_of(mesh.services.begin(), mesh.services.end(), [&](const MeshService& one) {
    return one.ns == service.ns && one.waypoint < 0 && Selects(one.selector, pod.labels) && agreed(one);
  });
}

}  // namespace fairlead::testing
