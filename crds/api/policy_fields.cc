#include "crds/api/policy_fields.h"

namespace fairlead::api {
namespace {

constexpr Kind kRtp = Kind::kRetryTimeoutPolicy;
constexpr Kind kFop = Kind::kFailoverPolicy;
constexpr Kind kWss = Kind::kWorkspaceSettings;
constexpr FieldType kInteger = FieldType::kInteger;
constexpr FieldType kDuration = FieldType::kDuration;
constexpr FieldType kOther = FieldType::kOther;

constexpr PolicyField kFields[] = {
    {kRtp, "spec.targetRefs", kOther},
    {kRtp, "spec.targetSelectors", kOther},
    {kRtp, "spec.scope", kOther},
    {kRtp, "spec.mode", kOther},
    {kRtp, "spec.timeouts", kOther},
    {kRtp, "spec.timeouts.request", kDuration},
    {kRtp, "spec.timeouts.idle", kDuration},
    {kRtp, "spec.retries", kOther},
    {kRtp, "spec.retries.attempts", kInteger},
    {kRtp, "spec.retries.perTryTimeout", kDuration},
    {kRtp, "spec.retries.on", kOther},
    {kRtp, "spec.retries.codes", kOther},
    {kRtp, "spec.retries.methods", kOther},
    {kRtp, "spec.retries.backoff", kOther},
    {kRtp, "spec.retries.backoff.base", kDuration},
    {kRtp, "spec.retries.backoff.max", kDuration},
    {kRtp, "spec.retries.budget", kOther},
    {kRtp, "spec.retries.budget.percent", kInteger},
    {kRtp, "spec.retries.budget.minPerSecond", kInteger},
    {kRtp, "spec.retries.remoteLocalities", kOther},
    {kFop, "spec.targetRefs", kOther},
    {kFop, "spec.targetSelectors", kOther},
    {kFop, "spec.scope", kOther},
    {kFop, "spec.mode", kOther},
    {kFop, "spec.localities", kOther},
    {kFop, "spec.priorityLabels", kOther},
    {kFop, "spec.minHealthyPercent", kInteger},
    {kFop, "spec.outlierDetection", kOther},
    {kFop, "spec.outlierDetection.consecutiveErrors", kInteger},
    {kFop, "spec.outlierDetection.interval", kDuration},
    {kFop, "spec.outlierDetection.baseEjectionTime", kDuration},
    {kFop, "spec.outlierDetection.maxEjectionPercent", kInteger},
    {kFop, "spec.drill", kOther},
    {kFop, "spec.drill.down", kOther},
    {kFop, "spec.drill.down.cluster", kOther},
    {kFop, "spec.drill.down.region", kOther},
    {kFop, "spec.drill.down.zone", kOther},
    {kFop, "spec.drill.services", kOther},
    {kFop, "spec.drill.weight", kInteger},
    {kFop, "spec.drill.until", kOther},
    {kFop, "spec.drill.force", kOther},
    {kWss, "spec.importFrom", kOther},
    {kWss, "spec.exportTo", kOther},
    {kWss, "spec.defaults", kOther},
    {kWss, "spec.defaults.waypoint", kOther},
    {kWss, "spec.defaults.requestTimeout", kDuration},
    {kWss, "spec.clusters", kOther},
    {kWss, "spec.clusters.join", kOther},
    {kWss, "spec.clusters.names", kOther},
};

}  // namespace

std::span<const PolicyField> PolicyFields() { return kFields; }

const PolicyField* FindPolicyField(Kind kind, std::string_view path) {
  for (const PolicyField& field : kFields) {
    if (field.kind == kind && field.path == path) return &field;
  }
  return nullptr;
}

bool IsWithin(std::string_view path, std::string_view field) {
  return path == field || (path.starts_with(field) && path[field.size()] == '.');
}

}  // namespace fairlead::api
