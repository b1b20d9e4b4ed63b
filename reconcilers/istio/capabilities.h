// What the installed Istio and Gateway API can carry: facts that the caller reads from the served schemas.
#pragma once

#include <optional>

namespace fairlead::reconcilers {

struct IstioCapabilities {
  bool installed = true;      // VirtualService and DestinationRule are served
  bool retry_backoff = true;  // VirtualService http[].retries.backoff (Istio 1.26)
  bool retry_budget = true;   // DestinationRule trafficPolicy.retryBudget (Istio 1.27)
  // HTTPRoute rules[].retry, in the experimental channel of Gateway API only; nullopt: it is not known.
  std::optional<bool> route_retry;
  friend bool operator==(const IstioCapabilities&, const IstioCapabilities&) = default;
};

}  // namespace fairlead::reconcilers
