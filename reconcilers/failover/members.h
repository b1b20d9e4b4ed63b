// MembersOf: the endpoints of a service port as failover sees them, and the places that are known at all.
//
// Not as EffectiveEndpoints, which has the ready ones only: an endpoint that is not ready counts as failed,
// so it is there and not healthy; one that terminates does not count, unless nothing else serves. Those of
// the Service of that name in other clusters are among them where both are global (store/remotes.h). Who
// calls: rehearsal, lint. Pure.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "reconcilers/failover/steps.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers::failover {

// Of labels only the one that says the network is much cheaper where nobody reads the others.
enum class MemberLabels : unsigned char { kAll, kNetwork };

// What steps of the policy are told from.
MemberLabels LabelsFor(const api::FailoverPolicy& policy);

// Sorted; no address and port twice. Empty: no such port, or no endpoints. With kAll those of our own cluster
// have the label of its network, too, as those of others always do.
std::vector<Member> MembersOf(const View& view, const Destination& port,
                              MemberLabels keep = MemberLabels::kAll);

// The networks of endpoints in other clusters that are not ours: cluster -> networks. They are not healthy,
// unless whoever carries the requests goes through gateways.
std::map<std::string, std::set<std::string>> NetworksApart(const View& view, std::span<const Member> members);

// Whether requests for the service go through the gateways of other networks: waypoints of istiod do.
bool GoesThroughGateways(const View& view, const ObjectKey& service);

// The workspace whose settings keep the cluster from being joined for Services of the namespace; empty: none
// does.
std::string ExcludedBy(const View& view, const std::string& ns, const std::string& cluster);

// Of nodes, and of endpoints of Services. Sorted; a place of which neither region nor zone is known is left
// out.
std::set<api::Locality> KnownPlaces(const View& view);
// Where callers can be: those of nodes; where no node is known, KnownPlaces; else one that is not known.
std::set<api::Locality> CallerPlaces(const View& view);

// The place without the name of our own cluster, for people to read.
api::Locality AsSeenHere(const View& view, api::Locality place);

}  // namespace fairlead::reconcilers::failover
