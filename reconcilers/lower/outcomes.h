// Outcome: what became of one policy at one of its targets, seen from one service.
//
// Collected while the service is lowered, from the verdicts of each rule's merge; status is told from it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "reconcilers/policy/merge.h"

namespace fairlead::reconcilers {

struct Loss {
  Origin winner;
  LossReason reason = LossReason::kOverride;
  uint32_t fields = 0;  // that were lost so, one bit each
  friend bool operator==(const Loss&, const Loss&) = default;
};

struct Outcome {
  ObjectKey policy;
  ObjectKey target;
  std::string section;
  int rules = 0;             // that the policy applies to here
  uint32_t set = 0;          // fields that the policy sets, one bit each
  uint32_t won = 0;          // fields that are in force at one rule at least
  uint32_t lost = 0;         // fields that another object's value beat at one rule at least
  std::vector<Loss> losses;  // one a winner and reason, sorted
  std::vector<Note> advice;  // sorted, unique
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

class OutcomeCollector {
 public:
  // `at` are the attachments that apply to the rule, each with the target that it stands at.
  struct Standing {
    const Attachment* attachment;
    const ObjectKey* target;
  };
  void Add(const std::vector<Standing>& standing, const MergeResult& result);

  std::vector<Outcome> Take();  // sorted by policy, target, section
  std::vector<ObjectKey> Winners()
      const;  // policies with a field in force at one rule at least; sorted, unique

 private:
  std::map<std::tuple<ObjectKey, ObjectKey, std::string>, Outcome> outcomes_;
};

}  // namespace fairlead::reconcilers
