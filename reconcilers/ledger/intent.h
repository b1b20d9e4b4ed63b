// Intent: a change of a policy that admission let through, and that may or may not come to pass.
//
// Who calls: webhooks/verdict makes one of each admitted review, the IntentBook keeps it until the watch
// shows what became of it. Also made, without a user, of changes that no webhook saw. A value.
#pragma once

#include <string>

#include "crds/api/policy_change.h"
#include "crds/base/key.h"

namespace fairlead::reconcilers {

inline constexpr char kReason[] = "fairlead.dev/reason";  // annotation of a policy, and of its records

struct Intent {
  ObjectKey policy;
  std::string uid;
  int64_t generation = 0;  // that the change makes; of a deletion: the last
  api::PolicyChange::Operation operation = api::PolicyChange::Operation::kUpdate;
  api::PolicyChange::User by;
  std::string through, reason, break_glass, request;
  std::string before, after;  // the spec as JSON; empty: there is none, or it is not known
  std::string metadata;  // of a deletion, as KeptMetadata has it; empty: there is none, or it is not known

  size_t bytes() const {
    size_t size = 512 + reason.size() + before.size() + after.size() + metadata.size();
    for (const std::string& group : by.groups) size += group.size() + 32;
    return size;
  }
};

// What is recorded.
struct KnownChange {
  Intent intent;
  Timestamp at;
  api::PolicyChange::Evidence evidence = api::PolicyChange::Evidence::kAdmission;
  std::vector<std::string> also_asked;  // users who were admitted with the very same change
};

// The kinds whose changes are recorded.
constexpr bool IsRecorded(Kind kind) {
  return kind == Kind::kRetryTimeoutPolicy || kind == Kind::kFailoverPolicy || kind == Kind::kWorkspace ||
         kind == Kind::kWorkspaceSettings;
}

}  // namespace fairlead::reconcilers
