// JudgeRights: what the roles of a workspace say to a change of one of our policies.
//
// Who calls: the rules of judge.cc, any number of threads at once. Pure. Kubernetes' own controllers, which
// delete what a namespace or an owner leaves behind, need no right.
#pragma once

#include "crds/object/any_object.h"
#include "reconcilers/rights/rights.h"
#include "webhooks/review/review.h"
#include "webhooks/verdict/view.h"

namespace fairlead::webhooks {

// Of the objects null: there is none, or it cannot be read. nullopt: nothing to say, since the kind has no
// rights, the namespace is in no workspace, or the caller is one of Kubernetes' controllers. An error: it is
// not known now.
Result<std::optional<reconcilers::Ruling>> JudgeRights(const Review& review, const AnyObject* before,
                                                       const AnyObject* after, const View& view);

}  // namespace fairlead::webhooks
