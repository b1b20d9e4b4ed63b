#include "webhooks/verdict/foreign.h"

#include "reconcilers/rights/rights.h"

namespace fairlead::webhooks {
namespace {

bool IsBeingDeleted(const JsonNode& stored) {
  const auto time = stored.FindPath({"metadata", "deletionTimestamp"});
  return time && !time->IsNull();
}

}  // namespace

Result<reconcilers::ForeignRuling> JudgeForeignReview(const Review& review, const View& view) {
  const bool write = review.operation == Operation::kCreate || review.operation == Operation::kUpdate;
  if (!write || !review.subresource.empty() || !reconcilers::IsForeign(review.kind.group, review.kind.kind)) {
    return reconcilers::ForeignRuling();
  }
  if (review.old_object && IsBeingDeleted(*review.old_object)) return reconcilers::ForeignRuling();
  // The API server names a Namespace as its own namespace.
  const NamespacedName name = {review.kind.kind == "Namespace" ? "" : review.name.ns, review.name.name};
  const auto read = [&](const JsonNode& object) {
    return reconcilers::ReadForeign(review.kind.group, review.kind.kind, name, object, view.ClusterDomain());
  };
  reconcilers::ForeignChange change{.before = std::nullopt, .after = read(*review.object)};
  if (review.old_object) change.before = read(*review.old_object);
  std::optional<reconcilers::ForeignRuling> ruling = view.OnForeign(change);
  if (ruling) return std::move(*ruling);
  return Unexpected(
      Error{ErrorClass::kTransient,
            "whether the workspaces allow this is not known at the moment, since Fairlead is still "
            "reading the cluster, or is too busy; try again"});
}

std::string BrokenGlass(const Review& review, const View& view) {
  if (!review.object || !view.IsAdministrator(review.user.groups)) return "";
  const auto annotations = review.object->FindPath({"metadata", "annotations"});
  return annotations ? reconcilers::ReasonIn(annotations->StringAt(reconcilers::kBreakGlass)) : "";
}

}  // namespace fairlead::webhooks
