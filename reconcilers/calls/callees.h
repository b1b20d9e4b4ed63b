// Who calls whom, as far as objects say: a Service by the annotation fairlead.dev/calls, a Gateway by its
// HTTPRoutes.
//
// World keeps what is found here as an index (View::callers_of). Pure.
#pragma once

#include <string>
#include <vector>

#include "crds/base/meta.h"
#include "crds/gateway/http_route.h"

namespace fairlead::reconcilers {

// "inventory, payments/charge": names of Services, in the caller's namespace where they give none.
inline constexpr char kCalls[] = "fairlead.dev/calls";

// Sorted, each once; at most 64. What is no name is passed over.
std::vector<ObjectKey> CalleesOf(const ObjectMeta& service);
// Those words of it that are no names, as they are written; at most 8.
std::vector<std::string> NotCallees(const ObjectMeta& service);
// The backends of a route of an ordinary Gateway, by the rules that retry; none for a route of Services.
std::vector<ObjectKey> CalleesOf(const gateway::HTTPRoute& route);

}  // namespace fairlead::reconcilers
