#include "reconcilers/lower/rule_policies.h"

namespace fairlead::reconcilers {

RulePolicies PoliciesAt(const View& view, const ObjectKey& service, const std::string& port_name,
                        const EffectiveRule& rule, const gateway::HttpRouteRule* inline_rule, bool grpc) {
  RulePolicies out;
  const auto apply = [&](const ObjectKey& target, const std::string& section) {
    for (const Attachment& attachment : view.attachments.At(target)) {
      if (!attachment.section.empty() && attachment.section != section) continue;
      out.input.policies.push_back(attachment);
      out.standing.push_back({&attachment, &target});
    }
  };
  apply(service, port_name);
  if (rule.route != service) apply(rule.route, rule.name);
  const Ptr<ResolvedWorkspace> workspace = view.tenancy.Find(view.membership.WorkspaceOf(service.ns));
  if (workspace != nullptr) out.input.settings = workspace->settings.get();
  out.input.inline_rule = inline_rule;
  out.input.route = rule.route;
  out.input.route_generation = rule.route_generation;
  out.input.grpc = grpc;
  return out;
}

RulePolicies PoliciesAt(const View& view, const ObjectKey& service, const EffectivePort& port,
                        const EffectiveRule& rule) {
  const gateway::HttpRouteRule* inline_rule = nullptr;
  if (rule.route.kind == Kind::kHTTPRoute) {
    // Alive as long as the table holds it.
    const auto route = view.tables.Get<gateway::HTTPRoute>(rule.route.nn());
    const auto index = static_cast<size_t>(rule.index);
    if (route != nullptr && index < route->rules.size()) inline_rule = &route->rules[index];
  }
  const bool grpc = rule.route.kind == Kind::kGRPCRoute || port.protocol == Protocol::kGrpc;
  return PoliciesAt(view, service, port.name, rule, inline_rule, grpc);
}

}  // namespace fairlead::reconcilers
