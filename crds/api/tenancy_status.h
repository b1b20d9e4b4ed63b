// The statuses of Workspace and WorkspaceSettings, and ObjectStatus: that of any kind whose status Fairlead
// writes.
//
// Who calls: reconcilers make them, the leader compares them with what the API server has and writes what
// differs. Lists are bounded as the schema says; counts are exact. Values; equality leaves out times.
#pragma once

#include <json/value.h>

#include <string>
#include <variant>
#include <vector>

#include "crds/api/policy_common.h"

namespace fairlead::api {

struct WorkspaceStatus {
  static constexpr size_t kMaxNamespaces = 256, kMaxConflicts = 8;
  int64_t observed_generation = 0;
  std::vector<Condition> conditions;    // Accepted, and Written where objects are written for it
  std::vector<std::string> namespaces;  // "cluster/name", sorted
  int namespace_count = 0;
  std::vector<std::string> conflicts;  // "shop-web: of the older Workspace early"
  friend bool operator==(const WorkspaceStatus&, const WorkspaceStatus&) = default;
};

struct WorkspaceSettingsStatus {
  static constexpr size_t kMaxMissing = 16;
  int64_t observed_generation = 0;
  std::vector<Condition> conditions;  // Accepted
  std::string workspace;
  int imported = 0, exported = 0;    // resources
  std::vector<std::string> missing;  // what the other side has not agreed to
  friend bool operator==(const WorkspaceSettingsStatus&, const WorkspaceSettingsStatus&) = default;
};

// Lenient, as ParsePolicyStatus.
WorkspaceStatus ParseWorkspaceStatus(const JsonNode& status);
WorkspaceSettingsStatus ParseWorkspaceSettingsStatus(const JsonNode& status);
Json::Value ToJson(const WorkspaceStatus& status);
Json::Value ToJson(const WorkspaceSettingsStatus& status);

using ObjectStatus = std::variant<PolicyStatus, WorkspaceStatus, WorkspaceSettingsStatus>;
// Of a kind that has one; others: a PolicyStatus.
ObjectStatus ParseObjectStatus(Kind kind, const JsonNode& status);
Json::Value ToJson(const ObjectStatus& status);
std::vector<Condition>& ConditionsOf(ObjectStatus& status);
const std::vector<Condition>& ConditionsOf(const ObjectStatus& status);

}  // namespace fairlead::api
