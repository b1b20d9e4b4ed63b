// Workspace (ws) and WorkspaceSettings (wss): tenancy.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/api/policy_common.h"
#include "crds/api/tenancy_status.h"
#include "crds/base/duration.h"

namespace fairlead::api {

struct NamespaceSelection {
  std::string cluster = "*";       // a name or a glob
  std::vector<std::string> names;  // names or globs ("shop-*")
  std::optional<LabelSelector> selector;
  friend bool operator==(const NamespaceSelection&, const NamespaceSelection&) = default;
};

enum class Isolation : unsigned char { kOff, kAudit, kEnforced };
enum class WaypointMode : unsigned char { kManual, kAuto };

struct Subject {
  enum class Kind : unsigned char { kUser, kGroup, kServiceAccount };
  Kind kind = Kind::kGroup;
  std::string name;
  std::string ns;  // ServiceAccount only
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

// Bounds of a number ("3") or of a duration ("100ms"), as the field they are for has it.
struct Bound {
  std::optional<std::string> min;
  std::optional<std::string> max;
  friend bool operator==(const Bound&, const Bound&) = default;
};

struct Grant {
  std::vector<std::string> kinds;        // RetryTimeoutPolicy, FailoverPolicy, WorkspaceSettings
  std::vector<std::string> fields;       // "spec.timeouts"; empty: all
  std::optional<LabelSelector> targets;  // absent: any
  std::vector<std::string> namespaces;   // of the workspace; empty: all of them
  std::vector<Scope> scopes;             // wider scopes that may be used
  bool override_mode = false;            // may use mode: Override
  std::map<std::string, Bound> bounds;   // by field path
  friend bool operator==(const Grant&, const Grant&) = default;
};

struct WorkspaceRole {
  std::string name;
  std::vector<Subject> subjects;
  std::vector<Grant> allow;
  friend bool operator==(const WorkspaceRole&, const WorkspaceRole&) = default;
};

// An ingress gateway, by the service account of its pods.
struct IngressGateway {
  std::string ns, service_account;
  friend auto operator<=>(const IngressGateway&, const IngressGateway&) = default;
};

struct Workspace {
  static constexpr fairlead::Kind kKind = fairlead::Kind::kWorkspace;
  ObjectMeta meta;
  std::vector<NamespaceSelection> namespaces;
  Isolation isolation = Isolation::kEnforced;
  std::vector<IngressGateway> ingress;  // may call in
  WaypointMode waypoints = WaypointMode::kManual;
  std::vector<WorkspaceRole> roles;
  std::optional<WorkspaceStatus> status;  // what the API server has, to compare before a write
  friend bool operator==(const Workspace&, const Workspace&) = default;
};

Parsed<Workspace> ParseWorkspace(const JsonNode& object);
Json::Value ToJson(const Workspace& workspace);  // canonical: defaults shown

struct SharedResources {
  std::vector<std::string> workspaces;  // names or globs
  struct Selection {
    std::string kind;  // Service, ServiceEntry, HTTPRoute, …; empty: Service
    std::string name;  // or glob; empty: any
    std::string ns;    // empty: any of the workspace
    std::optional<LabelSelector> selector;
    friend bool operator==(const Selection&, const Selection&) = default;
  };
  std::vector<Selection> resources;  // empty: all services
  friend bool operator==(const SharedResources&, const SharedResources&) = default;
};

// Other clusters whose endpoints are joined with those of the workspace's Services.
struct JoinedClusters {
  enum class Join : unsigned char { kAll, kNone, kListed };
  Join join = Join::kAll;
  std::vector<std::string> names;  // kListed; sorted

  bool Allow(const std::string& cluster) const;
  friend bool operator==(const JoinedClusters&, const JoinedClusters&) = default;
};

struct WorkspaceSettings {
  static constexpr fairlead::Kind kKind = fairlead::Kind::kWorkspaceSettings;
  ObjectMeta meta;
  std::vector<SharedResources> import_from;
  std::vector<SharedResources> export_to;
  struct Defaults {
    std::optional<std::string>
        waypoint;  // Gateway that serves the workspace's services, "namespace/name" or "name"
    std::optional<Duration> request_timeout;
    friend bool operator==(const Defaults&, const Defaults&) = default;
  } defaults;
  JoinedClusters clusters;
  std::optional<WorkspaceSettingsStatus> status;
  friend bool operator==(const WorkspaceSettings&, const WorkspaceSettings&) = default;
};

Parsed<WorkspaceSettings> ParseWorkspaceSettings(const JsonNode& object);
Json::Value ToJson(const WorkspaceSettings& settings);      // canonical: defaults shown
Json::Value SpecToJson(const WorkspaceSettings& settings);  // the value of `spec` in it

}  // namespace fairlead::api
