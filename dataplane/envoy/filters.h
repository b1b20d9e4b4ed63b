// The filters of a rule or backend, sorted by what becomes of them in Envoy. Pure.
#pragma once

#include <envoy/config/route/v3/route_components.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "crds/gateway/http_route.h"
#include "dataplane/envoy/proto.h"

namespace fairlead::envoy {

struct FilterSet {
  gateway::HeaderModifier request, response;
  std::optional<gateway::RedirectFilter> redirect;
  std::string host;  // the request's new host; empty: unchanged
  std::optional<gateway::PathRewrite> path;
  std::optional<gateway::CorsFilter> cors;
  bool unsupported = false;  // one of them cannot be carried out: the request must be answered 500
};

// A modifier that sets Host is a rewrite of the host; one that adds or removes it is unsupported.
FilterSet SortFilters(const std::vector<gateway::HttpFilter>& filters);

// What both has: `inner` (of the backend) comes after `outer` (of the rule), so it wins where they differ.
FilterSet Combine(const FilterSet& outer, const FilterSet& inner);

// Header names come lower-case. Target: Route or WeightedCluster::ClusterWeight.
void EncodeHeaders(const FilterSet& filters, route_v3::Route* out);
void EncodeHeaders(const FilterSet& filters, route_v3::WeightedCluster::ClusterWeight* out);

// The per-route configuration of the filter envoy.filters.http.cors.
google::protobuf::Any EncodeCors(const gateway::CorsFilter& cors);

}  // namespace fairlead::envoy
