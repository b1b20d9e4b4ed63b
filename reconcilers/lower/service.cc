#include "reconcilers/lower/service.h"

#include <algorithm>

#include "reconcilers/lower/backends.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/precedence.h"
#include "reconcilers/lower/routes.h"
#include "reconcilers/lower/rule_policies.h"
#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers {
namespace {

class ServiceLowering {
 public:
  ServiceLowering(const View& view, const ObjectKey& key) : view_(view), key_(key) {}

  EffectivePort Port(const PortInfo& info) {
    EffectivePort port{info.port, info.name, info.protocol, {}, {}};
    if (!IsHttp(info.protocol)) return port;
    const PortRoutes routes = RoutesAt(view_, key_, info);
    ranked_.clear();
    for (const auto& route : routes.http) AddRoute(*route, info, &port);
    for (const auto& route : routes.grpc) AddRoute(*route, info, &port);
    if (routes.http.empty() && routes.grpc.empty()) AddDefault(info, &port);
    SortByPrecedence(&ranked_);
    for (RankedEntry& ranked : ranked_) port.entries.push_back(std::move(ranked.entry));
    return port;
  }

  OutcomeCollector outcomes;
  std::set<ObjectKey> reads;

 private:
  void AddRoute(const gateway::HTTPRoute& route, const PortInfo& info, EffectivePort* port) {
    const ObjectKey key{Kind::kHTTPRoute, route.meta.ns, route.meta.name};
    for (size_t i = 0; i < route.rules.size(); ++i) {
      const gateway::HttpRouteRule& rule = route.rules[i];
      EffectiveRule& out = AddRule(key, route.meta.generation, i, rule.name, port);
      LowerActions(view_, key, rule.filters, rule.backends, &out, &reads);
      MergePolicies(info, &rule, info.protocol == Protocol::kGrpc, &out);
      for (size_t m = 0; m < rule.matches.size(); ++m) {
        AddEntry({rule.matches[m], std::nullopt}, route.meta, i, m, *port);
      }
    }
  }

  void AddRoute(const gateway::GRPCRoute& route, const PortInfo& info, EffectivePort* port) {
    const ObjectKey key{Kind::kGRPCRoute, route.meta.ns, route.meta.name};
    for (size_t i = 0; i < route.rules.size(); ++i) {
      const gateway::GrpcRouteRule& rule = route.rules[i];
      EffectiveRule& out = AddRule(key, route.meta.generation, i, rule.name, port);
      LowerActions(view_, key, rule.filters, rule.backends, &out, &reads);
      MergePolicies(info, nullptr, true, &out);
      for (size_t m = 0; m < rule.matches.size(); ++m) {
        const gateway::GrpcMatch& match = rule.matches[m];
        EffectiveMatch effective;
        effective.http.headers = match.headers;
        effective.grpc = GrpcMethodMatch{match.method_type, match.service, match.method};
        AddEntry(std::move(effective), route.meta, i, m, *port);
      }
    }
  }

  // Without a route, requests go to the service itself.
  void AddDefault(const PortInfo& info, EffectivePort* port) {
    EffectiveRule& rule = AddRule(key_, 0, 0, "", port);
    Backend self;
    self.destination = Destination{key_, info.port};
    self.protocol = info.protocol;
    rule.backends.push_back(std::move(self));
    MergePolicies(info, nullptr, info.protocol == Protocol::kGrpc, &rule);
    ranked_.push_back({RouteEntry{}, {}, key_.nn(), 0, 0});
  }

  static EffectiveRule& AddRule(const ObjectKey& route, int64_t generation, size_t index,
                                const std::string& name, EffectivePort* port) {
    EffectiveRule& rule = port->rules.emplace_back();
    rule.route = route;
    rule.route_generation = generation;
    rule.index = static_cast<int>(index);
    rule.name = name;
    return rule;
  }

  void AddEntry(EffectiveMatch match, const ObjectMeta& route, size_t rule, size_t m,
                const EffectivePort& port) {
    RouteEntry entry{std::move(match), static_cast<uint32_t>(port.rules.size() - 1)};
    ranked_.push_back(
        {std::move(entry), route.created, route.nn(), static_cast<uint32_t>(rule), static_cast<uint32_t>(m)});
  }

  void MergePolicies(const PortInfo& info, const gateway::HttpRouteRule* inline_rule, bool grpc,
                     EffectiveRule* rule) {
    const RulePolicies at = PoliciesAt(view_, key_, info.name, *rule, inline_rule, grpc);
    MergeResult merged = Merge(at.input);
    outcomes.Add(at.standing, merged);
    rule->policy = std::move(merged.effective);
  }

  const View& view_;
  const ObjectKey& key_;
  std::vector<RankedEntry> ranked_;
};

std::vector<std::string> HostnamesOf(const core::Service& service, const std::string& domain) {
  const std::string& name = service.meta.name;
  const std::string in_ns = name + "." + service.meta.ns;
  return {in_ns + ".svc." + domain, in_ns + ".svc", in_ns, name};
}

std::vector<std::string> AddressesOf(const core::Service& service) {
  return service.headless() ? std::vector<std::string>{} : service.cluster_ips;
}

const ObjectMeta* Identify(const View& view, const ObjectKey& key, EffectiveService* out) {
  if (key.kind == Kind::kService) {
    const auto service = view.tables.Get<core::Service>(key.nn());
    if (service == nullptr) return nullptr;
    out->hostnames = HostnamesOf(*service, view.options.cluster_domain);
    out->addresses = AddressesOf(*service);
    return &service->meta;
  }
  const auto entry = view.tables.Get<istio::ServiceEntry>(key.nn());
  if (entry == nullptr) return nullptr;
  out->hostnames = entry->hosts;
  out->addresses = entry->addresses;
  return &entry->meta;
}

}  // namespace

namespace {

void AddDrills(const Drills& drills, EffectivePort* port) {
  if (drills.on.empty()) return;
  for (EffectiveRule& rule : port->rules) {
    for (Backend& backend : rule.backends) {
      const EffectiveDrill* const drill = backend.destination ? drills.At(*backend.destination) : nullptr;
      if (drill != nullptr) backend.drill = *drill;
    }
  }
}

}  // namespace

LoweredService LowerService(const View& view, const ObjectKey& key) {
  LoweredService lowered;
  auto out = std::make_shared<EffectiveService>();
  out->key = key;
  const ObjectMeta* meta = Identify(view, key, out.get());
  if (meta == nullptr) return lowered;
  Binding binding = BindingOf(view, key, *meta);
  lowered.named_waypoint = binding.named;
  out->waypoint_problem = FrontendProblem(view, key);
  if (out->waypoint_problem.empty()) {
    out->waypoint = std::move(binding.waypoint);
    out->waypoint_problem = std::move(binding.problem);
  }
  ServiceLowering lowering(view, key);
  const std::vector<PortInfo> ports = PortsOf(view, key).value_or(std::vector<PortInfo>{});
  for (const PortInfo& info : ports) out->ports.push_back(lowering.Port(info));
  out->policies = lowering.outcomes.Winners();
  for (EffectivePort& port : out->ports) AddDrills(view.drills, &port);
  lowered.outcomes = lowering.outcomes.Take();
  lowered.reads = std::move(lowering.reads);
  lowered.reads.erase(key);
  lowered.service = std::move(out);
  return lowered;
}

}  // namespace fairlead::reconcilers
