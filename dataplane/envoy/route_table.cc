#include "dataplane/envoy/route_table.h"

#include <algorithm>

#include "dataplane/envoy/action.h"
#include "dataplane/envoy/match.h"
#include "dataplane/envoy/retry.h"

namespace fairlead::envoy {
namespace {

using reconcilers::EffectiveDrill;
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
    if (origin.level > Level::kDefaults) out_->insert({origin.object, origin.generation});
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

// Drills of the rule's backends; the one in which the fewest requests take part comes first.
std::vector<EffectiveDrill> DrillsOf(const EffectiveRule& rule) {
  std::vector<EffectiveDrill> out;
  for (const reconcilers::Backend& backend : rule.backends) {
    if (!backend.drill || backend.weight == 0) continue;
    const auto same = [&](const EffectiveDrill& drill) { return drill.policy == backend.drill->policy; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back(*backend.drill);
  }
  std::sort(out.begin(), out.end(), [](const EffectiveDrill& a, const EffectiveDrill& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.policy < b.policy;
  });
  return out;
}

class EntryEncoder {
 public:
  EntryEncoder(const reconcilers::RouteEntry& entry, const EffectiveRule& rule, uint16_t port,
               RouteTable* table)
      : entry_(entry), rule_(rule), port_(port), table_(table) {}

  // Envoy draws one number a request and compares it with the fraction of each route. So what takes part in
  // the smaller drill takes part in the larger ones, too, and each has its fraction.
  void Encode() {
    if (!HasValidRegexes(entry_.match)) return;
    const std::vector<EffectiveDrill> drills = DrillsOf(rule_);
    std::set<ObjectKey> taking;
    for (const EffectiveDrill& drill : drills) taking.insert(drill.policy);
    for (const EffectiveDrill& drill : drills) {
      AddRoutes(taking, &drill.policy);
      taking.erase(drill.policy);
      table_->sources.insert({drill.policy, drill.generation});
      table_->drills[drill.policy] = drill;
    }
    AddRoutes({}, nullptr);
  }

 private:
  void AddRoutes(const std::set<ObjectKey>& drills, const ObjectKey* key) {
    route_v3::VirtualHost* const host = table_->config.mutable_virtual_hosts(0);
    route_v3::Route route;
    route.set_name(NameOf(rule_) + (key == nullptr ? "" : " (drill)"));
    *route.mutable_match() = EncodeMatch(entry_.match);
    EncodeAction(rule_, entry_.match, port_, drills, &route, &table_->clusters);
    if (!route.has_route()) {  // nothing to try again, nor to leave out
      if (key == nullptr) *host->add_routes() = std::move(route);
      return;
    }
    if (key != nullptr) SetFraction(*key, route.mutable_match());
    for (const RetryVariant& variant : RetryVariantsOf(rule_.policy, MethodOf(entry_.match))) {
      route_v3::Route* copy = host->add_routes();
      *copy = route;
      if (!variant.methods.empty()) RestrictMethods(variant.methods, copy->mutable_match());
      if (variant.policy) *copy->mutable_route()->mutable_retry_policy() = *variant.policy;
    }
  }

  // In millionths: by the same number Envoy chooses among weighted clusters, modulo the sum of their weights.
  // With hundredths, the requests of a drill would be those of the first clusters.
  static void SetFraction(const ObjectKey& policy, route_v3::RouteMatch* match) {
    auto* fraction = match->mutable_runtime_fraction();
    fraction->set_runtime_key(RuntimeKey(policy));
    fraction->mutable_default_value()->set_numerator(0);
    fraction->mutable_default_value()->set_denominator(::envoy::type::v3::FractionalPercent::MILLION);
  }

  const reconcilers::RouteEntry& entry_;
  const EffectiveRule& rule_;
  const uint16_t port_;
  RouteTable* const table_;
};

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
    EntryEncoder(entry, port.rules[entry.rule], port.port, &table).Encode();
  }
  table.sources.insert({service.key, 0});
  for (const EffectiveRule& rule : port.rules) {
    if (rule.route != service.key) table.sources.insert({rule.route, rule.route_generation});
    CollectOrigins(rule.policy, &table.sources);
  }
  return table;
}

}  // namespace fairlead::envoy
