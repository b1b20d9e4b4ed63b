// StatusPatch: the merge patch (RFC 7386) that makes the status of an object what it is to be.
//
// Who calls: the leader's status loop. Pure; the text of the value of `status`.
#pragma once

#include <optional>
#include <string>

#include "crds/api/tenancy_status.h"

namespace fairlead::app {

// `live`: what the API server has; nullopt: no status yet. Members that are alike in both are left out, and
// so are the sources of failover where only their times differ.
std::string StatusPatch(const std::optional<api::ObjectStatus>& live, const api::ObjectStatus& desired);

}  // namespace fairlead::app
