#include "reconcilers/model/service.h"

#include <array>
#include <tuple>

namespace fairlead::reconcilers {

std::string_view ToString(Protocol protocol) {
  constexpr std::array<std::string_view, 5> kNames = {"TCP", "HTTP", "HTTP2", "GRPC", "TLS"};
  return kNames[static_cast<size_t>(protocol)];
}

// What is read of the policy, and its generation, of which the proxies tell that they have it.
bool operator==(const EffectiveFailover& a, const EffectiveFailover& b) {
  const auto read = [](const api::FailoverPolicy& p) {
    return std::tie(p.meta.ns, p.meta.name, p.meta.generation, p.localities, p.priority_labels,
                    p.min_healthy_percent, p.outlier_detection);
  };
  return a.cluster == b.cluster && a.members == b.members && a.drill == b.drill &&
         (a.policy == b.policy || read(*a.policy) == read(*b.policy));
}

}  // namespace fairlead::reconcilers
