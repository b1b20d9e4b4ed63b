// Lint: findings across objects that no schema can see, each with a stable code, the field and what to do.
//
// Who calls: `fairleadctl lint`, golden tests; the webhooks ask lint/candidate.h of one object. Reads the
// last drained state of a World, so that lint says what the proxies would get. The codes are in docs/lint.md.
// Pure; sorted.
//
//   for (const Finding& f : Lint(world)) std::cerr << f.ToString() << "\n";
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/world.h"

namespace fairlead::reconcilers {

enum class Severity : unsigned char { kError, kWarning, kInfo };
std::string_view ToString(Severity severity);  // "error"

// A code never changes its meaning and is never used again. In the order of their numbers.
enum class LintCode : unsigned char {
  kInvalidObject = 1,
  kTargetNotFound = 2,
  kNoWaypoint = 3,
  kScopeNotAllowed = 4,
  kOverridden = 5,
  kPartlyOverridden = 6,
  kConflict = 7,
  kTriesExceedRequest = 8,
  kPerTryCut = 9,
  kUnsafeMethods = 10,
  kGrpcIsPost = 11,
  kNotCarried = 12,
  kNothingSelected = 13,
  kIstioLimit = 14,
  kBackendUnresolved = 15,
  kRouteParentMissing = 16,
  kConsumerRoute = 17,
  kRouteDisplaced = 18,
  kFilterUnsupported = 19,
  kSessionPersistence = 20,
  kExperimentalRetry = 21,
  kHostnamesIgnored = 22,
  kBackendPolicyBypassed = 23,
  kWorkspaceOverlap = 24,
  kWaypointWithoutProxy = 25,
  kNoBackend = 26,
  kNotCarriedOut = 27,
  // Of the input itself; only the command line sees these.
  kUnreadableInput = 28,
  kDuplicateObject = 29,
  kDoubtfulValue = 30,
  kUnknownKind = 31,
  kRetriesMultiply = 32,
  kUnknownPlace = 33,
  kNoEndpointsThere = 34,
  kDefaultWaypoint = 35,
  kNotEnforced = 36,
};

struct LintRule {
  LintCode code;
  Severity severity;
  std::string_view title;  // what the code is about, in a few words
};
const std::vector<LintRule>& LintRules();  // in the order of codes
Severity SeverityOf(LintCode code);
std::string ToString(LintCode code);  // "FL003"

struct Finding {
  LintCode code = LintCode::kInvalidObject;
  Severity severity = Severity::kWarning;
  ObjectKey object;
  std::string field;             // "spec.targetRefs[0]"; empty: the object as a whole
  std::string message;           // what is wrong
  std::string fix;               // what to do about it; may be empty
  std::string ToString() const;  // "warning FL003 RetryTimeoutPolicy shop/x: spec.targetRefs[0]: …"
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Sorted by object, code, field and message.
std::vector<Finding> Lint(const World& world);

}  // namespace fairlead::reconcilers
