// Findings at routes: what of them has no effect in a waypoint, and backends that cannot be resolved.
#include "reconcilers/lower/routes.h"

#include <algorithm>
#include <set>
#include <variant>

#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/backends.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {
namespace {

std::string RuleField(size_t i) { return "spec.rules[" + std::to_string(i) + "]"; }

std::string ParentField(const std::vector<gateway::ParentRef>& parents, const ObjectKey& parent) {
  for (size_t i = 0; i < parents.size(); ++i) {
    if (parents[i].name == parent.name && parents[i].ns == parent.ns) {
      return "spec.parentRefs[" + std::to_string(i) + "]";
    }
  }
  return "spec.parentRefs";
}

class RouteLint {
 public:
  RouteLint(const View& view, Findings* out) : view_(view), out_(out) {}

  template <class T>
  void Route(const T& route) {
    const ObjectKey key{T::kKind, route.meta.ns, route.meta.name};
    const std::vector<ObjectKey> services = ServiceParents(route.parents);
    if (services.empty()) return;  // of ordinary Gateways, which others program
    for (const ObjectKey& parent : services) Parent(key, route.parents, parent);
    if (!route.hostnames.empty()) {
      out_->Add(LintCode::kHostnamesIgnored, key, "spec.hostnames",
                "a route of a Service takes all requests to the Service, whatever their host",
                "match the Host header instead");
    }
    for (size_t i = 0; i < route.rules.size(); ++i) Rule(key, route.rules[i], i);
  }

 private:
  void Parent(const ObjectKey& key, const std::vector<gateway::ParentRef>& parents, const ObjectKey& parent) {
    const std::string field = ParentField(parents, parent);
    if (parent.ns != key.ns) {
      out_->Add(LintCode::kConsumerRoute, key, field,
                parent.ToString() + " is in another namespace: waypoints act for the server's side",
                "put the route into namespace " + parent.ns);
      return;
    }
    const auto ports = PortsOf(view_, parent);
    if (!ports) {
      out_->Add(LintCode::kRouteParentMissing, key, field, parent.ToString() + " does not exist");
      return;
    }
    const std::string problem = FrontendProblem(view_, parent);
    if (!problem.empty()) {
      out_->Add(LintCode::kRouteParentMissing, key, field, parent.ToString() + ": " + problem);
      return;
    }
    bool attached = false;
    for (const PortInfo& port : *ports) {
      if (!AttachesTo(parents, parent, port)) continue;
      attached = true;
      if (!IsHttp(port.protocol)) continue;
      const auto displaced = RoutesAt(view_, parent, port).displaced;
      if (std::count(displaced.begin(), displaced.end(), key) > 0) {
        out_->Add(LintCode::kRouteDisplaced, key, field,
                  parent.ToString() + " port " + std::to_string(port.port) + " has a GRPCRoute",
                  "use one kind of route for a port");
      }
    }
    if (!attached) {
      out_->Add(LintCode::kRouteParentMissing, key, field,
                parent.ToString() + " has no port that the parentRef names");
    }
  }

  template <class R>
  void Rule(const ObjectKey& key, const R& rule, size_t i) {
    Filters(key, rule.filters, RuleField(i));
    if (rule.session_persistence) {
      out_->Add(LintCode::kSessionPersistence, key, RuleField(i) + ".sessionPersistence",
                "it is not carried out: requests of a session go to any endpoint");
    }
    if constexpr (requires { rule.retry; }) {
      if (rule.retry) {
        out_->Add(LintCode::kExperimentalRetry, key, RuleField(i) + ".retry",
                  "the standard channel of Gateway API drops this field",
                  "say it in a RetryTimeoutPolicy, which works in both channels");
      }
    }
    const bool answers = std::any_of(rule.filters.begin(), rule.filters.end(), [](const auto& filter) {
      return std::holds_alternative<gateway::RedirectFilter>(filter);
    });
    if (rule.backends.empty() && !answers) {
      out_->Add(LintCode::kNoBackend, key, RuleField(i) + ".backendRefs",
                "it answers every request with 500");
    }
    for (size_t b = 0; b < rule.backends.size(); ++b) {
      const std::string field = RuleField(i) + ".backendRefs[" + std::to_string(b) + "]";
      Reference(key, rule.backends[b].backend, field);
      Filters(key, rule.backends[b].filters, field);
    }
  }

  void Reference(const ObjectKey& key, const gateway::BackendObject& ref, const std::string& field) {
    std::set<ObjectKey> reads;
    const Resolved resolved = Resolve(view_, key, ref, &reads);
    if (!resolved.problem.empty()) out_->Add(LintCode::kBackendUnresolved, key, field, resolved.problem);
  }

  void Filters(const ObjectKey& key, const std::vector<gateway::HttpFilter>& filters, const std::string& at) {
    for (size_t i = 0; i < filters.size(); ++i) {
      const std::string field = at + ".filters[" + std::to_string(i) + "]";
      if (const auto* unsupported = std::get_if<gateway::UnsupportedFilter>(&filters[i])) {
        out_->Add(LintCode::kFilterUnsupported, key, field,
                  "filter " + unsupported->type + " is not supported");
      } else if (const auto* mirror = std::get_if<gateway::MirrorFilter>(&filters[i])) {
        Reference(key, mirror->mirror.backend, field + ".requestMirror.backendRef");
      }
    }
  }

  const View& view_;
  Findings* out_;
};

}  // namespace

void LintRoutes(const World& world, Findings* out) {
  RouteLint lint(world.view(), out);
  const Tables& tables = world.view().tables;
  tables.ForEach<gateway::HTTPRoute>([&](const auto& route) { lint.Route(*route); });
  tables.ForEach<gateway::GRPCRoute>([&](const auto& route) { lint.Route(*route); });
}

}  // namespace fairlead::reconcilers
