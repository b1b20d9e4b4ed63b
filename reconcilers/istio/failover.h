// FailoverPolicy for istiod: what a DestinationRule says of it, and what it cannot say.
//
// Istio orders by labels that agree (failoverPriority), or shares by weight (distribute), or goes from region
// to region (failover): one of these in a rule. A policy that needs more is carried as far as outlier
// detection goes, with the nearest first, and `limits` names the field and what holds instead. docs/api.md,
// "In Istio mode". Who calls: lower.h, the statuses. Pure.
#pragma once

#include <json/value.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "crds/api/failover_policy.h"
#include "crds/object/any_object.h"

namespace fairlead::reconcilers::istiod {

struct FailoverRule {
  Json::Value locality;             // of trafficPolicy.loadBalancer.localityLbSetting
  Json::Value outlier;              // of trafficPolicy.outlierDetection
  std::vector<std::string> limits;  // in order of the fields
};

FailoverRule RuleOf(const api::FailoverPolicy& policy);

// The policy as the proxies of istiod keep it, as near as ours can say that: for the shares that are in
// force. `places`: where callers can be; asked where it depends on them.
api::FailoverPolicy AsCarried(const api::FailoverPolicy& policy,
                              const std::function<std::set<api::Locality>()>& places);

struct PortFailover {
  uint16_t port = 0;
  Ptr<api::FailoverPolicy> policy;  // null: none is for the port
};

// Into the trafficPolicy of the one DestinationRule of a service: for all ports where they agree, else for
// each.
void AddFailover(const std::vector<PortFailover>& ports, Json::Value* traffic_policy);

}  // namespace fairlead::reconcilers::istiod
