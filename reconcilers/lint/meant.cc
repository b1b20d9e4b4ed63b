// What may have been meant by a target that does not exist.
#include <string_view>
#include <vector>

#include "crds/base/nearest.h"
#include "reconcilers/lint/collect.h"

namespace fairlead::reconcilers {
namespace {

template <class T>
void AddNames(const View& view, const std::string& ns, std::vector<std::string_view>* out) {
  view.tables.ForEachIn<T>(ns, [out](const Ptr<T>& object) { out->push_back(object->meta.name); });
}

}  // namespace

std::string MeantBy(const View& view, const ObjectKey& missing) {
  std::vector<std::string_view> names;
  if (missing.kind == Kind::kService) AddNames<core::Service>(view, missing.ns, &names);
  if (missing.kind == Kind::kServiceEntry) AddNames<istio::ServiceEntry>(view, missing.ns, &names);
  if (missing.kind == Kind::kHTTPRoute) AddNames<gateway::HTTPRoute>(view, missing.ns, &names);
  if (missing.kind == Kind::kGRPCRoute) AddNames<gateway::GRPCRoute>(view, missing.ns, &names);
  const std::string_view meant = Nearest(missing.name, names);
  return meant.empty() ? "" : "did you mean " + std::string(meant) + "?";
}

}  // namespace fairlead::reconcilers
