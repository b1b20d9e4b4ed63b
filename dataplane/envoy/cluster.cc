#include "dataplane/envoy/cluster.h"

#include <envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "crds/base/ip_address.h"
#include "dataplane/envoy/proto.h"
#include "reconcilers/failover/drill.h"
#include "reconcilers/failover/shares.h"

namespace fairlead::envoy {
namespace {

using ::envoy::config::cluster::v3::Cluster;
using ::envoy::config::endpoint::v3::ClusterLoadAssignment;
using reconcilers::EffectiveEndpoint;
using reconcilers::EffectiveEndpoints;
namespace failover = reconcilers::failover;

// Long enough for one lost SYN. A per-try timeout counts from the connection only, so this is what a try at
// an endpoint that has vanished costs.
constexpr Duration kConnectTimeout = Duration::Seconds(2);
constexpr uint32_t kUnbounded = std::numeric_limits<uint32_t>::max();

// The waypoint is no place to shed load unasked: Envoy's own limits (1024) are lifted. The retry budget
// replaces max_retries.
void EncodeLimits(const std::optional<RetryBudget>& budget, Cluster* out) {
  auto* limits = out->mutable_circuit_breakers()->add_thresholds();
  limits->mutable_max_connections()->set_value(kUnbounded);
  limits->mutable_max_pending_requests()->set_value(kUnbounded);
  limits->mutable_max_requests()->set_value(kUnbounded);
  limits->set_track_remaining(true);
  if (!budget) return;
  limits->mutable_retry_budget()->mutable_budget_percent()->set_value(budget->percent);
  limits->mutable_retry_budget()->mutable_min_retry_concurrency()->set_value(
      static_cast<uint32_t>(budget->min_concurrency));
}

void EncodeProtocol(bool http2, Cluster* out) {
  ::envoy::extensions::upstreams::http::v3::HttpProtocolOptions options;
  Assign(kConnectionIdle, options.mutable_common_http_protocol_options()->mutable_idle_timeout());
  if (http2) {
    options.mutable_explicit_http_config()->mutable_http2_protocol_options();
  } else {
    // As the client speaks: gRPC and h2c stay HTTP/2 up to the endpoint.
    options.mutable_use_downstream_protocol_config()->mutable_http_protocol_options();
    options.mutable_use_downstream_protocol_config()->mutable_http2_protocol_options();
  }
  (*out->mutable_typed_extension_protocol_options())
      ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"] = Pack(options);
}

void EncodeDiscovery(const std::string& name, const EffectiveEndpoints* endpoints, const xds::Place& place,
                     bool drill, Cluster* out) {
  if (HasEds(endpoints)) {
    out->set_type(Cluster::EDS);
    auto* source = out->mutable_eds_cluster_config()->mutable_eds_config();
    source->mutable_ads();
    source->set_resource_api_version(core_v3::ApiVersion::V3);
    return;
  }
  out->set_type(Cluster::STRICT_DNS);
  out->set_dns_lookup_family(Cluster::V4_PREFERRED);
  *out->mutable_load_assignment() = EncodeEndpoints(name, endpoints, place, drill);
}

// Envoy lengthens each further ejection of a host up to this, or to the first one's time where that is more.
constexpr Duration kMaxEjection = Duration::Seconds(300);

// Region, zone, subzone: what Envoy knows of a place.
using EnvoyPlace = std::tuple<std::string, std::string, std::string>;

void SetPlace(const EnvoyPlace& place, core_v3::Locality* out) {
  out->set_region(std::get<0>(place));
  out->set_zone(std::get<1>(place));
  out->set_sub_zone(std::get<2>(place));
}

::envoy::config::endpoint::v3::LbEndpoint* AddEndpoint(
    const std::string& address, uint16_t port, uint32_t weight,
    ::envoy::config::endpoint::v3::LocalityLbEndpoints* group) {
  auto* to = group->add_lb_endpoints();
  auto* socket = to->mutable_endpoint()->mutable_address()->mutable_socket_address();
  socket->set_address(address);
  socket->set_port_value(port);
  if (weight != 1) to->mutable_load_balancing_weight()->set_value(weight);
  return to;
}

}  // namespace

Cluster EncodeCluster(const ClusterKey& key, const EffectiveEndpoints* endpoints, const xds::Place& place) {
  Cluster out;
  out.set_name(ClusterName(key));
  Assign(kConnectTimeout, out.mutable_connect_timeout());
  out.set_lb_policy(Cluster::LEAST_REQUEST);
  // Hosts that are known to fail get nothing, even when all do.
  out.mutable_common_lb_config()->mutable_healthy_panic_threshold()->set_value(0);
  EncodeLimits(key.budget, &out);
  EncodeProtocol(key.http2, &out);
  EncodeDiscovery(out.name(), endpoints, place, key.drill, &out);
  if (endpoints != nullptr && endpoints->failover) EncodeFailover(*endpoints->failover->policy, &out);
  return out;
}

ClusterLoadAssignment EncodeEndpoints(const std::string& cluster_name, const EffectiveEndpoints* endpoints,
                                      const xds::Place& place, bool drill) {
  if (endpoints != nullptr && endpoints->failover) {
    const reconcilers::EffectiveFailover& by = *endpoints->failover;
    failover::Source source{place.locality, place.labels};
    source.locality.cluster = by.cluster;
    const bool drilled = drill && by.drill;
    const failover::Members members = drilled ? failover::Without(by.members, by.drill->down) : by.members;
    return EncodeEndpoints(cluster_name, failover::PlanFailover(*by.policy, source, members),
                           endpoints->discovery);
  }
  ClusterLoadAssignment out;
  out.set_cluster_name(cluster_name);
  if (endpoints == nullptr) return out;
  std::map<EnvoyPlace, std::vector<const EffectiveEndpoint*>> localities;
  for (const EffectiveEndpoint& e : endpoints->endpoints) {
    // A name where an address is due would make Envoy reject the others with it.
    if (HasEds(endpoints) && !ParseIpAddress(e.address)) continue;
    if (e.weight > 0) localities[{e.region, e.zone, e.subzone}].push_back(&e);
  }
  for (const auto& [where, members] : localities) {
    auto* group = out.add_endpoints();
    if (where != EnvoyPlace()) SetPlace(where, group->mutable_locality());
    for (const EffectiveEndpoint* e : members) AddEndpoint(e->address, e->port, e->weight, group);
  }
  return out;
}

void EncodeFailover(const api::FailoverPolicy& policy, Cluster* out) {
  out->mutable_common_lb_config()->mutable_locality_weighted_lb_config();
  const api::OutlierDetection& from = policy.outlier_detection;
  if (from.consecutive_errors == 0) return;
  auto* to = out->mutable_outlier_detection();
  to->mutable_consecutive_5xx()->set_value(static_cast<uint32_t>(from.consecutive_errors));
  to->mutable_enforcing_consecutive_5xx()->set_value(100);
  to->mutable_enforcing_consecutive_gateway_failure()->set_value(0);
  to->mutable_enforcing_success_rate()->set_value(0);
  to->mutable_enforcing_failure_percentage()->set_value(0);
  to->set_split_external_local_origin_errors(false);
  Assign(from.interval, to->mutable_interval());
  Assign(from.base_ejection_time, to->mutable_base_ejection_time());
  Assign(std::max(from.base_ejection_time, kMaxEjection), to->mutable_max_ejection_time());
  to->mutable_max_ejection_percent()->set_value(static_cast<uint32_t>(from.max_ejection_percent));
}

ClusterLoadAssignment EncodeEndpoints(const std::string& cluster_name, const failover::Plan& plan,
                                      reconcilers::Discovery discovery) {
  ClusterLoadAssignment out;
  out.set_cluster_name(cluster_name);
  out.mutable_policy()->mutable_overprovisioning_factor()->set_value(
      failover::OverprovisioningFactor(plan.min_healthy_percent));
  uint32_t priority = 0;
  for (const failover::Step& step : plan.steps) {
    std::set<EnvoyPlace> taken;
    for (const failover::Part& part : step.parts) {
      ::envoy::config::endpoint::v3::LocalityLbEndpoints group;
      for (size_t i : part.members) {
        const failover::Member& member = plan.members[i];
        if (discovery != reconcilers::Discovery::kDns && !ParseIpAddress(member.address)) continue;
        auto* to = AddEndpoint(member.address, member.port, member.weight, &group);
        if (!member.healthy) to->set_health_status(core_v3::UNHEALTHY);
      }
      if (group.lb_endpoints_size() == 0) continue;
      EnvoyPlace place{part.locality.region, part.locality.zone, part.locality.subzone};
      // Envoy knows no clusters: the same zone in two of them would be one locality, with one weight.
      if (!taken.insert(place).second) std::get<2>(place) += "@" + part.locality.cluster;
      SetPlace(place, group.mutable_locality());
      group.set_priority(priority);
      group.mutable_load_balancing_weight()->set_value(part.weight);
      *out.add_endpoints() = std::move(group);
    }
    if (!taken.empty()) ++priority;
  }
  return out;
}

}  // namespace fairlead::envoy
