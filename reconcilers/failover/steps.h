// PlanFailover: the ordered steps that traffic of one source takes to the endpoints of one service port.
//
// Who calls: shares.h (what each step gets), dataplane/envoy (steps become priorities), the rehearsal and the
// statuses. Pure; the rules are in docs/api.md, "Steps". A member is in one step at most; steps without
// members are kept, so that a status can say so.
//
//   Plan plan = PlanFailover(policy, {{"", "us-east", "us-east-1a", ""}, {}}, members);
//   plan.steps[0].parts[0].members   // indexes into plan.members
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crds/api/failover_policy.h"
#include "crds/base/labels.h"

namespace fairlead::reconcilers::failover {

struct Member {
  std::string address;  // IP address, or a name
  uint16_t port = 0;
  api::Locality locality;  // with the name of the cluster
  Labels labels;           // of its workload
  uint32_t weight = 1;     // 0: takes no part
  bool healthy = true;     // ready, and not known to fail
  friend auto operator<=>(const Member&, const Member&) = default;
  friend bool operator==(const Member&, const Member&) = default;
};

// Where requests come from: a client's or its waypoint's place.
struct Source {
  api::Locality locality;
  Labels labels;  // of the workload; those of its place are known from `locality`
  friend auto operator<=>(const Source&, const Source&) = default;
  friend bool operator==(const Source&, const Source&) = default;
};

// One locality's members in one step.
struct Part {
  api::Locality locality;
  uint32_t weight = 1;  // against the other parts of the step; never 0, and their sum fits 32 bits
  std::vector<size_t> members;
  friend bool operator==(const Part&, const Part&) = default;
};

struct Step {
  std::string name;         // "us-east/us-east-1b 80%, us-east/us-east-1c 20%"
  std::vector<Part> parts;  // sorted by locality; none: the step has no endpoints
  friend bool operator==(const Step&, const Step&) = default;
};

struct Plan {
  int min_healthy_percent = 70;
  std::vector<Member> members;  // sorted
  std::vector<Step> steps;
  std::vector<size_t> unreached;  // members that no step covers: they get nothing
  friend bool operator==(const Plan&, const Plan&) = default;
};

Plan PlanFailover(const api::FailoverPolicy& policy, const Source& source, std::vector<Member> members);

// Whether each field that `pattern` sets is equal.
bool Covers(const api::Locality& pattern, const api::Locality& place);

// Of the rules that hold the place, the one whose `from` is the most specific; null: none.
const api::LocalityRule* RuleFor(const api::FailoverPolicy& policy, const api::Locality& source);

// "us-east/us-east-1a"; with a cluster: "cluster west us-west/us-west-1a"; nothing known: "unknown place".
std::string ToString(const api::Locality& place);

}  // namespace fairlead::reconcilers::failover
