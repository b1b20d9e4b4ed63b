#include "webhooks/verdict/gate.h"

#include "crds/api/policy_common.h"
#include "webhooks/review/review.h"
#include "webhooks/review/verdict.h"
#include "webhooks/verdict/intent.h"
#include "webhooks/verdict/judge.h"

namespace fairlead::webhooks {

Answer AnswerReview(std::string_view body, const View& view) {
  Answer out;
  const Result<Review, Malformed> review = ReadReview(body);
  if (!review) {
    const bool matched = !review.error().uid.empty();
    return {matched ? 200 : 400, PrintMalformed(review.error()), "other", "none", "malformed"};
  }
  const Verdict verdict = Judge(*review, view);
  const KindInfo* known = FindKind(review->kind.group, review->kind.kind);
  out.body = PrintVerdict(*review, verdict);
  out.kind = known != nullptr && known->group == api::kGroup ? std::string(known->name) : "other";
  out.operation = ToString(review->operation);
  out.intent = IntentOf(*review, verdict);
  out.verdict = verdict.allowed ? "allowed" : "refused";
  return out;
}

}  // namespace fairlead::webhooks
