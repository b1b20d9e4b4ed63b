// SharesOf: which share of its requests a source sends to each step and locality of a plan, by health.
//
// Computed as Envoy 1.40 does it (priority load and locality-weighted load balancing, panic threshold 0),
// with its whole numbers, so that a rehearsal says what traffic does then. Who calls: rehearsal, statuses,
// the tests with a real Envoy. Pure.
//
//   Shares shares = SharesOf(plan);
//   shares.steps[0].percent      // of all requests
//   shares.steps[0].parts[1]     // 0..1, of all requests
#pragma once

#include <cstdint>
#include <vector>

#include "reconcilers/failover/steps.h"

namespace fairlead::reconcilers::failover {

struct StepShare {
  int percent = 0;            // of all requests; Envoy counts steps in whole percent
  std::vector<double> parts;  // by Step::parts, 0..1 of all requests; their sum is percent / 100
  int members = 0, healthy = 0;
  friend bool operator==(const StepShare&, const StepShare&) = default;
};

struct Shares {
  std::vector<StepShare> steps;  // by Plan::steps
  double nowhere = 0;            // 0..1: has no endpoint to go to, and is answered 503
  friend bool operator==(const Shares&, const Shares&) = default;
};

Shares SharesOf(const Plan& plan);

// By Plan::members, 0..1 of all requests. Within a locality healthy members share by weight; least-request,
// which the proxies use, does so on average where members are equally quick.
std::vector<double> MemberShares(const Plan& plan, const Shares& shares);

// In percent. Rounded up, so that a step which is exactly as healthy as it has to be gives nothing away.
uint32_t OverprovisioningFactor(int min_healthy_percent);

}  // namespace fairlead::reconcilers::failover
