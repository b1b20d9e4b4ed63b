// Remotes: what is read of other clusters, for the Services that are joined with ours: their endpoints, and
// the FailoverPolicies that are for them there.
//
// World owns one; failover/members.h reads it. A Service is joined with that of the same namespace and name
// in another cluster where both carry the label istio.io/global: "true". Each cluster has tables of its own,
// and of each object only what failover needs: of pods the labels, kept once for all that have the same, of
// nodes their place, of namespaces their network, of policies what they ask. What was known of a cluster when
// an operator ran before may stand in for what is listed, until all of that is there. Not thread-safe; no
// clock.
//
//   const auto touched = remotes.Apply("west", slice);   // Services whose members may be others now
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/meta.h"
#include "reconcilers/store/multi_index.h"
#include "reconcilers/store/tables.h"

namespace fairlead::reconcilers {

inline constexpr std::string_view kGlobalLabel = "istio.io/global";

// Whether the Service is offered to, and joined with, those of other clusters.
bool IsGlobal(const core::Service& service);

enum class RemoteState : unsigned char {
  kConnecting,  // not all that is read there was listed yet: none of it counts
  kFresh,
  kStale,    // cannot be reached; what was last known of it counts
  kExpired,  // stale for too long: its endpoints count as not healthy
};
std::string_view ToString(RemoteState state);  // "connecting"

struct RemoteStatus {
  RemoteState state = RemoteState::kConnecting;
  Timestamp since;     // the state
  std::string reason;  // of kStale and kExpired, and while it cannot connect; else empty
  // Why its FailoverPolicies are not read; empty: they are, or it cannot connect. No matter of the state.
  std::string policies = {};
  // What counts is what an operator before this one has kept: not all was listed since.
  bool kept = false;
  friend bool operator==(const RemoteStatus&, const RemoteStatus&) = default;
};

struct RemoteCluster {
  RemoteStatus status;
  // Services, EndpointSlices; Pods (without name), Nodes, Namespaces: labels that are read; FailoverPolicies
  Tables tables;
  MultiIndex<NamespacedName, NamespacedName> slices_of;  // Service -> EndpointSlices
  std::set<Kind> listed;
};

class Remotes {
 public:
  using Touched = std::set<NamespacedName>;

  // Kinds that are read of other clusters; objects of others are ignored.
  static bool IsRead(Kind kind);

  // A cluster is known from the first of these on, and connecting until SetStatus says else.
  Touched Apply(const std::string& cluster, const AnyObject& object);
  Touched Remove(const std::string& cluster, const ObjectKey& key);
  Touched Replace(const std::string& cluster, Kind kind, const std::vector<AnyObject>& objects);
  Touched SetStatus(const std::string& cluster, const RemoteStatus& status);
  // What was kept of it, in place of what is known: counts by its status. What the others bring is put aside
  // until a status says that it is not `kept`; then it takes that place, whole.
  Touched Keep(const std::string& cluster, const std::vector<AnyObject>& objects);
  Touched Forget(const std::string& cluster);

  const std::map<std::string, RemoteCluster>& clusters() const { return clusters_; }

 private:
  struct ByLabels {
    bool operator()(const Ptr<core::Pod>& a, const Ptr<core::Pod>& b) const {
      return a->meta.labels < b->meta.labels;
    }
  };

  RemoteCluster* Into(const std::string& cluster);  // where what is read goes
  void Put(RemoteCluster* cluster, const AnyObject& object, Touched* touched);
  void Erase(RemoteCluster* cluster, const ObjectKey& key, Touched* touched);
  AnyObject Trimmed(const AnyObject& object);
  AnyObject Shared(const core::Pod& pod);

  std::map<std::string, RemoteCluster> clusters_;
  std::map<std::string, RemoteCluster> aside_;  // connecting; of those that have kept objects in clusters_
  std::set<Ptr<core::Pod>, ByLabels> pods_;     // one for all that have the same labels, in whatever cluster
  size_t sweep_at_ = 64;                        // when those of no pod are looked for
};

}  // namespace fairlead::reconcilers
