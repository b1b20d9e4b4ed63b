// LowerToIstio: what we write for istiod in Istio mode, for a service that istiod's own waypoint serves: a
// VirtualService for timeouts and retries (where it has no routes, see carry.h), and one DestinationRule for
// the retry budget and for failover (failover.h).
//
// Retries that are safe for idempotent methods only become two routes, told apart by method; everything goes
// to the service itself. Objects are owned by the service, labelled as ours, and complete, so that nothing
// defaulted is left out. Pure.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "reconcilers/istio/capabilities.h"
#include "reconcilers/istio/failover.h"
#include "reconcilers/world.h"

namespace fairlead::reconcilers::istiod {

inline constexpr const char* kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr const char* kManagedByValue = "fairlead";
// The name of the cluster whose operator wrote it, where it has one (--cluster-name).
inline constexpr const char* kClusterAnnotation = "fairlead.dev/cluster";

// The cluster whose operator wrote the object, where that is another one than ours and somebody has copied
// it; empty: it is ours, or nobody's of Fairlead. One that is owned by that very Service of ours, by its UID,
// is ours whatever it says: we had another name then.
std::string OtherClusterOf(const Json::Value& object, const std::string& own_cluster,
                           const std::string& service_uid);

// Sorted by kind, namespace and name. Of the last drained state.
std::vector<Json::Value> LowerToIstio(const World& world);

// Of one service, key of a Service or ServiceEntry; empty where nothing is to be written.
std::vector<Json::Value> LowerToIstio(const World& world, const ObjectKey& service);

// Without regard to which waypoint serves it; empty where nothing is to be written.
std::vector<Json::Value> LowerToIstio(const EffectiveService& service,
                                      const std::vector<PortFailover>& failover, const ObjectMeta& meta,
                                      const IstioCapabilities& capabilities);

// The policies in force at the ports, by the order of ports.
std::vector<PortFailover> FailoverAt(const View& view, const EffectiveService& service);

// Whether istiod's own waypoint serves it.
bool IsServedByIstiod(const View& view, const EffectiveService& service);

}  // namespace fairlead::reconcilers::istiod
