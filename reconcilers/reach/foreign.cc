#include "reconcilers/reach/foreign.h"

#include <algorithm>
#include <array>

#include "reconcilers/reach/read.h"

namespace fairlead::reconcilers {
namespace {

constexpr std::string_view kUseWaypoint = "istio.io/use-waypoint";
constexpr std::string_view kUseWaypointNamespace = "istio.io/use-waypoint-namespace";

struct Reader {
  std::string_view group, kind;
  void (*read)(const ReadContext&, const JsonNode& object, Foreign* out);
};

// Their labels name waypoints; there is nothing else to read.
void ReadNothing(const ReadContext&, const JsonNode&, Foreign*) {}

constexpr std::string_view kGatewayApi = "gateway.networking.k8s.io";
constexpr std::array kReaders = {
    Reader{"", "Namespace", ReadNothing},
    Reader{"", "Service", ReadNothing},
    Reader{kGatewayApi, "HTTPRoute", ReadRoute},
    Reader{kGatewayApi, "GRPCRoute", ReadRoute},
    Reader{kGatewayApi, "TCPRoute", ReadRoute},
    Reader{kGatewayApi, "TLSRoute", ReadRoute},
    Reader{kNetworking, "VirtualService", ReadVirtualService},
    Reader{kNetworking, "DestinationRule", ReadDestinationRule},
    Reader{kNetworking, "ServiceEntry", ReadServiceEntry},
    Reader{kNetworking, "WorkloadEntry", ReadWorkloadEntry},
    Reader{"security.istio.io", "AuthorizationPolicy", ReadAuthorizationPolicy},
};

const Reader* Find(std::string_view group, std::string_view kind) {
  const auto at = std::find_if(kReaders.begin(), kReaders.end(),
                               [&](const Reader& r) { return r.group == group && r.kind == kind; });
  return at == kReaders.end() ? nullptr : &*at;
}

Labels LabelsOf(const JsonNode& object) {
  Labels out;
  const auto labels = object.FindPath({"metadata", "labels"});
  if (!labels) return out;
  for (auto [key, value] : labels->Members()) {
    const JsonNode node = value;
    if (node.IsString()) out.Set(std::string(key), std::string(node.AsString()));
  }
  return out;
}

// A namespace's own labels name waypoints of the namespace itself.
void ReadWaypoint(const std::string& own_ns, Foreign* out) {
  const std::string waypoint(out->labels.Get(kUseWaypoint)), ns(out->labels.Get(kUseWaypointNamespace));
  if (waypoint.empty() || waypoint == "none") return;
  out->reaches.push_back({Reach::Way::kWaypoint, "metadata.labels[" + std::string(kUseWaypoint) + "]",
                          "Gateway", ns.empty() ? own_ns : ns, waypoint});
}

}  // namespace

bool IsForeign(std::string_view group, std::string_view kind) { return Find(group, kind) != nullptr; }

Foreign ReadForeign(std::string_view group, std::string_view kind, const NamespacedName& name,
                    const JsonNode& object, std::string_view cluster_domain) {
  Foreign out;
  out.kind = std::string(kind);
  out.name = name;
  const Reader* reader = Find(group, kind);
  if (reader == nullptr) return out;
  out.labels = LabelsOf(object);
  ReadWaypoint(kind == "Namespace" ? name.name : name.ns, &out);
  reader->read({name.ns, cluster_domain}, object, &out);
  return out;
}

}  // namespace fairlead::reconcilers
