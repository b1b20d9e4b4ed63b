// Candidates: the policies that apply to a rule, and the rule's own fields, in GEP-713's order of precedence.
//
// Used by the merge; the order alone also for policies that are in force as a whole (failover). Pure.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/policy/fields.h"
#include "reconcilers/policy/merge.h"

namespace fairlead::reconcilers {

struct Candidate {
  Origin origin;
  bool names_section = false;  // a port of a service: nearer than the whole service
  Timestamp created;
  FieldSet fields;  // points into the input
};

// GEP-713: a stands before b.
bool Precedes(const Candidate& a, const Candidate& b);

// The best first. A policy that applies through several targets is there once, where it stands best.
std::vector<Candidate> CandidatesInOrder(const MergeInput& input);

// Why `loser` lost to `winner`.
LossReason ReasonOf(const Candidate& winner, const Candidate& loser);

}  // namespace fairlead::reconcilers
