// Rights: may this caller make this change, by the roles of the workspace that it is made in?
//
// Who calls: admission, fairleadctl can-i. Pure: everything that it depends on is in its arguments. A change
// is judged on the difference of old and new object and on the targets of both: for each field that it
// touches and each target, one grant of the caller's must have the field, the namespace, the target, the
// scope, the mode and the value within its bounds. Where a workspace has roles, what nobody grants nobody may
// do; but whoever administers the cluster may, with a reason in the annotation fairlead.dev/break-glass. A
// workspace without roles leaves it to Kubernetes' RBAC.
//
//   Ruling ruling = Judge(workspace, {"alice", {"shop-devs"}}, change);
//   if (!ruling.allowed) Deny(ruling.message);
#pragma once

#include <json/value.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crds/api/workspace.h"

namespace fairlead::reconcilers {

inline constexpr char kBreakGlass[] = "fairlead.dev/break-glass";
inline constexpr char kGlassBroken[] = "break-glass";   // the rule of a Ruling
inline constexpr char kOwner[] = "fairlead.dev/owner";  // of a Workspace: whom a denial sends people to

// As the API server authenticated it.
struct Caller {
  std::string user;
  std::vector<std::string> groups;
  bool administrator = false;  // of the cluster
};

// The reason in what stands in the annotation kBreakGlass: without white space at its ends, so that blanks
// are none.
std::string ReasonIn(std::string_view annotation);

// The groups that Kubernetes and kubeadm give to whoever may do everything; a cluster may have others.
std::vector<std::string> AdministratorGroups();

// Whether one of the caller's groups is among those of administrators.
bool IsAdministrator(const std::vector<std::string>& groups, const std::vector<std::string>& administrators);

// Whether it is Kubernetes that deletes what its owner, or its namespace, has left: such a deletion is not
// judged.
bool IsCollector(const std::string& user);
// Their names.
const std::vector<std::string>& Collectors();

// What a policy applies to: an object by name, with its labels; or whatever a selector finds, now and later.
struct RightsTarget {
  std::string name;  // "Service shop/ratings", "services in shop that match tier=web"
  std::variant<Labels, LabelSelector> what;
  bool found = true;  // of an object by name: false where it does not exist, so that its labels are not known
};

struct PolicyChange {
  Kind kind = Kind::kRetryTimeoutPolicy;
  std::string ns, name;
  Json::Value before, after;          // canonical, spec alone; null: there is none (create, delete)
  std::vector<RightsTarget> targets;  // of both, each once; none for WorkspaceSettings
  std::string reason;                 // the break-glass annotation of the object, the new one if there is one
};

struct Ruling {
  bool allowed = false;
  std::string rule;  // "role/developers", "break-glass", "no-roles", "nothing-changed", "no-grant"
  std::string
      message;  // why not, which role comes nearest, whom to ask; or the reason given for breaking the glass
};

Ruling Judge(const api::Workspace& workspace, const Caller& caller, const PolicyChange& change);

// True where the subject is the caller: a user, one of its groups, or a service account.
bool IsSubject(const api::Subject& subject, const Caller& caller);

// True where whatever `narrow` matches, `wide` matches too, whichever objects there are.
bool Implies(const LabelSelector& narrow, const LabelSelector& wide);

}  // namespace fairlead::reconcilers
