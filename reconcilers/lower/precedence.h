// Precedence: the order in which the matches of all rules at one port are tried (Gateway API).
//
// HTTPRoute: exact path, then the longest prefix, then regular expressions, and the prefix "/" (which every
// match without a path has) last, so that it hides no regular expression; then a method, more headers, more
// query parameters. GRPCRoute: exact before regular expression, the longer service, the longer method, more
// headers. Ties: the older route, then namespace/name, then the order of rules and of their matches. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "crds/base/meta.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers {

struct RankedEntry {
  RouteEntry entry;
  Timestamp created;  // of the route
  NamespacedName route;
  uint32_t rule_in_route = 0;
  uint32_t match_in_rule = 0;
};

void SortByPrecedence(std::vector<RankedEntry>* entries);

}  // namespace fairlead::reconcilers
