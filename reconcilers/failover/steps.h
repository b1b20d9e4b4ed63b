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
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
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

// Endpoints that take part, sorted. They are never changed, and every copy and every plan shares them.
class Members {
 public:
  using value_type = Member;
  using const_iterator = std::vector<Member>::const_iterator;

  Members() : Members(std::vector<Member>()) {}
  Members(std::vector<Member> members);  // in any order; those of weight 0 are left out
  Members(std::initializer_list<Member> members) : Members(std::vector<Member>(members)) {}

  const Member& operator[](size_t i) const { return shared_->members[i]; }
  const_iterator begin() const { return shared_->members.begin(); }
  const_iterator end() const { return shared_->members.end(); }
  size_t size() const { return shared_->members.size(); }
  bool empty() const { return shared_->members.empty(); }
  friend bool operator==(const Members& a, const Members& b) {
    return a.shared_ == b.shared_ || a.shared_->members == b.shared_->members;
  }

  // The localities that they are at, sorted, and that of each by its number there: they are few, and steps
  // are told from them.
  size_t places() const { return shared_->places.size(); }
  const api::Locality& place(size_t number) const { return (*this)[shared_->places[number]].locality; }
  size_t place_of(size_t i) const { return shared_->place_of[i]; }

 private:
  struct Shared {
    std::vector<Member> members;
    std::vector<uint32_t> places;    // a member at each
    std::vector<uint32_t> place_of;  // by member
  };
  std::shared_ptr<const Shared> shared_;  // never null
};

// Where requests come from: a client, or the waypoint's proxy that sends them on (sources.h).
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
  Members members;
  std::vector<Step> steps;
  std::vector<size_t> unreached;  // members that no step covers: they get nothing
  friend bool operator==(const Plan&, const Plan&) = default;
};

Plan PlanFailover(const api::FailoverPolicy& policy, const Source& source, Members members);

// Whether each field that `pattern` sets is equal.
bool Covers(const api::Locality& pattern, const api::Locality& place);

// Of the rules that hold the place, the one whose `from` is the most specific; null: none.
const api::LocalityRule* RuleFor(const api::FailoverPolicy& policy, const api::Locality& source);

// The value that a priority label has there; "": none. Those of a place are known from it where the workload
// does not say otherwise.
std::string_view LabelOf(std::string_view label, const Labels& labels, const api::Locality& place);
bool IsOfPlace(std::string_view label);  // "topology.kubernetes.io/zone"

// "us-east/us-east-1a"; with a cluster: "cluster west us-west/us-west-1a"; nothing known: "unknown place".
std::string ToString(const api::Locality& place);

}  // namespace fairlead::reconcilers::failover
