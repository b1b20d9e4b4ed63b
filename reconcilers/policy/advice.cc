#include "reconcilers/policy/advice.h"

#include <algorithm>
#include <set>
#include <string>

#include "reconcilers/policy/fields.h"
#include "reconcilers/policy/print.h"

namespace fairlead::reconcilers {
namespace {

class Advisor {
 public:
  explicit Advisor(std::vector<Advice>* out) : out_(out) {}

  // Only a policy has a status to say it in.
  void Say(const Origin& origin, Note::Kind kind, const std::string& message) {
    if (origin.object.kind == Kind::kRetryTimeoutPolicy && origin.level != Level::kBuiltIn) {
      out_->push_back({origin.object, {kind, message}});
    }
  }

 private:
  std::vector<Advice>* out_;
};

void CheckPerTry(EffectivePolicy* effective, Advisor& advisor) {
  EffectiveRetries& retries = *effective->retries;
  const auto& request = effective->request_timeout;
  if (!retries.per_try_timeout || !request || request->value.zero()) return;
  Sourced<Duration>& per_try = *retries.per_try_timeout;
  if (per_try.value > request->value) {
    const std::string message = "perTryTimeout " + Print(per_try.value) + " of " + Describe(per_try.origin) +
                                " is cut to the request timeout " + Print(request->value) + " of " +
                                Describe(request->origin);
    advisor.Say(per_try.origin, Note::Kind::kPerTryCut, message);
    advisor.Say(request->origin, Note::Kind::kPerTryCut, message);
    per_try.value = request->value;
    return;
  }
  const int64_t all = per_try.value.milliseconds() * retries.attempts.value;
  if (all > request->value.milliseconds()) {
    const std::string message = "attempts " + Print(retries.attempts.value) + " x perTryTimeout " +
                                Print(per_try.value) + " exceeds the request timeout " +
                                Print(request->value) + ": the last tries may be cut short";
    advisor.Say(retries.attempts.origin, Note::Kind::kTriesExceedRequest, message);
    advisor.Say(per_try.origin, Note::Kind::kTriesExceedRequest, message);
    advisor.Say(request->origin, Note::Kind::kTriesExceedRequest, message);
  }
}

// Calls of gRPC are POST, which is not idempotent: what is left are the conditions that are safe for all.
void CheckGrpc(const EffectiveRetries& retries, const std::vector<Verdict>& verdicts, Advisor& advisor) {
  if (retries.methods.value.choice != api::RetryMethods::Choice::kIdempotent) return;
  const bool unsafe = retries.codes || std::any_of(retries.on.value.begin(), retries.on.value.end(),
                                                   [](api::RetryOn on) { return !IsSafeForAnyMethod(on); });
  if (!unsafe) return;
  const std::string message =
      "gRPC calls are POST: with methods Idempotent they are retried only where the call cannot have been "
      "carried out; set spec.retries.methods: All if these calls may be repeated";
  for (const Verdict& verdict : verdicts) {
    if (verdict.won && IsRetryField(verdict.field))
      advisor.Say(verdict.winner, Note::Kind::kGrpcIsPost, message);
  }
}

}  // namespace

std::vector<Advice> Advise(const MergeInput& input, const std::vector<Verdict>& verdicts,
                           EffectivePolicy* effective) {
  std::vector<Advice> advice;
  if (!effective->retries) return advice;
  Advisor advisor(&advice);
  CheckPerTry(effective, advisor);
  if (input.grpc) CheckGrpc(*effective->retries, verdicts, advisor);
  std::sort(advice.begin(), advice.end());
  advice.erase(std::unique(advice.begin(), advice.end()), advice.end());
  return advice;
}

}  // namespace fairlead::reconcilers
