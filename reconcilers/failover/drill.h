// JudgeDrill: whether the drill of a FailoverPolicy is on, where, and if not, why.
//
// A drill ends by its time, and where it would leave a service without any healthy endpoint, unless it is
// forced. What was ended or refused for that stays so until another drill is asked for: when endpoints come
// back nobody waits for it any more. Who calls: World, which keeps what was judged before. Pure.
//
//   DrillState state = JudgeDrill(view, rows, *policy, before);
//   state.on   // destinations
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crds/api/failover_policy.h"
#include "reconcilers/failover/steps.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/status/target.h"

namespace fairlead::reconcilers::failover {

struct DrillState {
  enum class Of : unsigned char { kRunning, kEnded, kRefused };
  api::FailoverDrill drill;  // that was judged
  int64_t generation = 0;    // of the policy
  Of state = Of::kRefused;
  std::string reason, message;
  std::vector<Destination> on;  // sorted
  friend bool operator==(const DrillState&, const DrillState&) = default;
};
std::string_view ToString(DrillState::Of state);  // "Running"

// `policy` has a drill, view.drills.now is set. `before`: null, or what was judged last.
DrillState JudgeDrill(const View& view, const ServiceRows& rows, const api::FailoverPolicy& policy,
                      const DrillState* before);

// As they would be if the place had failed.
Members Without(const Members& members, const api::Locality& down);

// Whether requests of some source would have no place to go if it had.
bool Strands(const api::FailoverPolicy& policy, const std::set<Source>& from, const Members& members,
             const api::Locality& down);

}  // namespace fairlead::reconcilers::failover
