// JudgeForeignReview: what tenancy says of a change to an object of somebody else's API.
//
// Who calls: the rules of judge.cc, any number of threads at once. Pure.
#pragma once

#include "reconcilers/reach/judge.h"
#include "webhooks/review/review.h"
#include "webhooks/verdict/view.h"

namespace fairlead::webhooks {

// Nothing to say: a deletion, a subresource, an object that waits for its finalizers, a kind that says
// nothing of tenancy, a namespace of no workspace. An error: it is not known now.
Result<reconcilers::ForeignRuling> JudgeForeignReview(const Review& review, const View& view);

// The reason that an administrator gives on the object for doing it all the same; empty: none, or no
// administrator.
std::string BrokenGlass(const Review& review, const View& view);

}  // namespace fairlead::webhooks
