#include "reconcilers/model/policy.h"

#include <array>

namespace fairlead::reconcilers {

std::string_view ToString(Level level) {
  constexpr std::array<std::string_view, 9> kNames = {
      "BuiltIn", "Defaults", "Mesh", "Workspace", "Namespace", "Service", "Route", "RouteRule", "Inline"};
  return kNames[static_cast<size_t>(level)];
}

std::string_view PathOf(PolicyField field) {
  constexpr std::array<std::string_view, kPolicyFieldCount> kPaths = {"spec.timeouts.request",
                                                                      "spec.timeouts.idle",
                                                                      "spec.retries.attempts",
                                                                      "spec.retries.perTryTimeout",
                                                                      "spec.retries.on",
                                                                      "spec.retries.codes",
                                                                      "spec.retries.methods",
                                                                      "spec.retries.backoff.base",
                                                                      "spec.retries.backoff.max",
                                                                      "spec.retries.budget.percent",
                                                                      "spec.retries.budget.minPerSecond",
                                                                      "spec.retries.remoteLocalities"};
  return kPaths[static_cast<size_t>(field)];
}

}  // namespace fairlead::reconcilers
