// Known: what counts of another cluster, and no more, so that it can be kept for a later start.
//
// Who calls: whoever keeps it, in a read of the World, so it is quick: objects are shared, none is copied.
// Services that are global or lead into a network; slices of the global ones, and the pods that these name;
// nodes; namespaces that say a network; FailoverPolicies. Remotes::Keep of their parsed texts gives the same
// members. Sorted. Pure.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "reconcilers/store/remotes.h"

namespace fairlead::reconcilers {

struct Known {
  std::vector<Ptr<core::Service>> services;
  std::vector<Ptr<core::EndpointSlice>> slices;
  std::vector<std::pair<NamespacedName, Ptr<core::Pod>>> pods;  // which have no name of their own
  std::vector<Ptr<core::Node>> nodes;
  std::vector<Ptr<core::Namespace>> namespaces;
  std::vector<Ptr<api::FailoverPolicy>> policies;
};

// nullopt: nothing that is worth to be kept is known: not all was listed yet, or it is a kept copy itself.
std::optional<Known> KnownOf(const Remotes& remotes, const std::string& cluster);

}  // namespace fairlead::reconcilers
