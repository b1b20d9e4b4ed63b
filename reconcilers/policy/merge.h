// Merge: the effective policy of one route rule out of all policies that apply to it (GEP-713), field by
// field.
//
// Order of precedence: overrides before all else, the less specific first; then what the rule itself says;
// then defaults, the more specific first; at the same level what names a port before what does not, then the
// older, then namespace/name; last what the settings of the workspace say. For each field the first in this
// order that sets it wins. Pure.
//
//   MergeResult r = Merge({.policies = {...}, .inline_rule = &rule, .route = key});
//   r.effective.retries->attempts.origin.object;   // who said so
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crds/api/workspace.h"
#include "crds/gateway/http_route.h"
#include "reconcilers/model/policy.h"
#include "reconcilers/policy/attachments.h"

namespace fairlead::reconcilers {

struct MergeInput {
  std::vector<Attachment> policies;                     // all that apply to the rule, in any order
  const gateway::HttpRouteRule* inline_rule = nullptr;  // of an HTTPRoute
  ObjectKey route;
  int64_t route_generation = 0;
  const api::WorkspaceSettings* settings = nullptr;  // of the workspace that the service is in
  bool grpc = false;                                 // the rule's requests are gRPC calls, thus POST
  bool explain = false;                              // print the values into the verdicts
};

// Why one value lost to another.
enum class LossReason : unsigned char {
  kOverride,      // the winner is an Override
  kMoreSpecific,  // the winner stands nearer to the request
  kLessSpecific,  // both are Overrides, the winner is the wider
  kOlder,         // same level: the winner was created earlier
  kName,          // same level and age: the winner's namespace/name comes first
  kRetriesOff,    // the winner says attempts: 0
};

struct Verdict {
  ObjectKey policy;
  PolicyField field = PolicyField::kRequestTimeout;
  bool won = false;
  Origin winner;
  LossReason reason = LossReason::kOverride;
  std::string value;         // with MergeInput::explain: what the policy asks for, printed
  std::string winner_value;  // likewise: what is in force
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// In force, but the user should know.
struct Note {
  enum class Kind : unsigned char { kPerTryCut, kTriesExceedRequest, kGrpcIsPost, kIstioLimit };
  Kind kind = Kind::kPerTryCut;
  std::string message;
  friend auto operator<=>(const Note&, const Note&) = default;
};

struct Advice {
  ObjectKey policy;
  Note note;
  friend auto operator<=>(const Advice&, const Advice&) = default;
};

struct MergeResult {
  EffectivePolicy effective;
  std::vector<Verdict> verdicts;  // of policies and of the rule's own (policy == route); by field, then order
  std::vector<Advice> advice;     // sorted, unique
};

MergeResult Merge(const MergeInput& input);

std::string_view ToString(LossReason reason);  // "older", "more specific", ...

}  // namespace fairlead::reconcilers
