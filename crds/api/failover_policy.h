// FailoverPolicy (fop): where traffic goes when endpoints of a locality fail.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/api/policy_common.h"
#include "crds/base/duration.h"

namespace fairlead::api {

struct Locality {
  std::string cluster;  // empty: this cluster / any
  std::string region;
  std::string zone;
  std::string subzone;
  friend auto operator<=>(const Locality&, const Locality&) = default;
};

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

// What came of the policy for one target, seen from one source locality.
struct FailoverStepStatus {
  std::string to;       // "us-east/us-east-1b 80%, us-east/us-east-1c 20%"
  int endpoints = 0;    // there are
  int healthy = 0;      // of these
  std::string missing;  // what the step lacks to work; empty: nothing
  friend bool operator==(const FailoverStepStatus&, const FailoverStepStatus&) = default;
};
struct FailoverSource {
  Kind kind = Kind::kService;  // of the target
  std::string ns;
  std::string name;
  Locality from;
  int active = 0;  // the step that gets the traffic, from 1; 0: none
  std::vector<FailoverStepStatus> steps;
  friend bool operator==(const FailoverSource&, const FailoverSource&) = default;
};
struct FailoverStatus {
  static constexpr size_t kMaxSources = 64;
  std::vector<FailoverSource> sources;  // sorted by target and source
  std::string steps;                    // for the printer column: "3"
  std::string active;                   // for the printer column: "1", or "1,2" where sources differ
  friend bool operator==(const FailoverStatus&, const FailoverStatus&) = default;
};

struct FailoverPolicy {
  static constexpr Kind kKind = Kind::kFailoverPolicy;
  ObjectMeta meta;
  PolicyTargets targets;
  std::vector<LocalityRule> localities;      // empty: same zone, then region, then any
  std::vector<std::string> priority_labels;  // exclusive with localities
  int min_healthy_percent = 70;
  OutlierDetection outlier_detection;  // on by default
  std::optional<PolicyStatus> status;
  FailoverStatus failover_status;  // the part of `status` that only this kind has
  friend bool operator==(const FailoverPolicy&, const FailoverPolicy&) = default;
};

Parsed<FailoverPolicy> ParseFailoverPolicy(const JsonNode& object);
Json::Value ToJson(const FailoverPolicy& policy);  // canonical: defaults shown
Json::Value SpecToJson(const FailoverPolicy& policy);  // the value of `spec` in it
// The value of `status`, both parts of it.
Json::Value ToJson(const PolicyStatus& status, const FailoverStatus& failover);

}  // namespace fairlead::api
