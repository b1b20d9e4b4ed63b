// JudgeRequest: the verdict on a Request, for tests of the rules.
//
//   EXPECT_TRUE(JudgeRequest({.object = Policy(kGood)}).allowed);
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/webhooks/request.h"
#include "webhooks/verdict/judge.h"

namespace fairlead::testing {

inline webhooks::Verdict JudgeRequest(const Request& request,
                                      const webhooks::View& view = webhooks::NoView()) {
  const auto review = webhooks::ReadReview(request.Body());
  if (!review) {
    ADD_FAILURE() << review.error().message;
    return {};
  }
  return webhooks::Judge(*review, view);
}

}  // namespace fairlead::testing
