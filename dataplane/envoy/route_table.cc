#include "dataplane/envoy/route_table.h"

#include "dataplane/envoy/action.h"
#include "dataplane/envoy/match.h"
#include "dataplane/envoy/retry.h"

namespace fairlead::envoy {
namespace {

using reconcilers::EffectivePolicy;
using reconcilers::EffectiveRule;
using reconcilers::Level;
using reconcilers::Origin;
using reconcilers::Protocol;
using reconcilers::Sourced;

class OriginCollector {
 public:
  explicit OriginCollector(std::set<xds::Source>* out) : out_(out) {}
  void Add(const Origin& origin) {
    if (origin.level != Level::kBuiltIn) out_->insert({origin.object, origin.generation});
  }
  template <class T>
  void Add(const Sourced<T>& field) {
    Add(field.origin);
  }
  template <class T>
  void Add(const std::optional<Sourced<T>>& field) {
    if (field) Add(*field);
  }

 private:
  std::set<xds::Source>* out_;
};

void CollectOrigins(const EffectivePolicy& policy, std::set<xds::Source>* out) {
  OriginCollector collector(out);
  collector.Add(policy.request_timeout);
  collector.Add(policy.idle_timeout);
  collector.Add(policy.retries_off);
  if (!policy.retries) return;
  const reconcilers::EffectiveRetries& r = *policy.retries;
  collector.Add(r.enabled_by);
  collector.Add(r.attempts);
  collector.Add(r.per_try_timeout);
  collector.Add(r.on);
  collector.Add(r.codes);
  collector.Add(r.methods);
  collector.Add(r.backoff_base);
  collector.Add(r.backoff_max);
  collector.Add(r.budget_percent);
  collector.Add(r.budget_min_per_second);
  collector.Add(r.remote_localities);
}

// For access logs and dumps: "HTTPRoute shop/ratings[0] name".
std::string NameOf(const EffectiveRule& rule) {
  std::string name = rule.route.ToString() + "[" + std::to_string(rule.index) + "]";
  if (!rule.name.empty()) name += " " + rule.name;
  return name;
}

void EncodeEntry(const reconcilers::RouteEntry& entry, const EffectiveRule& rule, uint16_t port,
                 route_v3::VirtualHost* host, std::set<ClusterKey>* clusters) {
  if (!HasValidRegexes(entry.match)) return;
  route_v3::Route route;
  route.set_name(NameOf(rule));
  *route.mutable_match() = EncodeMatch(entry.match);
  EncodeAction(rule, entry.match, port, &route, clusters);
  if (!route.has_route()) {  // nothing to try again
    *host->add_routes() = std::move(route);
    return;
  }
  for (const RetryVariant& variant : RetryVariantsOf(rule.policy, MethodOf(entry.match))) {
    route_v3::Route* copy = host->add_routes();
    *copy = route;
    if (!variant.methods.empty()) RestrictMethods(variant.methods, copy->mutable_match());
    if (variant.policy) *copy->mutable_route()->mutable_retry_policy() = *variant.policy;
  }
}

}  // namespace

bool IsHttp(Protocol protocol) {
  return protocol == Protocol::kHttp || protocol == Protocol::kHttp2 || protocol == Protocol::kGrpc;
}

RouteTable EncodeRoutes(const reconcilers::EffectiveService& service,
                        const reconcilers::EffectivePort& port) {
  RouteTable table;
  table.config.set_name(RouteName({service.key, port.port}));
  route_v3::VirtualHost* host = table.config.add_virtual_hosts();
  host->set_name("all");
  host->add_domains("*");
  for (const reconcilers::RouteEntry& entry : port.entries) {
    EncodeEntry(entry, port.rules[entry.rule], port.port, host, &table.clusters);
  }
  table.sources.insert({service.key, 0});
  for (const EffectiveRule& rule : port.rules) {
    if (rule.route != service.key) table.sources.insert({rule.route, rule.route_generation});
    CollectOrigins(rule.policy, &table.sources);
  }
  return table;
}

}  // namespace fairlead::envoy
