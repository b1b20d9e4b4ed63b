// ServicesOf: the services that a policy applies to, as the cluster is now.
//
// Who calls: the operator's ledger, fairleadctl history. Pure. A route stands for the services that it is
// attached to, a Workspace and its settings for all services of its namespaces.
#pragma once

#include <set>

#include "crds/api/policy_change.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// Nothing of an object that cannot be read, or of another kind.
std::set<ObjectKey> ServicesOf(const View& view, const AnyObject& policy);

// Bounded, for a record.
api::PolicyChange::Services NamedServices(const std::set<ObjectKey>& services);
std::string ServiceName(const ObjectKey& service);  // "shop/ratings", "ServiceEntry shop/pay"

}  // namespace fairlead::reconcilers
