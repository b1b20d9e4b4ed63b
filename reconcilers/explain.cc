#include "reconcilers/explain.h"

#include <algorithm>
#include <map>

#include "reconcilers/lower/routes.h"
#include "reconcilers/lower/rule_policies.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/policy/print.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/tenancy/tenancy.h"
#include "reconcilers/waypoints/plan.h"
#include "reconcilers/words.h"

namespace fairlead::reconcilers {
namespace {

template <class T>
ExplainedField FieldOf(PolicyField field, const Sourced<T>& sourced) {
  ExplainedField out;
  out.path = PathOf(field);
  out.value = Print(sourced.value);
  out.level = sourced.origin.level;
  out.is_override = sourced.origin.is_override;
  if (out.level != Level::kBuiltIn) out.object = sourced.origin.object.ToString();
  return out;
}

// What is in force, by field.
std::map<PolicyField, ExplainedField> InForce(const EffectivePolicy& policy) {
  std::map<PolicyField, ExplainedField> out;
  const auto put = [&](PolicyField field, const auto& sourced) {
    out.emplace(field, FieldOf(field, sourced));
  };
  const auto put_if = [&](PolicyField field, const auto& sourced) {
    if (sourced) put(field, *sourced);
  };
  put_if(PolicyField::kRequestTimeout, policy.request_timeout);
  put_if(PolicyField::kIdleTimeout, policy.idle_timeout);
  put_if(PolicyField::kAttempts, policy.retries_off);
  if (!policy.retries) return out;
  const EffectiveRetries& retries = *policy.retries;
  put(PolicyField::kAttempts, retries.attempts);
  put_if(PolicyField::kPerTryTimeout, retries.per_try_timeout);
  put(PolicyField::kRetryOn, retries.on);
  put_if(PolicyField::kRetryCodes, retries.codes);
  put(PolicyField::kRetryMethods, retries.methods);
  put(PolicyField::kBackoffBase, retries.backoff_base);
  put(PolicyField::kBackoffMax, retries.backoff_max);
  put(PolicyField::kBudgetPercent, retries.budget_percent);
  put(PolicyField::kBudgetMinPerSecond, retries.budget_min_per_second);
  put_if(PolicyField::kRemoteLocalities, retries.remote_localities);
  return out;
}

Level LevelOf(const MergeInput& input, const ObjectKey& object) {
  for (const Attachment& attachment : input.policies) {
    if (attachment.key() == object) return attachment.level;
  }
  return object.kind == Kind::kWorkspaceSettings ? Level::kDefaults : Level::kInline;
}

void AddLoss(const MergeInput& input, const Verdict& verdict, std::map<PolicyField, ExplainedField>* fields) {
  // A field that lost to `attempts: 0` is told there.
  const PolicyField at = verdict.reason == LossReason::kRetriesOff ? PolicyField::kAttempts : verdict.field;
  auto field = fields->find(at);
  if (field == fields->end()) return;
  ExplainedLoss loss{verdict.policy.ToString(), LevelOf(input, verdict.policy), verdict.value,
                     std::string(ToString(verdict.reason))};
  if (at != verdict.field) loss.value = std::string(PathOf(verdict.field)) + ": " + verdict.value;
  field->second.lost.push_back(std::move(loss));
}

ExplainedRule ExplainRule(const View& view, const EffectiveService& service, const EffectivePort& port,
                          size_t index) {
  const EffectiveRule& rule = port.rules[index];
  ExplainedRule out;
  out.route = rule.route.ToString();
  out.index = rule.index;
  out.name = rule.name;
  for (const RouteEntry& entry : port.entries) {
    if (entry.rule == index) out.matches.push_back(InWords(entry.match));
  }
  for (const Backend& backend : rule.backends) out.backends.push_back(InWords(backend));
  if (rule.answers_500) out.warnings.push_back("a filter cannot be carried out: the rule answers 500");
  RulePolicies policies = PoliciesAt(view, service.key, port, rule);
  policies.input.explain = true;
  const MergeResult merged = Merge(policies.input);
  auto fields = InForce(merged.effective);
  for (const Verdict& verdict : merged.verdicts) {
    if (!verdict.won) AddLoss(policies.input, verdict, &fields);
  }
  for (auto& [field, explained] : fields) out.fields.push_back(std::move(explained));
  for (const Advice& advice : merged.advice) out.warnings.push_back(advice.note.message);
  std::sort(out.warnings.begin(), out.warnings.end());
  out.warnings.erase(std::unique(out.warnings.begin(), out.warnings.end()), out.warnings.end());
  return out;
}

std::string InWords(api::Isolation isolation) {
  switch (isolation) {
    case api::Isolation::kOff:
      return "Off";
    case api::Isolation::kAudit:
      return "Audit";
    case api::Isolation::kEnforced:
      break;
  }
  return "Enforced";
}

// Whom the workspace's isolation lets in.
std::string CallersOf(const View& view, const ResolvedWorkspace& workspace, const ObjectKey& service) {
  if (workspace.workspace->isolation == api::Isolation::kOff) return "anybody";
  constexpr size_t kListed = 8;
  std::vector<std::string> parts = {
      "namespaces " + JoinBounded({workspace.namespaces.begin(), workspace.namespaces.end()}, ", ", kListed)};
  const ObjectMeta* meta = view.tables.MetaOf(service);
  for (const auto& [user, consent] : workspace.exports) {
    if (meta != nullptr && consent->Shares(service.kind, service.nn(), meta->labels))
      parts.push_back("Workspace " + user + ", which imports it");
  }
  for (const api::IngressGateway& gateway : workspace.workspace->ingress)
    parts.push_back("ingress " + gateway.ns + "/" + gateway.service_account);
  const bool audit = workspace.workspace->isolation == api::Isolation::kAudit;
  return JoinBounded(parts, "; ", parts.size()) + (audit ? "; others are let in, for it is Audit" : "");
}

// `route`: null for all rules, else only those of that route.
ExplainedService ExplainService(const World& world, const EffectiveService& service, const ObjectKey* route) {
  ExplainedService out{service.key, "", "", {}};
  if (!service.waypoint_problem.empty())
    out.problem = NoWaypointInWords(world.view(), service.key, service.waypoint_problem);
  if (service.waypoint) out.waypoint = service.waypoint->ToString();
  for (const EffectivePort& port : service.ports) {
    ExplainedPort explained{port.port, port.name, port.protocol, {}, {}};
    if (route == nullptr) explained.failover = ExplainFailover(world.view(), service, port);
    for (size_t i = 0; i < port.rules.size(); ++i) {
      if (route != nullptr && port.rules[i].route != *route) continue;
      explained.rules.push_back(ExplainRule(world.view(), service, port, i));
    }
    if (route == nullptr || !explained.rules.empty()) out.ports.push_back(std::move(explained));
  }
  if (const auto workspace = world.WorkspaceOf(world.view().membership.WorkspaceOf(service.key.ns))) {
    out.workspace = workspace->name() + ", isolation " + InWords(workspace->workspace->isolation);
    out.callers = CallersOf(world.view(), *workspace, service.key);
  }
  return out;
}

void ExplainParents(const World& world, Explanation* out) {
  const auto* parents = ParentsOf(world.view(), out->key);
  if (parents == nullptr) {
    out->problem = "it does not exist";
    return;
  }
  for (const ObjectKey& parent : ServiceParents(*parents)) {
    const auto service = world.services().find(parent);
    if (service == world.services().end()) {
      out->services.push_back({parent, "", "it does not exist", {}});
    } else if (parent.ns != out->key.ns) {
      out->services.push_back({parent, "", "it is in another namespace: the route has no effect there", {}});
    } else {
      out->services.push_back(ExplainService(world, *service->second, &out->key));
    }
  }
  if (out->services.empty()) out->problem = "it is attached to no Service, so no waypoint carries it";
}

}  // namespace

std::vector<ExplainedField> FieldsInForce(const EffectivePolicy& policy) {
  std::vector<ExplainedField> out;
  for (auto& [field, explained] : InForce(policy)) out.push_back(std::move(explained));
  return out;
}

Explanation Explain(const World& world, const ObjectKey& key) {
  Explanation out{key, "", {}};
  if (key.kind == Kind::kHTTPRoute || key.kind == Kind::kGRPCRoute) {
    ExplainParents(world, &out);
    return out;
  }
  const auto service = world.services().find(key);
  if (service == world.services().end()) {
    out.problem = "it does not exist";
  } else {
    out.services.push_back(ExplainService(world, *service->second, nullptr));
  }
  return out;
}

}  // namespace fairlead::reconcilers
