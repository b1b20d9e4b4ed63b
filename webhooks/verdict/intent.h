// IntentOf: what the ledger is told of a review.
//
// Who calls: the webhook's way (gate.h), any number of threads at once. Pure. Nothing is recorded by this: an
// admitted change may still be refused by somebody else.
#pragma once

#include <optional>

#include "reconcilers/ledger/intent.h"
#include "webhooks/review/review.h"
#include "webhooks/review/verdict.h"

namespace fairlead::webhooks {

// nullopt: it is refused, a dry run, no policy, or changes nothing that a user wrote.
std::optional<reconcilers::Intent> IntentOf(const Review& review, const Verdict& verdict);

}  // namespace fairlead::webhooks
