// TenancyReport: what became of the objects that a workspace lowers to; the writing loop tells World.
//
// Who calls: the loop makes one after each pass over a workspace, the workspace's status reads it. A value.
#pragma once

#include <string>
#include <vector>

namespace fairlead::reconcilers {

struct TenancyReport {
  int objects = 0;  // that are in the cluster as they should be
  std::vector<std::string>
      waiting;  // kinds that are not installed: "AuthorizationPolicy (security.istio.io/v1)"
  std::vector<std::string> problems;  // what was refused, or stands in the way; sorted, bounded
  friend bool operator==(const TenancyReport&, const TenancyReport&) = default;
};

}  // namespace fairlead::reconcilers
