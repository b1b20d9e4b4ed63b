#include "webhooks/verdict/intent.h"

#include <algorithm>

#include "reconcilers/ledger/kept_metadata.h"
#include "reconcilers/status/losses.h"
#include "webhooks/verdict/content.h"

namespace fairlead::webhooks {
namespace {

using reconcilers::Intent;
using PolicyOperation = api::PolicyChange::Operation;

constexpr size_t kMaxUserName = 1024;

std::optional<PolicyOperation> OperationOf(Operation operation) {
  switch (operation) {
    case Operation::kCreate:
      return PolicyOperation::kCreate;
    case Operation::kUpdate:
      return PolicyOperation::kUpdate;
    case Operation::kDelete:
      return PolicyOperation::kDelete;
    case Operation::kConnect:
      break;
  }
  return std::nullopt;
}

std::string SpecOf(const std::optional<JsonNode>& object) {
  const auto spec = object ? object->Find("spec") : std::nullopt;
  return spec && spec->IsObject() ? spec->Print() : "";
}

api::PolicyChange::User UserOf(const User& user) {
  api::PolicyChange::User out;
  out.name = reconcilers::CutText(user.name, kMaxUserName);
  for (const std::string& group : user.groups) {
    if (group.empty()) continue;
    if (out.groups.size() < api::kMaxChangeGroups) {
      out.groups.push_back(reconcilers::CutText(group, kMaxUserName));
    } else {
      ++out.more_groups;
    }
  }
  return out;
}

}  // namespace

std::optional<Intent> IntentOf(const Review& review, const Verdict& verdict) {
  const KindInfo* kind = FindKind(review.kind.group, review.kind.kind);
  const auto operation = OperationOf(review.operation);
  const bool recorded = kind != nullptr && reconcilers::IsRecorded(kind->kind) && operation;
  if (!verdict.allowed || review.dry_run || !recorded || !review.subresource.empty()) return std::nullopt;
  const std::optional<JsonNode>& newest =
      *operation == PolicyOperation::kDelete ? review.old_object : review.object;
  const auto meta = newest ? newest->Find("metadata") : std::nullopt;
  if (!meta) return std::nullopt;
  if (*operation == PolicyOperation::kUpdate && SameContent(*review.object, *review.old_object))
    return std::nullopt;
  Intent out;
  out.policy = {kind->kind, review.name.ns, std::string(meta->StringAt("name"))};
  out.uid = meta->StringAt("uid");
  if (const auto generation = meta->Find("generation")) out.generation = generation->AsInt().value_or(0);
  out.operation = *operation;
  out.by = UserOf(review.user);
  out.through = reconcilers::CutText(review.field_manager, 128);
  if (const auto annotations = meta->Find("annotations")) {
    out.reason = reconcilers::CutText(annotations->StringAt(reconcilers::kReason), api::kMaxReason);
  }
  out.break_glass = reconcilers::CutText(verdict.broken_glass, api::kMaxReason);
  out.request = review.uid;
  if (*operation != PolicyOperation::kCreate) out.before = SpecOf(review.old_object);
  if (*operation == PolicyOperation::kDelete) out.metadata = reconcilers::KeptMetadata(*newest);
  if (*operation != PolicyOperation::kDelete) out.after = SpecOf(review.object);
  return out;
}

}  // namespace fairlead::webhooks
