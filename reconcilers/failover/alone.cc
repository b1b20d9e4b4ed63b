#include "reconcilers/failover/alone.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "reconcilers/lower/routes.h"

namespace fairlead::reconcilers::failover {
namespace {

constexpr const char* kAnnotation = "networking.istio.io/traffic-distribution";

// Labels that say where something runs; ztunnel compares no others.
constexpr std::array<std::pair<std::string_view, Scope>, 6> kLabels{{
    {"topology.kubernetes.io/region", Scope::kRegion},
    {"topology.kubernetes.io/zone", Scope::kZone},
    {"topology.istio.io/subzone", Scope::kSubzone},
    {"kubernetes.io/hostname", Scope::kNode},
    {"topology.istio.io/cluster", Scope::kCluster},
    {"topology.istio.io/network", Scope::kNetwork},
}};

std::optional<Scope> ScopeOf(std::string_view label) {
  for (const auto& [name, scope] : kLabels) {
    if (name == label) return scope;
  }
  return std::nullopt;
}

// Of an annotation or a field; letters count alike, large or small, as istiod reads them.
std::vector<Scope> Read(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (value == "preferclose" || value == "prefersamezone") return {Scope::kRegion, Scope::kZone};
  if (value == "prefersamenode") return {Scope::kRegion, Scope::kZone, Scope::kSubzone, Scope::kNode};
  return {};
}

}  // namespace

AloneOrder LowerToZtunnel(const api::FailoverPolicy& policy) {
  AloneOrder out;
  if (!policy.localities.empty()) {
    out.why_not = "spec.localities needs a waypoint: ztunnel knows no order but how near an endpoint is";
    return out;
  }
  if (policy.priority_labels.empty()) out.scopes = {Scope::kRegion, Scope::kZone};
  for (const std::string& label : policy.priority_labels) {
    const std::optional<Scope> scope = ScopeOf(label);
    if (!scope) {
      out.why_not = "spec.priorityLabels needs a waypoint: ztunnel does not compare the label " + label;
      return out;
    }
    out.scopes.push_back(*scope);
  }
  out.limits.push_back(
      "without a waypoint spec.minHealthyPercent is not carried: the nearest endpoint that is ready gets "
      "all");
  if (policy.outlier_detection.consecutive_errors > 0) {
    out.limits.push_back(
        "without a waypoint spec.outlierDetection is not carried: ztunnel counts no errors, so that an "
        "endpoint which is ready keeps getting requests");
  }
  return out;
}

std::vector<Scope> OrderSaidBy(const View& view, const ObjectKey& service) {
  const ObjectMeta* meta = view.tables.MetaOf(service);
  if (meta == nullptr) return {};
  if (service.kind == Kind::kService) {
    const auto found = view.tables.Get<core::Service>(service.nn());
    if (found->internal_traffic_local) return {};  // the client's node or nothing, whatever else it says
    if (!found->traffic_distribution.empty()) return Read(found->traffic_distribution);
  }
  return Read(std::string(meta->annotations.Get(kAnnotation)));
}

std::optional<std::string> DistributionFor(const std::vector<Scope>& scopes) {
  for (const char* value : {"PreferSameZone", "PreferSameNode"}) {
    if (Read(value) == scopes) return value;
  }
  return std::nullopt;
}

Alone AtZtunnel(const View& view, const ObjectKey& service, const api::FailoverPolicy& policy) {
  Alone out;
  // Without istiod nobody tells ztunnel of services; a service without an address of its own has no
  // balancing.
  if (!view.options.istio_mode || !FrontendProblem(view, service).empty()) return out;
  AloneOrder order = LowerToZtunnel(policy);
  if (!order.why_not.empty()) {
    out.advice = std::move(order.why_not);
    return out;
  }
  if (OrderSaidBy(view, service) == order.scopes) {
    out.carried = true;
    out.limits = std::move(order.limits);
    return out;
  }
  const std::optional<std::string> value = DistributionFor(order.scopes);
  out.advice =
      value ? "or, if the order without health by errors is enough, which ztunnel keeps alone, annotate it " +
                  std::string(kAnnotation) + ": " + *value
            : "ztunnel alone could not keep the order either: Istio has no word for it";
  return out;
}

api::FailoverPolicy AsCarriedAlone(const api::FailoverPolicy& policy) {
  api::FailoverPolicy out = policy;
  out.min_healthy_percent = 1;
  out.outlier_detection.consecutive_errors = 0;
  return out;
}

}  // namespace fairlead::reconcilers::failover
