// Answer: the whole way of a webhook call, from the body of the request to that of the reply.
//
// Who calls: the handler of /validate in webhooks/server, any number of threads at once; the fuzz target.
// Pure. The facts beside the body are for metrics, and come from closed sets.
//
//   Answer answer = AnswerReview(body, view);   // answer.status 200, answer.kind "RetryTimeoutPolicy"
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/ledger/intent.h"
#include "webhooks/verdict/view.h"

namespace fairlead::webhooks {

struct Answer {
  int status = 200;       // of HTTP. 400: nothing that carries a UID came, so no reply can be matched to it
  std::string body;       // an AdmissionReview in any case
  std::string kind;       // one of our kinds, else "other"
  std::string operation;  // "CREATE"; "none" where it cannot be read
  std::string verdict;    // "allowed", "refused", "malformed"
  // What the ledger is to look out for: a policy's change that was let through, and no dry run.
  std::optional<reconcilers::Intent> intent = std::nullopt;
};

Answer AnswerReview(std::string_view body, const View& view, bool with_intent = true);
// The same where it is sure to be quick (tens of microseconds, as long as the view does not wait): of a
// RetryTimeoutPolicy that names its targets, and of what is no review. nullopt: many objects may have to be
// looked at.
std::optional<Answer> AnswerQuickly(std::string_view body, const View& view, bool with_intent = true);

}  // namespace fairlead::webhooks
