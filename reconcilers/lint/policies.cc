// Findings at policies: from what came of each at its targets.
#include <algorithm>
#include <cstdio>

#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/status/book.h"

namespace fairlead::reconcilers {
namespace {

std::optional<LintCode> CodeOf(const TargetRecord& record) {
  switch (record.state) {
    case TargetState::kNotFound:
      return LintCode::kTargetNotFound;
    case TargetState::kNotCarried:
      return LintCode::kNotCarried;
    case TargetState::kNoWaypoint:
      return LintCode::kNoWaypoint;
    case TargetState::kOverridden:
      return record.conflicted ? LintCode::kConflict : LintCode::kOverridden;
    case TargetState::kPartlyOverridden:
      return LintCode::kPartlyOverridden;
    case TargetState::kEffective:
      return std::nullopt;
  }
  return std::nullopt;
}

// What to do; "": the message says it.
std::string FixOf(const View& view, LintCode code, const ObjectKey& target) {
  if (code == LintCode::kConflict) return "merge the two policies, or let one name a nearer target";
  const bool missing = code == LintCode::kTargetNotFound && view.tables.MetaOf(target) == nullptr;
  return missing ? MeantBy(view, target) : "";
}

void LintTargets(const View& view, const ObjectKey& key, const api::RetryTimeoutPolicy& policy,
                 const PolicyPage& page, Findings* out) {
  for (const auto& [placement, record] : page.targets) {
    const std::optional<LintCode> code = CodeOf(record);
    if (!code) continue;
    const std::string where =
        placement.target.ToString() + (placement.section.empty() ? "" : " (" + placement.section + ")");
    out->Add(*code, key, FieldOf(policy, placement), where + ": " + record.message,
             FixOf(view, *code, placement.target));
  }
}

// A limit's message begins with the field: "spec.timeouts.idle is not carried: …".
void AddLimit(const ObjectKey& key, const std::string& message, Findings* out) {
  const size_t space = message.find(' ');
  const bool has_field = message.starts_with("spec.") && space != std::string::npos;
  out->Add(LintCode::kIstioLimit, key, has_field ? message.substr(0, space) : "",
           has_field ? "it " + message.substr(space + 1) : message,
           "let a waypoint of Fairlead serve the target");
}

void LintNotes(const ObjectKey& key, const api::RetryTimeoutPolicy& policy, const PolicyPage& page,
               Findings* out) {
  for (const auto& [note, targets] : page.advice) {
    switch (note.kind) {
      case Note::Kind::kPerTryCut:
        out->Add(LintCode::kPerTryCut, key,
                 policy.retries && policy.retries->per_try_timeout ? "spec.retries.perTryTimeout"
                                                                   : "spec.timeouts.request",
                 note.message);
        break;
      case Note::Kind::kTriesExceedRequest:
        out->Add(
            LintCode::kTriesExceedRequest, key,
            policy.retries && policy.retries->per_try_timeout ? "spec.retries.perTryTimeout" : "spec.retries",
            note.message, "raise spec.timeouts.request, or lower attempts or perTryTimeout");
        break;
      case Note::Kind::kGrpcIsPost:
        out->Add(LintCode::kGrpcIsPost, key, "spec.retries.methods", note.message);
        break;
      case Note::Kind::kIstioLimit:
        AddLimit(key, note.message, out);
        break;
    }
  }
}

bool MayRepeatUnsafe(const api::Retries& retries) {
  if (!retries.methods || retries.attempts == 0) return false;
  const api::RetryMethods& methods = *retries.methods;
  const bool unsafe_method =
      methods.choice == api::RetryMethods::Choice::kAll ||
      std::any_of(methods.listed.begin(), methods.listed.end(),
                  [](const std::string& m) { return m == "POST" || m == "PATCH" || m == "CONNECT"; });
  const std::vector<api::RetryOn>& on = retries.on ? *retries.on : api::RetryDefaults::On();
  const bool unsafe_on = retries.codes || std::any_of(on.begin(), on.end(),
                                                      [](api::RetryOn o) { return !IsSafeForAnyMethod(o); });
  return unsafe_method && unsafe_on;
}

}  // namespace

std::string FieldOf(const PolicyHead& policy, const Placement& placement) {
  const auto& refs = policy.targets.refs;
  for (size_t i = 0; i < refs.size(); ++i) {
    const bool named = refs[i].kind == placement.target.kind && refs[i].name == placement.target.name &&
                       refs[i].section_name.value_or("") == placement.section &&
                       placement.target.ns == policy.meta.ns && placement.level >= Level::kService;
    if (named) return "spec.targetRefs[" + std::to_string(i) + "]";
  }
  return "spec.targetSelectors";
}

bool LintAlone(const View& view, const ObjectKey& key, const api::RetryTimeoutPolicy& policy, Findings* out) {
  if (const std::string problem = ScopeProblem(view, policy); !problem.empty()) {
    out->Add(LintCode::kScopeNotAllowed, key, "spec.scope", problem);
    return false;
  }
  if (policy.retries && MayRepeatUnsafe(*policy.retries)) {
    out->Add(
        LintCode::kUnsafeMethods, key, "spec.retries.methods",
        "a failed request of these methods may have been carried out, and is sent again",
        "leave methods at Idempotent, or on at ConnectFailure, RefusedStream, ResetBeforeRequest, unless "
        "the service takes repetitions well");
  }
  return true;
}

void AddChain(const ObjectKey& policy, const ObjectKey& service, const Chain& chain, Findings* out) {
  char factor[32];
  std::snprintf(factor, sizeof(factor), "%.3g", chain.factor);
  out->Add(LintCode::kRetriesMultiply, policy, "spec.retries",
           "retries multiply on the way to " + service.ToString() +
               ": a request that keeps failing is sent up to " + factor +
               " times under load (tries by hop: " + chain.InWords() + ")",
           "let one hop alone retry (attempts: 0 at the others), or lower retries.budget.percent");
}

void AddNothingSelected(const ObjectKey& policy, api::Scope scope, Findings* out) {
  out->Add(
      LintCode::kNothingSelected, policy, "spec.targetSelectors", "no object in its scope is selected",
      "compare the labels, and the namespaces that scope " + std::string(api::ToString(scope)) + " reaches");
}

void LintPage(const View& view, const ObjectKey& key, const api::RetryTimeoutPolicy& policy,
              const PolicyPage& page, Findings* out) {
  if (page.targets.empty()) AddNothingSelected(key, policy.targets.scope, out);
  LintTargets(view, key, policy, page, out);
  LintNotes(key, policy, page, out);
}

void LintPolicies(const World& world, Findings* out) {
  const View& view = world.view();
  for (const ObjectKey& key : world.policies()) {
    if (key.kind != Kind::kRetryTimeoutPolicy) continue;
    const auto policy = view.tables.Get<api::RetryTimeoutPolicy>(key.nn());
    if (policy == nullptr || !LintAlone(view, key, *policy, out)) continue;
    LintPage(world.view(), key, *policy, world.PageOf(key), out);
  }
}

}  // namespace fairlead::reconcilers
