#include "reconcilers/failover/flow.h"

#include "reconcilers/failover/drill.h"

namespace fairlead::reconcilers::failover {

Flow::Flow(const api::FailoverPolicy& policy, const Source& source, const Members& members,
           const EffectiveDrill* drill)
    : plan_(PlanFailover(policy, source, members)), shares_(SharesOf(plan_)) {
  if (drill == nullptr) return;
  weight_ = drill->weight;
  drilled_ = PlanFailover(policy, source, Without(members, drill->down));
  always_ = shares_;
  while_drilled_ = SharesOf(drilled_);
  const auto mix = [&](double usual, double drilled) {
    return (usual * weight_ + drilled * (100 - weight_)) / 100;
  };
  shares_.nowhere = mix(always_.nowhere, while_drilled_.nowhere);
  for (size_t i = 0; i < shares_.steps.size(); ++i) {
    StepShare& step = shares_.steps[i];
    const StepShare& drilled = while_drilled_.steps[i];
    step.percent = (step.percent * weight_ + drilled.percent * (100 - weight_) + 50) / 100;
    for (size_t p = 0; p < step.parts.size(); ++p) step.parts[p] = mix(step.parts[p], drilled.parts[p]);
    left_out_.push_back(step.healthy - drilled.healthy);
  }
}

std::vector<double> Flow::OfMembers() const {
  if (left_out_.empty()) return MemberShares(plan_, shares_);
  std::vector<double> out = MemberShares(plan_, always_);
  const std::vector<double> drilled = MemberShares(drilled_, while_drilled_);
  for (size_t i = 0; i < out.size(); ++i) out[i] = (out[i] * weight_ + drilled[i] * (100 - weight_)) / 100;
  return out;
}

}  // namespace fairlead::reconcilers::failover
