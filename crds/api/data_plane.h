// DataPlane (dp): which ztunnel, istio-cni and waypoints run, and how a change of them is rolled out.
#pragma once

#include <json/value.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/base/duration.h"
#include "crds/base/json.h"
#include "crds/base/key.h"
#include "crds/base/meta.h"

namespace fairlead::api {

enum class DataPlaneMode : unsigned char { kBuiltIn, kIstio };
enum class DrainMode : unsigned char { kNone, kWait, kEvict };
enum class FailureAction : unsigned char { kRollback, kPause };

struct ResourceAmounts {
  std::map<std::string, std::string> requests;  // Kubernetes quantities
  std::map<std::string, std::string> limits;
  friend bool operator==(const ResourceAmounts&, const ResourceAmounts&) = default;
};

struct Component {
  std::string image;  // empty: the default of `version`
  ResourceAmounts resources;
  std::map<std::string, std::string> settings;  // environment of the component
  friend bool operator==(const Component&, const Component&) = default;
};

struct Wave {
  std::optional<int> nodes;    // one of nodes and percent
  std::optional<int> percent;  // 1..100, never falling from wave to wave
  Duration soak;
  friend bool operator==(const Wave&, const Wave&) = default;
};

struct Gate {
  std::string metric;  // ConnectionFailures | Resets | Denied | NotReady
  std::string max;     // a number or a percentage
  Duration window = Duration::Seconds(60);
  friend bool operator==(const Gate&, const Gate&) = default;
};

struct Rollout {
  std::vector<Wave> waves;  // empty: one wave of 100 percent
  DrainMode drain = DrainMode::kWait;
  Duration drain_timeout = Duration::Seconds(300);
  std::vector<Gate> gates;
  FailureAction on_failure = FailureAction::kRollback;
  friend bool operator==(const Rollout&, const Rollout&) = default;
};

struct DataPlane {
  static constexpr Kind kKind = Kind::kDataPlane;
  ObjectMeta meta;
  DataPlaneMode mode = DataPlaneMode::kBuiltIn;
  std::string version;
  Component ztunnel;
  Component cni;
  Component waypoint;
  Rollout rollout;
  friend bool operator==(const DataPlane&, const DataPlane&) = default;
};

Parsed<DataPlane> ParseDataPlane(const JsonNode& object);
Json::Value ToJson(const DataPlane& plane);  // canonical: defaults shown

}  // namespace fairlead::api
