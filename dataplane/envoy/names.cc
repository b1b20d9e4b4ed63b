#include "dataplane/envoy/names.h"

namespace fairlead::envoy {

std::string RouteName(const reconcilers::Destination& port) {
  const bool entry = port.service.kind == Kind::kServiceEntry;
  return (entry ? "se:" : "") + port.service.nn().ToString() + "|" + std::to_string(port.port);
}

std::string ClusterName(const ClusterKey& key) {
  std::string name = RouteName(key.destination);
  if (key.http2) name += ";h2";
  if (key.budget) {
    name +=
        ";budget=" + std::to_string(key.budget->percent) + "/" + std::to_string(key.budget->min_concurrency);
  }
  if (key.drill) name += ";drill";
  return name;
}

std::string RuntimeKey(const ObjectKey& policy) { return "fairlead.drill." + policy.nn().ToString(); }

std::string ListenerName(const NamespacedName& waypoint) { return waypoint.ToString() + "|plaintext"; }

std::string ScopeName(const NamespacedName& waypoint, const std::string& host) {
  return waypoint.ToString() + "|" + host;
}

}  // namespace fairlead::envoy
