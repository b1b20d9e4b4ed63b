// Foreign: what an object of somebody else's API says that tenancy has to do with.
//
// Who calls: admission, for Gateway API routes, Istio's objects, Services and Namespaces; judge.h decides.
// Read leniently from the object as it is sent: what it reaches (whose hosts, services and waypoints it
// names), how far it carries, and rules of it that nothing would enforce. A value; pure.
//
//   Foreign after = ReadForeign("networking.istio.io", "VirtualService", {"shop", "web"}, object,
//   "cluster.local");
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/key.h"
#include "crds/base/labels.h"
#include "crds/base/meta.h"

namespace fairlead::reconcilers {

inline constexpr char kAddress[] = "Address";  // kind of a Reach: an IP address, or a range of them

// A place at which an object names what may be another's.
struct Reach {
  enum class Way : unsigned char {
    kHost,      // what callers of the host get is changed
    kTarget,    // the route is for it
    kBackend,   // requests are sent to it
    kWaypoint,  // traffic goes through it
  };
  Way way = Way::kHost;
  std::string field;  // "spec.hosts[0]"
  // "Service", "ServiceEntry", "Gateway", "VirtualService", kAddress; empty: only the host is known
  std::string kind;
  std::string ns;    // empty: an address, a host that is no Service's, or one that covers several namespaces
  std::string name;  // of the object, the host or the address; "*": all of the namespace
  friend auto operator<=>(const Reach&, const Reach&) = default;

  // The same but for where it stands.
  bool SameAs(const Reach& other) const {
    return way == other.way && kind == other.kind && ns == other.ns && name == other.name;
  }
};

// A part of an AuthorizationPolicy that nobody enforces.
struct SilentRule {
  std::string field;  // "spec.rules[0]", "spec.action"
  std::string why;
  std::string fix;
  friend auto operator<=>(const SilentRule&, const SilentRule&) = default;
};

// What an AuthorizationPolicy is for by name: the waypoint of the Service or ServiceEntry enforces it.
struct AccessTarget {
  std::string field;  // "spec.targetRefs[0]"
  ObjectKey key;
};

struct Foreign {
  std::string kind;
  NamespacedName name;
  Labels labels;
  std::vector<Reach> reaches;
  bool exported = true;                // hosts: to namespaces that are not named
  std::vector<std::string> export_to;  // else to these
  // Of an AuthorizationPolicy. Where it names no targets, so that it is ztunnel's: what ztunnel leaves out or
  // does not know.
  std::vector<SilentRule> silent;
  std::vector<SilentRule> lapses;  // by which none of it is enforced, as it says itself
  std::vector<AccessTarget> targets;
};

// The annotation by which an AuthorizationPolicy is only tried: what it would refuse is logged, and let in.
inline constexpr std::string_view kDryRun = "istio.io/dry-run";
bool IsDryRun(const JsonNode& object);  // as istiod reads it

// Whether ReadForeign knows the kind.
bool IsForeign(std::string_view group, std::string_view kind);

Foreign ReadForeign(std::string_view group, std::string_view kind, const NamespacedName& name,
                    const JsonNode& object, std::string_view cluster_domain);

}  // namespace fairlead::reconcilers
