#include "webhooks/verdict/gate.h"

#include "crds/api/policy_common.h"
#include "webhooks/review/review.h"
#include "webhooks/review/verdict.h"
#include "webhooks/verdict/intent.h"
#include "webhooks/verdict/judge.h"

namespace fairlead::webhooks {

namespace {

// What selects its targets may select very many; for the places of a FailoverPolicy all nodes are looked at.
bool IsQuick(const Review& review) {
  const KindInfo* kind = FindKind(review.kind.group, review.kind.kind);
  if (kind == nullptr || kind->kind != Kind::kRetryTimeoutPolicy) return false;
  return !review.object || !review.object->FindPath({"spec", "targetSelectors"});
}

Answer Refuse(const Malformed& malformed) {
  const bool matched = !malformed.uid.empty();
  return {matched ? 200 : 400, PrintMalformed(malformed), "other", "none", "malformed"};
}

Answer Reply(const Review& review, const View& view, bool with_intent) {
  const Verdict verdict = Judge(review, view);
  const KindInfo* known = FindKind(review.kind.group, review.kind.kind);
  Answer out;
  out.body = PrintVerdict(review, verdict);
  out.kind = known != nullptr && known->group == api::kGroup ? std::string(known->name) : "other";
  out.operation = ToString(review.operation);
  if (with_intent) out.intent = IntentOf(review, verdict);
  out.verdict = verdict.allowed ? "allowed" : "refused";
  return out;
}

}  // namespace

Answer AnswerReview(std::string_view body, const View& view, bool with_intent) {
  const Result<Review, Malformed> review = ReadReview(body);
  return review ? Reply(*review, view, with_intent) : Refuse(review.error());
}

std::optional<Answer> AnswerQuickly(std::string_view body, const View& view, bool with_intent) {
  const Result<Review, Malformed> review = ReadReview(body);
  if (!review) return Refuse(review.error());
  return IsQuick(*review) ? std::optional(Reply(*review, view, with_intent)) : std::nullopt;
}

}  // namespace fairlead::webhooks
