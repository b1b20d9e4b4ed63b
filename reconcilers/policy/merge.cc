#include "reconcilers/policy/merge.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "reconcilers/policy/advice.h"
#include "reconcilers/policy/candidates.h"
#include "reconcilers/policy/fields.h"
#include "reconcilers/policy/print.h"

namespace fairlead::reconcilers {
namespace {

using Defaults = api::RetryDefaults;

// Picks each field's winner among candidates that are in order of precedence, and notes who lost to whom.
class Picker {
 public:
  Picker(const std::vector<Candidate>& candidates, bool explain)
      : candidates_(candidates), explain_(explain) {}

  template <class T>
  std::optional<Sourced<T>> Pick(PolicyField field, std::optional<T> FieldSet::*member) {
    return PickBy<T>(field, [member](const FieldSet& f) { return f.*member; });
  }
  template <class T>
  std::optional<Sourced<T>> Pick(PolicyField field, const T* FieldSet::*member) {
    return PickBy<T>(field, [member](const FieldSet& f) {
      return f.*member == nullptr ? std::nullopt : std::optional<T>(*(f.*member));
    });
  }

  // `attempts: 0` won: every other field of retries lost to it.
  void LoseTo(const Sourced<int>& off) {
    for (Verdict& verdict : verdicts) {
      if (verdict.field == PolicyField::kAttempts || !IsRetryField(verdict.field)) continue;
      verdict.won = false;
      verdict.winner = off.origin;
      verdict.reason = LossReason::kRetriesOff;
      if (explain_) verdict.winner_value = "off";
    }
  }

  std::vector<Verdict> verdicts;

 private:
  template <class T, class Get>
  std::optional<Sourced<T>> PickBy(PolicyField field, Get get) {
    std::optional<Sourced<T>> winner;
    const Candidate* first = nullptr;
    for (const Candidate& candidate : candidates_) {
      std::optional<T> value = get(candidate.fields);
      if (!value) continue;
      Verdict verdict{candidate.origin.object, field, first == nullptr, {}, {}, {}, {}};
      if (explain_) verdict.value = Print(*value);
      if (first == nullptr) {
        first = &candidate;
        winner = Sourced<T>{std::move(*value), candidate.origin};
      } else {
        verdict.reason = ReasonOf(*first, candidate);
      }
      verdict.winner = first->origin;
      if (explain_) verdict.winner_value = Print(winner->value);
      verdicts.push_back(std::move(verdict));
    }
    return winner;
  }

  const std::vector<Candidate>& candidates_;
  bool explain_;
};

template <class T, class V>
Sourced<T> OrDefault(std::optional<Sourced<T>> picked, const V& fallback) {
  return picked ? *std::move(picked) : Sourced<T>{T(fallback), Origin{}};
}

// The default conditions; a rule's own `retry.codes` says itself which answers are failures.
std::vector<api::RetryOn> DefaultOn(const std::optional<Sourced<std::vector<int>>>& codes) {
  std::vector<api::RetryOn> on = Defaults::On();
  if (codes && codes->origin.level == Level::kInline) {
    std::erase_if(on, [](api::RetryOn o) { return !api::IsSafeForAnyMethod(o); });
  }
  return on;
}

Sourced<Duration> BackoffMax(std::optional<Sourced<Duration>> picked, const Sourced<Duration>& base) {
  Sourced<Duration> max = OrDefault<Duration>(std::move(picked), Defaults::kBackoffMax);
  if (max.value >= base.value) return max;
  // Nobody asked for this maximum: it follows the base as the defaults follow each other.
  if (max.origin.level == Level::kBuiltIn) {
    max.value = Duration::Milliseconds(base.value.milliseconds() * 10);
  } else {
    max.value = base.value;
  }
  return max;
}

EffectiveRetries PickRetries(Picker& picker, std::optional<Sourced<int>> attempts,
                             std::optional<Sourced<Duration>> per_try) {
  EffectiveRetries retries;
  retries.attempts = OrDefault<int>(std::move(attempts), Defaults::kAttempts);
  if (per_try && !per_try->value.zero()) retries.per_try_timeout = std::move(per_try);
  auto on = picker.Pick(PolicyField::kRetryOn, &FieldSet::on);
  retries.codes = picker.Pick(PolicyField::kRetryCodes, &FieldSet::codes);
  retries.on = OrDefault<std::vector<api::RetryOn>>(std::move(on), DefaultOn(retries.codes));
  retries.methods = OrDefault<api::RetryMethods>(picker.Pick(PolicyField::kRetryMethods, &FieldSet::methods),
                                                 api::RetryMethods{});
  retries.backoff_base = OrDefault<Duration>(picker.Pick(PolicyField::kBackoffBase, &FieldSet::backoff_base),
                                             Defaults::kBackoffBase);
  retries.backoff_max =
      BackoffMax(picker.Pick(PolicyField::kBackoffMax, &FieldSet::backoff_max), retries.backoff_base);
  retries.budget_percent = OrDefault<int>(picker.Pick(PolicyField::kBudgetPercent, &FieldSet::budget_percent),
                                          Defaults::kBudgetPercent);
  retries.budget_min_per_second =
      OrDefault<int>(picker.Pick(PolicyField::kBudgetMinPerSecond, &FieldSet::budget_min_per_second),
                     Defaults::kBudgetMinPerSecond);
  retries.remote_localities = picker.Pick(PolicyField::kRemoteLocalities, &FieldSet::remote_localities);
  return retries;
}

// backendRequest of a rule without retries bounds the one try, and so the request.
void BoundByBackendRequest(const std::optional<Sourced<Duration>>& per_try, EffectivePolicy* effective) {
  if (!per_try || per_try->origin.level != Level::kInline || per_try->value.zero()) return;
  const auto& request = effective->request_timeout;
  if (!request || request->value.zero() || per_try->value < request->value) {
    effective->request_timeout = per_try;
  }
}

}  // namespace

MergeResult Merge(const MergeInput& input) {
  const std::vector<Candidate> candidates = CandidatesInOrder(input);
  MergeResult result;
  if (candidates.empty()) return result;
  Picker picker(candidates, input.explain);
  EffectivePolicy& effective = result.effective;
  effective.request_timeout = picker.Pick(PolicyField::kRequestTimeout, &FieldSet::request_timeout);
  effective.idle_timeout = picker.Pick(PolicyField::kIdleTimeout, &FieldSet::idle_timeout);
  auto attempts = picker.Pick(PolicyField::kAttempts, &FieldSet::attempts);
  auto per_try = picker.Pick(PolicyField::kPerTryTimeout, &FieldSet::per_try_timeout);

  const auto enabler =
      std::find_if(candidates.begin(), candidates.end(), [](const Candidate& c) { return c.fields.retries; });
  if (attempts && attempts->value == 0) {
    PickRetries(picker, attempts, per_try);  // for the verdicts
    picker.LoseTo(*attempts);
    effective.retries_off = std::move(attempts);
  } else if (enabler != candidates.end()) {
    effective.retries = PickRetries(picker, std::move(attempts), per_try);
    effective.retries->enabled_by = enabler->origin;
  }
  if (!effective.retries) BoundByBackendRequest(per_try, &effective);
  result.verdicts = std::move(picker.verdicts);
  result.advice = Advise(input, result.verdicts, &effective);
  return result;
}

std::string_view ToString(LossReason reason) {
  constexpr std::array<std::string_view, 6> kNames = {"is an Override",      "is more specific",
                                                      "is a wider Override", "is older",
                                                      "comes first by name", "turns retries off"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace fairlead::reconcilers
