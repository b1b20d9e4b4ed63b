#include "reconcilers/failover/shares.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace fairlead::reconcilers::failover {
namespace {

int CountHealthy(const Plan& plan, const Part& part) {
  return static_cast<int>(std::count_if(part.members.begin(), part.members.end(),
                                        [&](size_t i) { return plan.members[i].healthy; }));
}

// Of a step without members: nothing, as of one whose members are all down.
uint32_t AvailabilityOf(const StepShare& step, uint32_t factor) {
  if (step.members == 0) return 0;
  const uint64_t scaled = uint64_t{factor} * static_cast<uint64_t>(step.healthy);
  return static_cast<uint32_t>(std::min<uint64_t>(100, scaled / static_cast<uint64_t>(step.members)));
}

// Each step takes what it can of 100 percent, in order; what rounding leaves goes to the first that can take
// anything. Where none can, Envoy sends all to its first priority: the first step that has members at all.
void SetPercents(uint32_t factor, std::vector<StepShare>* steps) {
  std::vector<uint32_t> available;
  for (const StepShare& step : *steps) available.push_back(AvailabilityOf(step, factor));
  const uint32_t total =
      std::min<uint32_t>(100, std::accumulate(available.begin(), available.end(), uint32_t{0}));
  if (total == 0) {
    const auto first =
        std::find_if(steps->begin(), steps->end(), [](const StepShare& step) { return step.members > 0; });
    if (first != steps->end()) first->percent = 100;
    return;
  }
  uint32_t left = 100;
  std::optional<size_t> first;
  for (size_t i = 0; i < steps->size(); ++i) {
    if (!first && available[i] > 0) first = i;
    const uint32_t taken = std::min(left, available[i] * 100 / total);
    (*steps)[i].percent = static_cast<int>(taken);
    left -= taken;
  }
  (*steps)[*first].percent += static_cast<int>(left);
}

// A locality counts by its weight, and by its health where that is below what it has to be.
void SetParts(const Plan& plan, const Step& step, uint32_t factor, StepShare* out) {
  double sum = 0;
  for (const Part& part : step.parts) {
    const double ratio = 1.0 * CountHealthy(plan, part) / static_cast<double>(part.members.size());
    out->parts.push_back(part.weight * std::min(1.0, factor / 100.0 * ratio));
    sum += out->parts.back();
  }
  for (double& share : out->parts) share = sum == 0 ? 0 : share / sum * out->percent / 100;
}

}  // namespace

uint32_t OverprovisioningFactor(int min_healthy_percent) {
  const auto percent = static_cast<uint32_t>(std::clamp(min_healthy_percent, 1, 100));
  return (10000 + percent - 1) / percent;
}

Shares SharesOf(const Plan& plan) {
  const uint32_t factor = OverprovisioningFactor(plan.min_healthy_percent);
  Shares out;
  for (const Step& step : plan.steps) {
    StepShare share;
    for (const Part& part : step.parts) {
      share.members += static_cast<int>(part.members.size());
      share.healthy += CountHealthy(plan, part);
    }
    out.steps.push_back(std::move(share));
  }
  SetPercents(factor, &out.steps);
  out.nowhere = 1;
  for (size_t i = 0; i < out.steps.size(); ++i) {
    SetParts(plan, plan.steps[i], factor, &out.steps[i]);
    if (out.steps[i].healthy == 0) {
      out.steps[i].percent = 0;
    } else {
      out.nowhere -= out.steps[i].percent / 100.0;
    }
  }
  out.nowhere = out.nowhere < 1e-9 ? 0 : out.nowhere;
  return out;
}

std::vector<double> MemberShares(const Plan& plan, const Shares& shares) {
  std::vector<double> out(plan.members.size(), 0);
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    for (size_t p = 0; p < plan.steps[s].parts.size(); ++p) {
      const Part& part = plan.steps[s].parts[p];
      double weight = 0;
      for (size_t i : part.members) weight += plan.members[i].healthy ? plan.members[i].weight : 0;
      if (weight == 0) continue;
      for (size_t i : part.members) {
        if (plan.members[i].healthy) out[i] = shares.steps[s].parts[p] * plan.members[i].weight / weight;
      }
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers::failover
