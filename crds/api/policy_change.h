// PolicyChange: one change of a policy, as the ledger keeps it: who, when, which fields from what to what.
//
// Who calls: the operator's ledger, which writes them; fairleadctl history and revert, which read them.
// Nobody ever changes one, and nothing is lowered from one: it has no Kind. What is written keeps the bounds
// of crds/schema/policy_change.yaml; reading is lenient, since nobody else writes. Values; pure.
//
//   PolicyChange change;
//   change.object = {"RetryTimeoutPolicy", "shop", "ratings", uid, 5};
//   client.Create(name, WriteJson(ToJson(change)), manager);
#pragma once

#include <json/value.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/meta.h"
#include "crds/base/result.h"

namespace fairlead::api {

inline constexpr size_t kMaxFieldChanges = 64;    // listed; `more_changes` counts the rest
inline constexpr size_t kMaxChangeServices = 64;  // listed of each side; `count` has them all
inline constexpr size_t kMaxChangeGroups = 32;    // of the user; `more_groups` counts the rest
inline constexpr size_t kMaxAlsoAsked = 8;
// Of the record: users of whom another replica knew, as a list in JSON; with it as a whole `also_asked`.
inline constexpr char kAlsoAskedAnnotation[] = "fairlead.dev/also-asked";
inline constexpr size_t kMaxFieldValue = 2048;  // characters of `from` and `to`
inline constexpr size_t kMaxReason = 1024;      // characters

struct PolicyChange {
  enum class Operation : unsigned char { kCreate, kUpdate, kDelete };
  // How it is known. Admission: our webhook admitted it, so who is known. Watch: it was seen, but no webhook
  // of ours had judged it. Comparison: found after a time in which nobody looked, with whatever lay between.
  enum class Evidence : unsigned char { kAdmission, kWatch, kComparison };

  struct Object {
    std::string kind;  // "RetryTimeoutPolicy"
    std::string ns;    // empty: cluster-scoped
    std::string name;
    std::string uid;
    int64_t generation = 0;  // that the change made; of a deletion: the last
    friend bool operator==(const Object&, const Object&) = default;
  };
  struct User {
    std::string name;  // empty: not known
    std::vector<std::string> groups;
    int more_groups = 0;
    friend bool operator==(const User&, const User&) = default;
  };
  // One value each, as a word or as JSON in one line; empty: not set.
  struct Field {
    std::string field;  // "spec.retries.attempts"
    std::string from, to;
    friend bool operator==(const Field&, const Field&) = default;
  };
  struct Services {
    int count = 0;
    std::vector<std::string> names;  // "shop/ratings", "ServiceEntry shop/pay"; sorted
    friend bool operator==(const Services&, const Services&) = default;
  };

  ObjectMeta meta;
  Object object;
  Operation operation = Operation::kUpdate;
  Evidence evidence = Evidence::kAdmission;
  Timestamp at;  // of the admission, else of when it was seen
  User by;
  std::vector<std::string> also_asked;  // users who were admitted with the very same change at the same time
  std::string through;                  // the field manager: "kubectl-edit"; may be empty
  std::string reason;                   // of annotation fairlead.dev/reason; may be empty
  std::string break_glass;  // the reason for which an administrator went past the roles; may be empty
  std::string summary;      // "spec.retries.attempts 2 -> 3, and 2 more"
  std::vector<Field> changes;
  int more_changes = 0;
  std::optional<Services> services_before, services_after;  // nullopt: none to tell of, or not known
  Json::Value metadata;          // of a deleted policy: labels and annotations; null: none, or not known
  Json::Value before, after;     // the spec as it was and as it is; null: there was or is none, or it is cut
  std::vector<std::string> cut;  // "before", "after": left out, since the record would be too large
  std::string request;           // UID of the admission; may be empty
};

std::string_view ToString(PolicyChange::Operation operation);  // "Create"
std::string_view ToString(PolicyChange::Evidence evidence);    // "Admission"

// An error: a field is of another type, or one that every record has is missing.
Result<PolicyChange> ParsePolicyChange(const JsonNode& object);
Json::Value ToJson(const PolicyChange& change);

}  // namespace fairlead::api
