// Which Kubernetes Events a change of a policy's status is worth.
//
// Only what a person would want to be told: acceptance lost or regained, effect gained or lost, a proxy that
// rejects. The progress of a push is in the status and makes no Event. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/api/tenancy_status.h"

namespace fairlead::reconcilers {

struct PolicyEvent {
  bool warning = false;  // type Warning, else Normal
  std::string reason;    // "Programmed", "Overridden", ...
  std::string message;   // bounded to Kubernetes' 1024 bytes
  friend bool operator==(const PolicyEvent&, const PolicyEvent&) = default;
};

// `old`: what the API server has; nullopt: no status yet. Of tenancy: a condition whose reason is another
// one, but for what is well from the beginning.
std::vector<PolicyEvent> EventsOf(const std::optional<api::ObjectStatus>& old, const api::ObjectStatus& now);

}  // namespace fairlead::reconcilers
