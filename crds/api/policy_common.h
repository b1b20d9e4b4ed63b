// What RetryTimeoutPolicy and FailoverPolicy share: targets, scope, mode, and the status of a policy
// (GEP-713).
#pragma once

#include <json/value.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/api/failover_status.h"
#include "crds/base/json.h"
#include "crds/base/key.h"
#include "crds/base/labels.h"
#include "crds/base/meta.h"

namespace fairlead::api {

inline constexpr std::string_view kGroup = "fairlead.dev";
inline constexpr std::string_view kVersion = "v1alpha1";

// Where selectors look. Workspace: the namespaces of the policy's workspace. Mesh: every namespace.
enum class Scope : unsigned char { kNamespace, kWorkspace, kMesh };
// Default: the more specific may change it. Override: it may not.
enum class Mode : unsigned char { kDefault, kOverride };
std::string_view ToString(Scope scope);
std::string_view ToString(Mode mode);

// An object in the policy's own namespace.
struct TargetRef {
  Kind kind = Kind::kService;  // HTTPRoute, GRPCRoute, Service or ServiceEntry
  std::string name;
  std::optional<std::string>
      section_name;  // HTTPRoute, GRPCRoute: the rule's name. Service, ServiceEntry: the port's name
  friend auto operator<=>(const TargetRef&, const TargetRef&) = default;
};

struct TargetSelector {
  Kind kind = Kind::kService;
  LabelSelector selector;  // empty: all of the kind in the scope
  friend bool operator==(const TargetSelector&, const TargetSelector&) = default;
};

struct PolicyTargets {
  std::vector<TargetRef> refs;            // at most 16
  std::vector<TargetSelector> selectors;  // at most 16
  Scope scope = Scope::kNamespace;
  Mode mode = Mode::kDefault;
  friend bool operator==(const PolicyTargets&, const PolicyTargets&) = default;
};

// How far the proxies are, for one policy: see law 4. Names are bounded (kMaxNamed), counts are exact.
struct ProxyCounts {
  static constexpr size_t kMaxNamed = 8;
  int needed = 0;                    // proxies that need the object
  int programmed = 0;                // of these, those that acknowledged this generation
  std::vector<std::string> lagging;  // "shop/waypoint (shop-waypoint-7d4f)": connected, not yet acknowledged
  std::vector<std::string> disconnected;  // known, not connected
  std::vector<std::string> rejected;      // NACKed, with the proxy's text
  int drilling = 0;  // of the programmed ones: those that took a drill; not part of a status by itself
  friend bool operator==(const ProxyCounts&, const ProxyCounts&) = default;
};

// One target of a policy and what came of it there. The list is bounded (kMaxTargets); counts in the
// conditions are exact.
struct TargetStatus {
  Kind kind = Kind::kService;
  std::string ns;
  std::string name;
  std::string section_name;
  std::string
      state;  // "Effective" | "PartlyOverridden" | "Overridden" | "NoWaypoint" | "NotFound" | "NotCarried"
  std::string message;  // the loser's fields and the winner's name, or what is missing
  friend auto operator<=>(const TargetStatus&, const TargetStatus&) = default;
};

struct PolicyStatus {
  static constexpr size_t kMaxTargets = 16;
  int64_t observed_generation = 0;
  std::vector<Condition> conditions;  // Accepted, Programmed
  std::vector<TargetStatus> targets;  // sorted
  ProxyCounts proxies;
  std::string waypoints;    // "2/2" for the printer column; empty before anything needs it
  FailoverStatus failover;  // empty but for a FailoverPolicy
  friend bool operator==(const PolicyStatus&, const PolicyStatus&) = default;
};

// Lenient: only Fairlead writes there, and what it cannot read it writes anew.
PolicyStatus ParsePolicyStatus(const JsonNode& status);
Json::Value ToJson(const PolicyStatus& status);          // the value of `status`
Json::Value WithoutSources(const PolicyStatus& status);  // the same without those of failover

}  // namespace fairlead::api
