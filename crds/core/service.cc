#include "crds/core/service.h"

#include "crds/base/read.h"

namespace fairlead::core {
namespace {

// intstr.IntOrString: a number or a name. 0 is what Go writes where nothing was said.
void ReadTargetPort(const Reader& port, std::string* out) {
  const std::optional<JsonNode> node = port.node().Find("targetPort");
  if (!node || node->IsNull()) return;
  if (node->IsString()) {
    out->assign(node->AsString());
    return;
  }
  int64_t number;
  if (port.Int("targetPort", 0, 65535, &number) && number != 0) *out = std::to_string(number);
}

void ReadPort(const Reader& port, ServicePort* out) {
  port.String("name", &out->name);
  if (!port.Has("port")) port.Add("port", "is required");
  port.Port("port", &out->port);
  port.String("protocol", &out->protocol);
  port.String("appProtocol", &out->app_protocol);
  ReadTargetPort(port, &out->target_port);
}

void ReadEndpointPort(const Reader& port, EndpointPort* out) {
  port.String("name", &out->name);
  port.Int("port", 0, 65535, &out->port);
  port.String("protocol", &out->protocol);
  port.String("appProtocol", &out->app_protocol);
}

void ReadEndpoint(const Reader& endpoint, Endpoint* out) {
  endpoint.Strings("addresses", &out->addresses);
  endpoint.Object("conditions", [out](const Reader& conditions) {
    conditions.Bool("ready", &out->ready);
    out->serving = out->ready;
    conditions.Bool("serving", &out->serving);
    conditions.Bool("terminating", &out->terminating);
  });
  endpoint.String("nodeName", &out->node_name);
  endpoint.String("zone", &out->zone);
  endpoint.Object("targetRef", [out](const Reader& ref) {
    if (ref.node().StringAt("kind") == "Pod") ref.String("name", &out->target_pod);
  });
}

}  // namespace

Parsed<Service> ParseService(const JsonNode& object) {
  return ParseForeign<Service>(object, [](const Reader& root, Service* out) {
    root.Object("spec", [out](const Reader& spec) {
      spec.String("type", &out->type);
      spec.Strings("clusterIPs", &out->cluster_ips);
      std::string ip;
      spec.String("clusterIP", &ip);
      if (out->cluster_ips.empty() && !ip.empty()) out->cluster_ips.push_back(std::move(ip));
      spec.List("ports", &out->ports, ReadPort);
      spec.StringMap("selector", &out->selector);
      spec.String("externalName", &out->external_name);
      spec.String("trafficDistribution", &out->traffic_distribution);
      out->internal_traffic_local = spec.node().StringAt("internalTrafficPolicy") == "Local";
      out->session_affinity = spec.node().StringAt("sessionAffinity") == "ClientIP";
    });
  });
}

Parsed<EndpointSlice> ParseEndpointSlice(const JsonNode& object) {
  return ParseForeign<EndpointSlice>(object, [](const Reader& root, EndpointSlice* out) {
    out->service = out->meta.labels.Get(kServiceNameLabel);
    root.String("addressType", &out->address_type);
    root.List("ports", &out->ports, ReadEndpointPort);
    root.List("endpoints", &out->endpoints, ReadEndpoint);
  });
}

}  // namespace fairlead::core
