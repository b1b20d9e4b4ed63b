#include "reconcilers/istio/carry.h"

#include <algorithm>

namespace fairlead::reconcilers::istiod {
namespace {

bool IsOurs(const Origin& origin) {
  return origin.level != Level::kBuiltIn && origin.level != Level::kInline;
}

void Limit(const EffectivePolicy& policy, const IstioCapabilities& capabilities,
           std::vector<std::string>* limits) {
  if (policy.idle_timeout && IsOurs(policy.idle_timeout->origin)) {
    limits->push_back("spec.timeouts.idle is not carried: a VirtualService has no such field");
  }
  if (!policy.retries) return;
  const EffectiveRetries& retries = *policy.retries;
  if (IsOurs(retries.backoff_max.origin)) {
    limits->push_back("spec.retries.backoff.max is not carried: istiod sets 10 times the base");
  }
  if (!capabilities.retry_backoff && IsOurs(retries.backoff_base.origin)) {
    limits->push_back("spec.retries.backoff.base is not carried: it needs Istio 1.26");
  }
  if (!capabilities.retry_budget) {
    limits->push_back("spec.retries.budget is not carried: it needs Istio 1.27");
  }
}

// Where a route of the user's stands in the way: who else could say it.
std::string WayOut(const EffectiveRule& rule, const IstioCapabilities& capabilities) {
  std::string waypoint = "let a Gateway of class fairlead-waypoint serve it";
  if (rule.route.kind != Kind::kHTTPRoute || !capabilities.route_retry) return waypoint;
  if (*capabilities.route_retry) return waypoint + ", or say timeouts and retry in that route yourself";
  return waypoint +
         "; that route itself can say timeouts only, since the Gateway API installed here has no retry in it";
}

}  // namespace

bool HasPolicy(const EffectivePolicy& policy) {
  const auto ours = [](const auto& field) { return field && IsOurs(field->origin); };
  if (ours(policy.request_timeout) || ours(policy.idle_timeout) || ours(policy.retries_off)) return true;
  if (!policy.retries) return false;
  const EffectiveRetries& r = *policy.retries;
  // `retries: {}` leaves every field to the defaults; only a policy can have asked for them.
  const bool inline_retry = r.attempts.origin.level == Level::kInline ||
                            (r.codes && r.codes->origin.level == Level::kInline) ||
                            r.backoff_base.origin.level == Level::kInline;
  return !inline_retry || IsOurs(r.attempts.origin) || IsOurs(r.on.origin) || IsOurs(r.methods.origin) ||
         ours(r.per_try_timeout) || ours(r.codes) || IsOurs(r.budget_percent.origin);
}

Carriage CarriageOf(const EffectiveService& service, const IstioCapabilities& capabilities) {
  Carriage carriage;
  if (!capabilities.installed) {
    carriage.carried = false;
    carriage.problem =
        "the cluster does not serve virtualservices.networking.istio.io/v1: install Istio's CRDs, or let a "
        "Gateway of class fairlead-waypoint serve it";
    return carriage;
  }
  for (const EffectivePort& port : service.ports) {
    for (const EffectiveRule& rule : port.rules) {
      if (!HasPolicy(rule.policy)) continue;
      if (rule.route != service.key) {
        carriage.carried = false;
        carriage.problem =
            rule.route.ToString() +
            " is attached to it, and istiod reads no policy of ours for a service with routes: a "
            "VirtualService beside a route is undefined behaviour, and a route of yours is not "
            "ours to write; " +
            WayOut(rule, capabilities);
        carriage.limits.clear();
        return carriage;
      }
      Limit(rule.policy, capabilities, &carriage.limits);
    }
  }
  std::sort(carriage.limits.begin(), carriage.limits.end());
  carriage.limits.erase(std::unique(carriage.limits.begin(), carriage.limits.end()), carriage.limits.end());
  return carriage;
}

}  // namespace fairlead::reconcilers::istiod
