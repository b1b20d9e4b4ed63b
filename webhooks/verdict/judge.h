// Judge: the verdict on one review, by the first rule that has something to say.
//
// Who calls: the webhook's way (gate.h), any number of threads at once. Refused is only what can never become
// valid, which is what the very Parse of the reconcilers refuses, and what the caller has no right to.
// Nothing gets stuck: whatever was stored, however invalid, can be deleted, lose its finalizers, and have its
// metadata and status written. Pure.
//
//   Verdict verdict = Judge(*review, view);   // verdict.rule: "invalid-object"
#pragma once

#include <string_view>
#include <vector>

#include "webhooks/review/review.h"
#include "webhooks/review/verdict.h"
#include "webhooks/verdict/view.h"

namespace fairlead::webhooks {

// A name never changes its meaning: audit logs keep it.
struct RuleInfo {
  std::string_view name;   // "invalid-object"
  std::string_view about;  // in a few words
};
std::vector<RuleInfo>
Rules();  // in the order in which they are asked; the last one has always something to say

Verdict Judge(const Review& review, const View& view);

}  // namespace fairlead::webhooks
