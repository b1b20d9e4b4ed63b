// FailoverPolicy (fop): where traffic goes when endpoints of a locality fail.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/api/failover_drill.h"
#include "crds/api/failover_status.h"
#include "crds/api/policy_common.h"
#include "crds/base/duration.h"

namespace fairlead::api {

struct WeightedLocality {
  Locality locality;
  std::optional<int> weight;  // 1..100; all or none of a step, and then their sum is 100
  friend bool operator==(const WeightedLocality&, const WeightedLocality&) = default;
};

struct FailoverStep {
  std::vector<WeightedLocality> to;
  friend bool operator==(const FailoverStep&, const FailoverStep&) = default;
};

struct LocalityRule {
  Locality from;
  std::vector<FailoverStep> steps;  // in order
  friend bool operator==(const LocalityRule&, const LocalityRule&) = default;
};

struct OutlierDetection {
  int consecutive_errors = 5;  // 0: off
  Duration interval = Duration::Seconds(10);
  Duration base_ejection_time = Duration::Seconds(30);
  int max_ejection_percent = 100;
  friend bool operator==(const OutlierDetection&, const OutlierDetection&) = default;
};

struct FailoverPolicy {
  static constexpr Kind kKind = Kind::kFailoverPolicy;
  ObjectMeta meta;
  PolicyTargets targets;
  std::vector<LocalityRule> localities;      // empty: same zone, then region, then any
  std::vector<std::string> priority_labels;  // exclusive with localities
  int min_healthy_percent = 70;
  OutlierDetection outlier_detection;  // on by default
  std::optional<FailoverDrill> drill;
  std::optional<PolicyStatus> status;
  friend bool operator==(const FailoverPolicy&, const FailoverPolicy&) = default;
};

Parsed<FailoverPolicy> ParseFailoverPolicy(const JsonNode& object);
Json::Value ToJson(const FailoverPolicy& policy);      // canonical: defaults shown
Json::Value SpecToJson(const FailoverPolicy& policy);  // the value of `spec` in it

}  // namespace fairlead::api
