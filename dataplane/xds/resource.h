// Resource: one xDS resource, serialized once and shared by every stream that sends it.
//
// Made by the encoders (dataplane/envoy/), kept by the Catalog, sent by the server: a head that is made anew
// (name, version, type), and the message as a slice that is never copied. Immutable; shared across threads as
// std::shared_ptr<const Resource>.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crds/api/failover_policy.h"
#include "crds/base/key.h"
#include "crds/base/labels.h"
#include "crds/base/meta.h"
#include "crds/base/text.h"
#include "dataplane/xds/message.h"

namespace fairlead::xds {

// In the order in which a change is sent (make before break); removals go the other way round.
enum class Type : unsigned char { kCluster, kEndpoints, kListener, kScopedRoute, kRoute, kRuntime };
inline constexpr size_t kTypeCount = static_cast<size_t>(Type::kRuntime) + 1;
std::string_view TypeUrl(Type type);  // "type.googleapis.com/envoy.config.cluster.v3.Cluster"
bool TypeFromUrl(std::string_view url, Type* out);
std::string_view ToString(Type type);  // "Cluster"

struct ResourceName {
  Type type = Type::kCluster;
  Text name;                     // shared by the books of the planner and the shelf of each audience
  std::string ToString() const;  // "Cluster shop/ratings|9080"
  friend auto operator<=>(const ResourceName&, const ResourceName&) = default;
  friend bool operator==(const ResourceName&, const ResourceName&) = default;
};

// An object that had a say in the resource, at which generation: so that an acknowledgement can speak for it.
struct Source {
  ObjectKey object;
  int64_t generation = 0;
  friend auto operator<=>(const Source&, const Source&) = default;
  friend bool operator==(const Source&, const Source&) = default;
};

// What a resource may depend on beside its audience: where the proxy runs, and labels of its workload. What
// is not known is empty.
struct Place {
  api::Locality locality;
  Labels labels;
  friend auto operator<=>(const Place&, const Place&) = default;
  friend bool operator==(const Place&, const Place&) = default;
};

// The message as a proxy at the place is to have it. Called under the Catalog's lock: pure, and quick.
using MessageAt = std::function<std::string(const Place& place)>;

struct Resource {
  Resource(ResourceName name, std::string_view message, std::vector<ResourceName> needs,
           std::vector<Source> sources, std::optional<Timestamp> until = std::nullopt);

  ResourceName name;
  uint64_t hash = 0;  // of the message and `until`
  Message message;    // of the type, without Any

  // Must be acknowledged by the proxy before this is sent. RDS: its clusters and their endpoints. Others:
  // none: a proxy subscribes to endpoints, scopes and routes only after it got the cluster or listener that
  // names them, and acknowledges a cluster only after it got its endpoints, so the other direction would
  // never end. A name that the audience does not have is no obstacle.
  std::vector<ResourceName> needs;
  std::vector<Source> sources;  // sorted. Not part of the version
  // Null: the same everywhere. Else `message` is for proxies whose place is not known.
  std::shared_ptr<const MessageAt> at_place;
  // A proxy drops it by itself then, whoever is there to say so: it is sent with what is left of its time
  // (xDS TTL). Who published it takes it away at that time, which tells proxies nothing new.
  std::optional<Timestamp> until;

  std::string version() const;  // equal content has an equal version, also after a restart
  // Field `resources` (2) of DeltaDiscoveryResponse: tag, length, envoy Resource message. All of it is Head,
  // then the message. `now` counts where `until` is set; a time that is over leaves a millisecond.
  std::string Head(Timestamp now = {}) const;
  std::string Wire(Timestamp now = {}) const { return Head(now).append(message.Get().bytes); }
  size_t wire_size() const;  // without the time that is left
};
using ResourcePtr = std::shared_ptr<const Resource>;

// Endpoints have the name of their cluster where that is possible: when a cluster changes, a proxy warms it
// up anew and waits for its endpoints, so those are sent again behind it.

ResourcePtr MakeResource(ResourceName name, std::string_view message, std::vector<ResourceName> needs,
                         std::vector<Source> sources);
// One that differs by place.
ResourcePtr MakeResource(ResourceName name, std::shared_ptr<const MessageAt> at_place,
                         std::vector<ResourceName> needs, std::vector<Source> sources);
// One that ends.
ResourcePtr MakeEndingResource(ResourceName name, std::string_view message, std::vector<Source> sources,
                               Timestamp until);
// As a proxy at the place is to have it; itself where that is all the same.
ResourcePtr AtPlace(const ResourcePtr& resource, const Place& place);

}  // namespace fairlead::xds
