#include "webhooks/verdict/rights.h"

#include "reconcilers/rights/change.h"

namespace fairlead::webhooks {

Result<std::optional<reconcilers::Ruling>> JudgeRights(const Review& review, const AnyObject* before,
                                                       const AnyObject* after, const View& view) {
  using Said = std::optional<reconcilers::Ruling>;
  const KindInfo* info = FindKind(review.kind.group, review.kind.kind);
  if (info == nullptr || !reconcilers::HasRights(info->kind)) return Said();
  if (review.operation == Operation::kDelete && reconcilers::IsCollector(review.user.name)) return Said();
  std::vector<ObjectKey> targets;
  for (const AnyObject* object : {before, after}) {
    if (object != nullptr) reconcilers::AddNamedTargets(*object, &targets);
  }
  const std::optional<Tenancy> tenancy = view.TenancyOf(review.name.ns, targets);
  if (!tenancy) {
    return Unexpected(
        Error{ErrorClass::kTransient,
              "whether the roles of a workspace let you do this is not known at the moment, since "
              "Fairlead is still reading the cluster, or is too busy; try again"});
  }
  if (tenancy->workspace == nullptr) return Said();
  reconcilers::PolicyChange change{.kind = info->kind, .ns = review.name.ns, .name = review.name.name};
  if (before != nullptr || after != nullptr) {
    change = reconcilers::ChangeOf(before, after, [&tenancy](const ObjectKey& target) {
      const auto at = tenancy->labels.find(target);
      return at == tenancy->labels.end() ? std::nullopt : std::optional(at->second);
    });
    if (!review.name.name.empty()) change.name = review.name.name;
  }
  return Said(reconcilers::Judge(
      *tenancy->workspace, {review.user.name, review.user.groups, view.IsAdministrator(review.user.groups)},
      change));
}

}  // namespace fairlead::webhooks
