// Backends: references of a route rule to services, resolved to destinations or to the reason why not.
//
// A reference that cannot be resolved stays in the rule with its weight: its share of the requests is
// answered 500, as Gateway API asks. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crds/gateway/http_route.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers {

struct Resolved {
  std::optional<Destination> destination;
  Protocol protocol = Protocol::kHttp;
  std::string problem;
};

// Stands for all ReferenceGrants of a namespace among what a service's lowering has read.
inline ObjectKey GrantsOf(const std::string& ns) { return {Kind::kReferenceGrant, ns, ""}; }

// `reads` collects what the answer depends on, whether it exists or not: services, and GrantsOf namespaces.
Resolved Resolve(const View& view, const ObjectKey& route, const gateway::BackendObject& ref,
                 std::set<ObjectKey>* reads);

// A rule's filters and backends in the effective model: mirrors apart, references resolved.
void LowerActions(const View& view, const ObjectKey& route, const std::vector<gateway::HttpFilter>& filters,
                  const std::vector<gateway::HttpBackendRef>& backends, EffectiveRule* rule,
                  std::set<ObjectKey>* reads);

}  // namespace fairlead::reconcilers
