// Update: one atomic change of what the proxies are to have. From the planner (dataplane/envoy/planner.h) to
// the Catalog.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/base/key.h"
#include "dataplane/xds/resource.h"

namespace fairlead::xds {

// Proxies of one audience get the same resources. An audience is a waypoint: its Gateway's namespace/name.
using Audience = NamespacedName;

struct AudienceChange {
  bool gone = false;  // the audience is no longer: its proxies keep what they have, nothing is sent
  std::vector<ResourcePtr> changed;  // new to the audience, or with other content
  std::vector<ResourceName> removed;
  // Of the audience's pods, by name; not set: as before.
  std::optional<std::map<std::string, Place>> places;
};

struct Update {
  std::map<Audience, AudienceChange> audiences;
  bool empty() const { return audiences.empty(); }
};

}  // namespace fairlead::xds
