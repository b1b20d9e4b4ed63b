// RecordOf: what is known of a change as the object that the ledger keeps.
//
// Who calls: the operator's ledger. Pure. The name is made from what was changed, so that whoever writes it
// once more, or another replica, finds it there.
#pragma once

#include <optional>
#include <string>

#include "crds/api/policy_change.h"
#include "reconcilers/ledger/intent.h"

namespace fairlead::reconcilers {

// Labels of a record, by which it is found without its spec.
inline constexpr char kRecordKind[] = "fairlead.dev/policy-kind";
inline constexpr char kRecordPolicy[] = "fairlead.dev/policy";  // where the name is short enough for a label
inline constexpr char kRecordUid[] = "fairlead.dev/policy-uid";
inline constexpr char kRecordGeneration[] = "fairlead.dev/policy-generation";
inline constexpr char kRecordOperation[] = "fairlead.dev/operation";
// An annotation: the whole name where the label is missing.
inline constexpr char kRecordName[] = "fairlead.dev/policy-name";

// The API server refuses larger requests at 1.5 MiB of etcd's.
inline constexpr size_t kMaxRecordBytes = 1u << 20;

// "rtp-ratings-3f2a9c1d04-5"; of a deletion "…-deleted". `generation` 0: of the deletion.
std::string RecordNameOf(const ObjectKey& policy, const std::string& uid, int64_t generation);
inline std::string RecordNameOf(const Intent& intent) {
  const bool deletion = intent.operation == api::PolicyChange::Operation::kDelete;
  return RecordNameOf(intent.policy, intent.uid, deletion ? 0 : intent.generation);
}

struct RecordInput {
  KnownChange change;
  std::string ns;  // where records of what has no namespace are kept
  std::optional<api::PolicyChange::Services> before, after;
  // Of the record of the policy before this one: a reason that was given for that is none for this.
  std::string last_reason;
};
api::PolicyChange RecordOf(const RecordInput& input);

}  // namespace fairlead::reconcilers
