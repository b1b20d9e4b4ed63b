// Agreement: whether the FailoverPolicies of other clusters ask the same for a Service that is joined.
//
// Each cluster's operator carries out the policies of its own API server, so a Service that is in several
// clusters has one in each, and where they differ an outage goes another way than the one that was rehearsed.
// Which policy is in force there is worked out as here: of its own namespace, of scope Workspace, and of
// scope Mesh. Workspaces of other clusters are not read: a namespace there is taken to be of the workspace
// that it is of here. A policy that is only here or only there is no difference. Who calls: World, for
// statuses. Pure.
//
//   std::optional<Condition> differs = AgreementOf(view, policy, targets);   // Consistent=False
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "crds/api/failover_policy.h"
#include "reconcilers/failover/report.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers::failover {

// The first field, sorted by name, in which the values differ; empty: none. Paths as users write them:
// "spec.localities[0].steps[1].to".
struct FieldDifference {
  std::string path, here, there;  // values where both are plain
};
std::optional<FieldDifference> FirstDifference(const std::string& path, const Json::Value& here,
                                               const Json::Value& there);

// In force at the Service in the other cluster; null: none that is known.
Ptr<api::FailoverPolicy> WinnerThere(const View& view, const RemoteCluster& cluster,
                                     const core::Service& service, const std::string& port_name);

// Nullopt: no difference is known. The time is not set.
std::optional<Condition> AgreementOf(const View& view, const api::FailoverPolicy& policy,
                                     const std::vector<Target>& targets);

}  // namespace fairlead::reconcilers::failover
