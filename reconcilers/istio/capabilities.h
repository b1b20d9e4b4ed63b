// What the installed Istio and Gateway API can carry: facts that the caller reads from the served schemas.
#pragma once

namespace fairlead::reconcilers {

struct IstioCapabilities {
  bool installed = true;      // VirtualService and DestinationRule are served
  bool retry_backoff = true;  // VirtualService http[].retries.backoff (Istio 1.26)
  bool retry_budget = true;   // DestinationRule trafficPolicy.retryBudget (Istio 1.27)
  friend bool operator==(const IstioCapabilities&, const IstioCapabilities&) = default;
};

}  // namespace fairlead::reconcilers
