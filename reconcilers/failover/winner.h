// WinnerAt: which FailoverPolicy is in force at a service port.
//
// The winner is in force as a whole, since its steps, weights and health make one statement; a
// RetryTimeoutPolicy is merged field by field instead. The order is GEP-713's, that of candidates.h. Who
// calls: the lowering of endpoints, statuses, rehearsal, lint. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/policy/candidates.h"

namespace fairlead::reconcilers::failover {

// Of those that stand at a service; null: none is for the port.
Ptr<api::FailoverPolicy> BestOf(const std::vector<FailoverAttachments::Attachment>& attachments,
                                const std::string& port_name);

// Null: none is for the port.
Ptr<api::FailoverPolicy> WinnerAt(const View& view, const ObjectKey& service, const std::string& port_name);

// Who stands before a policy that is placed so, at a port.
struct Rival {
  Ptr<api::FailoverPolicy> policy;
  LossReason reason;
};
// nullopt: the policy wins there, or would. One without a time of creation is the youngest.
std::optional<Rival> RivalAt(const View& view, const api::FailoverPolicy& policy, const Placement& placement,
                             const std::string& port_name);

// All that are for the port, the one in force first; `reason`: why it won over the others.
struct Stand {
  FailoverAttachments::Attachment at;
  LossReason reason = LossReason::kOverride;
};
std::vector<Stand> StandingAt(const View& view, const ObjectKey& service, const std::string& port_name);

// Services and ServiceEntries that are there and have a policy. Sorted.
std::vector<ObjectKey> ServicesWithPolicy(const View& view);

}  // namespace fairlead::reconcilers::failover
