// The readers of foreign.cc, a function a kind; see foreign.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/reach/foreign.h"

namespace fairlead::reconcilers {

// The API group of Istio's routing objects.
inline constexpr std::string_view kNetworking = "networking.istio.io";

struct ReadContext {
  const std::string& ns;
  std::string_view cluster_domain;
};

// What a host of an Istio object means: the Service of a short or full name, all of a namespace, or a host as
// such.
Reach HostReach(const ReadContext& context, Reach::Way way, std::string field, std::string_view host);

void ReadRoute(const ReadContext& context, const JsonNode& object, Foreign* out);
void ReadVirtualService(const ReadContext& context, const JsonNode& object, Foreign* out);
void ReadDestinationRule(const ReadContext& context, const JsonNode& object, Foreign* out);
void ReadServiceEntry(const ReadContext& context, const JsonNode& object, Foreign* out);
void ReadWorkloadEntry(const ReadContext& context, const JsonNode& object, Foreign* out);
void ReadAuthorizationPolicy(const ReadContext& context, const JsonNode& object, Foreign* out);

// f("spec.rules[0]", node) for each item.
template <class F>
void EachItem(const std::optional<JsonNode>& list, const std::string& field, F f) {
  if (!list) return;
  size_t i = 0;
  for (const JsonNode item : list->Items()) f(field + "[" + std::to_string(i++) + "]", item);
}

}  // namespace fairlead::reconcilers
