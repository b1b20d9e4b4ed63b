#include "reconcilers/lint.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

std::string_view ToString(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames = {"error", "warning", "info"};
  return kNames[static_cast<size_t>(severity)];
}

const std::vector<LintRule>& LintRules() {
  using S = Severity;
  static const std::vector<LintRule> kRules = {
      {LintCode::kInvalidObject, S::kError, "the object cannot be read"},
      {LintCode::kTargetNotFound, S::kError, "a target of a policy does not exist"},
      {LintCode::kNoWaypoint, S::kWarning, "no waypoint serves a target"},
      {LintCode::kScopeNotAllowed, S::kError, "the policy may not use its scope"},
      {LintCode::kOverridden, S::kWarning, "nothing of the policy is in force at a target"},
      {LintCode::kPartlyOverridden, S::kInfo, "some fields of the policy are not in force at a target"},
      {LintCode::kConflict, S::kError, "an older policy of the same level sets the same fields"},
      {LintCode::kTriesExceedRequest, S::kWarning, "attempts x perTryTimeout exceeds the request timeout"},
      {LintCode::kPerTryCut, S::kWarning, "perTryTimeout exceeds the request timeout of another object"},
      {LintCode::kUnsafeMethods, S::kWarning, "requests that are not idempotent may be carried out twice"},
      {LintCode::kGrpcIsPost, S::kWarning, "gRPC calls are not retried where they may have been carried out"},
      {LintCode::kNotCarried, S::kWarning, "the policy cannot be carried out at a target"},
      {LintCode::kNothingSelected, S::kWarning, "targetSelectors select nothing"},
      {LintCode::kIstioLimit, S::kWarning, "istiod's objects do not carry a field"},
      {LintCode::kBackendUnresolved, S::kError, "a backend cannot be resolved"},
      {LintCode::kRouteParentMissing, S::kWarning,
       "a parent of the route does not exist or has no such port"},
      {LintCode::kConsumerRoute, S::kWarning, "a route for a service of another namespace has no effect"},
      {LintCode::kRouteDisplaced, S::kError, "a GRPCRoute displaces the HTTPRoute at the same port"},
      {LintCode::kFilterUnsupported, S::kError, "a filter cannot be carried out, so the rule answers 500"},
      {LintCode::kSessionPersistence, S::kWarning, "sessionPersistence is not carried out"},
      {LintCode::kExperimentalRetry, S::kInfo, "rules.retry is in the experimental channel only"},
      {LintCode::kHostnamesIgnored, S::kInfo, "hostnames mean nothing for a Service parent"},
      {LintCode::kBackendPolicyBypassed, S::kInfo, "requests reach a service by a route, without its policy"},
      {LintCode::kWorkspaceOverlap, S::kError, "two Workspaces claim the same namespace"},
      {LintCode::kWaypointWithoutProxy, S::kWarning, "a waypoint serves services, and no pod runs it"},
      {LintCode::kNoBackend, S::kWarning, "a rule has no backend, so it answers 500"},
      {LintCode::kNotCarriedOut, S::kWarning, "accepted, but not carried out by this version"},
      {LintCode::kUnreadableInput, S::kError, "a file or a document in it cannot be read"},
      {LintCode::kDuplicateObject, S::kWarning, "the same object twice in one input"},
      {LintCode::kDoubtfulValue, S::kWarning, "a value that is allowed, but probably not meant"},
      {LintCode::kUnknownKind, S::kError, "the group fairlead.dev has no such kind or version"},
      {LintCode::kRetriesMultiply, S::kWarning, "retries multiply along a chain of calls"},
      {LintCode::kUnknownPlace, S::kWarning, "a failover policy names a place that is not known"},
      {LintCode::kNoEndpointsThere, S::kWarning, "a step of a failover policy leads to no endpoint"},
      {LintCode::kDefaultWaypoint, S::kWarning, "the waypoint that settings name by default cannot serve"},
      {LintCode::kNotEnforced, S::kWarning, "an AuthorizationPolicy, or a rule of it, is enforced by nobody"},
  };
  return kRules;
}

Severity SeverityOf(LintCode code) { return LintRules()[static_cast<size_t>(code) - 1].severity; }

std::string ToString(LintCode code) {
  const std::string number = std::to_string(static_cast<int>(code));
  return "FL" + std::string(3 - number.size(), '0') + number;
}

std::string Finding::ToString() const {
  std::string out = std::string(reconcilers::ToString(severity)) + " " + reconcilers::ToString(code) + " " +
                    object.ToString() + ": ";
  if (!field.empty()) out += field + ": ";
  out += message;
  if (!fix.empty()) out += "; " + fix;
  return out;
}

void Findings::Add(LintCode code, const ObjectKey& object, std::string field, std::string message,
                   std::string fix) {
  found_.push_back({code, SeverityOf(code), object, std::move(field), std::move(message), std::move(fix)});
}

std::vector<Finding> Findings::Take() {
  std::sort(found_.begin(), found_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.object, a.code, a.field, a.message) < std::tie(b.object, b.code, b.field, b.message);
  });
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  return std::move(found_);
}

std::vector<Finding> Lint(const World& world) {
  Findings findings;
  const Tables& tables = world.view().tables;
  for (size_t kind = 0; kind < kKindCount; ++kind) {
    for (const NamespacedName& name : tables.Names(static_cast<Kind>(kind))) {
      const ObjectKey key{static_cast<Kind>(kind), name.ns, name.name};
      const auto invalid = tables.InvalidOf(key);
      if (invalid == nullptr) continue;
      for (const FieldError& error : invalid->errors) {
        findings.Add(LintCode::kInvalidObject, key, error.path, error.message);
      }
    }
  }
  LintPolicies(world, &findings);
  LintRoutes(world, &findings);
  LintServices(world, &findings);
  LintNotCarriedOut(world, &findings);
  LintFailover(world, &findings);
  return findings.Take();
}

}  // namespace fairlead::reconcilers
