#include "reconcilers/tenancy/lower.h"

namespace fairlead::reconcilers {
namespace {

using Concern = std::vector<OwnedObject> (*)(const View& view, const ResolvedWorkspace& workspace);

// What tenancy lowers to, one row a concern.
const std::vector<Concern>& Concerns() {
  static const std::vector<Concern> kConcerns;
  return kConcerns;
}

}  // namespace

std::vector<OwnedObject> LowerWorkspace(const View& view, const std::string& workspace) {
  std::vector<OwnedObject> out;
  const Ptr<ResolvedWorkspace> resolved = view.tenancy.Find(workspace);
  if (resolved == nullptr) return out;
  for (const Concern& concern : Concerns()) {
    for (OwnedObject& object : concern(view, *resolved)) {
      Own(workspace, &object);
      out.push_back(std::move(object));
    }
  }
  SortOwned(&out);
  return out;
}

}  // namespace fairlead::reconcilers
