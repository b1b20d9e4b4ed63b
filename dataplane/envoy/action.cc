#include "dataplane/envoy/action.h"

#include <string>
#include <vector>

#include "dataplane/envoy/filters.h"
#include "dataplane/envoy/path.h"
#include "dataplane/envoy/redirect.h"
#include "dataplane/envoy/retry.h"

namespace fairlead::envoy {
namespace {

using reconcilers::Backend;
using reconcilers::EffectiveRule;
using reconcilers::MirrorTarget;
using reconcilers::Protocol;

// A cluster that never exists: its share of the requests is answered by cluster_not_found_response_code.
constexpr const char* kUnresolved = "unresolved";

struct Share {
  std::optional<ClusterKey> cluster;  // absent: answered 500
  uint32_t weight = 0;
  FilterSet filters;
};

ClusterKey KeyOf(const reconcilers::Destination& destination, Protocol protocol,
                 std::optional<RetryBudget> budget, bool drill = false) {
  return {destination, protocol == Protocol::kHttp2 || protocol == Protocol::kGrpc, budget, drill};
}

// Envoy rewrites paths by route only; a backend that wants it for its share alone cannot be carried out.
bool FitsAShare(const FilterSet& filters) {
  return !filters.unsupported && !filters.redirect && !filters.path && !filters.cors;
}

std::vector<Share> SharesOf(const EffectiveRule& rule, const std::set<ObjectKey>& drills) {
  std::vector<Share> shares;
  for (const Backend& backend : rule.backends) {
    if (backend.weight == 0) continue;
    Share share{std::nullopt, backend.weight, SortFilters(backend.filters)};
    if (backend.destination) {
      const bool drill = backend.drill && drills.contains(backend.drill->policy);
      share.cluster = KeyOf(*backend.destination, backend.protocol, BudgetOf(rule.policy), drill);
    }
    shares.push_back(std::move(share));
  }
  if (shares.size() > 1) {
    for (Share& share : shares) {
      if (!FitsAShare(share.filters)) share.cluster.reset();
    }
  }
  return shares;
}

bool AnyResolved(const std::vector<Share>& shares) {
  for (const Share& share : shares) {
    if (share.cluster) return true;
  }
  return false;
}

void EncodeWeights(const std::vector<Share>& shares, route_v3::RouteAction* action) {
  uint32_t unresolved = 0;
  for (const Share& share : shares) {
    if (!share.cluster) {
      unresolved += share.weight;
      continue;
    }
    auto* to = action->mutable_weighted_clusters()->add_clusters();
    to->set_name(ClusterName(*share.cluster));
    to->mutable_weight()->set_value(share.weight);
    EncodeHeaders(share.filters, to);  // the rule's are among them: Envoy would apply the route's after these
    if (!share.filters.host.empty()) to->set_host_rewrite_literal(share.filters.host);
  }
  if (unresolved == 0) return;
  auto* to = action->mutable_weighted_clusters()->add_clusters();
  to->set_name(kUnresolved);
  to->mutable_weight()->set_value(unresolved);
  action->set_cluster_not_found_response_code(route_v3::RouteAction::INTERNAL_SERVER_ERROR);
}

// A mirror whose target cannot be resolved is left out: the request itself is not its business.
void EncodeMirrors(const std::vector<MirrorTarget>& mirrors, route_v3::RouteAction* action,
                   std::set<ClusterKey>* clusters) {
  for (const MirrorTarget& mirror : mirrors) {
    if (!mirror.destination || mirror.denominator <= 0 || mirror.numerator <= 0) continue;
    const ClusterKey key = KeyOf(*mirror.destination, mirror.protocol, std::nullopt);
    clusters->insert(key);
    auto* to = action->add_request_mirror_policies();
    to->set_cluster(ClusterName(key));
    to->set_disable_shadow_host_suffix_append(true);
    if (mirror.numerator >= mirror.denominator) continue;
    auto* percent = to->mutable_runtime_fraction()->mutable_default_value();
    percent->set_numerator(static_cast<uint32_t>(int64_t{mirror.numerator} * 1'000'000 / mirror.denominator));
    percent->set_denominator(::envoy::type::v3::FractionalPercent::MILLION);
  }
}

void EncodePath(const FilterSet& filters, const gateway::HttpMatch& match, route_v3::RouteAction* action) {
  if (!filters.path) return;
  const PathChange change = ChangeOf(*filters.path, match);
  if (change.kind == PathChange::Kind::kPrefix) {
    action->set_prefix_rewrite(change.value);
  } else {
    action->mutable_regex_rewrite()->mutable_pattern()->set_regex(change.pattern);
    action->mutable_regex_rewrite()->set_substitution(change.value);
  }
}

// Always told, since Envoy would end a request after 15 s on its own.
void EncodeTimeouts(const reconcilers::EffectivePolicy& policy, route_v3::RouteAction* action) {
  Assign(policy.request_timeout ? policy.request_timeout->value : Duration(), action->mutable_timeout());
  if (policy.idle_timeout) Assign(policy.idle_timeout->value, action->mutable_idle_timeout());
}

}  // namespace

void EncodeAction(const EffectiveRule& rule, const reconcilers::EffectiveMatch& match, uint16_t port,
                  const std::set<ObjectKey>& drills, route_v3::Route* route, std::set<ClusterKey>* clusters) {
  std::vector<Share> shares = SharesOf(rule, drills);
  FilterSet filters = SortFilters(rule.filters);
  if (shares.size() == 1) filters = Combine(filters, std::exchange(shares.front().filters, {}));
  for (Share& share : shares) share.filters = Combine(filters, share.filters);

  if (shares.size() <= 1) EncodeHeaders(filters, route);
  if (filters.cors)
    (*route->mutable_typed_per_filter_config())["envoy.filters.http.cors"] = EncodeCors(*filters.cors);
  const bool broken = rule.answers_500 || filters.unsupported;
  if (!broken && filters.redirect) {
    *route->mutable_redirect() = EncodeRedirect(*filters.redirect, match.http, port);
    return;
  }
  if (broken || !AnyResolved(shares)) {
    route->mutable_direct_response()->set_status(500);
    return;
  }

  route_v3::RouteAction* action = route->mutable_route();
  if (shares.size() == 1) {
    action->set_cluster(ClusterName(*shares.front().cluster));
    if (!filters.host.empty()) action->set_host_rewrite_literal(filters.host);
  } else {
    EncodeWeights(shares, action);
  }
  for (const Share& share : shares) {
    if (share.cluster) clusters->insert(*share.cluster);
  }
  EncodeMirrors(rule.mirrors, action, clusters);
  EncodePath(filters, match.http, action);
  EncodeTimeouts(rule.policy, action);
}

}  // namespace fairlead::envoy
