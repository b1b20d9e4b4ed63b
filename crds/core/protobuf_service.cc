#include <string>

#include "crds/core/protobuf.h"

namespace fairlead::core {
namespace {

constexpr int32_t kMaxPort = 65535;

// Go writes what is not a pointer even where it is empty; the default stands then, as in JSON.
void Defaulted(WireReader& field, std::string* out) {
  if (const std::string_view text = field.String(); !text.empty()) *out = text;
}

void ReadPortNumber(WireReader& port, int32_t min, const Field& at, uint16_t* out) {
  const int32_t number = port.Int32();
  if (number < min || number > kMaxPort) {
    at["port"].Add("must be between " + std::to_string(min) + " and " + std::to_string(kMaxPort) + ", is " +
                   std::to_string(number));
    return;
  }
  *out = static_cast<uint16_t>(number);
}

// k8s.io.apimachinery.pkg.util.intstr.IntOrString: type 0 is a number, 1 a name.
void ReadTargetPort(WireReader value, const Field& at, std::string* out) {
  int64_t type = 0;
  int32_t number = 0;
  std::string_view name;
  while (value.Next()) {
    if (value.field() == 1) type = value.Int64();
    if (value.field() == 2) number = value.Int32();
    if (value.field() == 3) name = value.String();
  }
  if (type == 1) {
    *out = name;
  } else if (number < 0 || number > kMaxPort) {
    at["targetPort"].Add("must be between 0 and " + std::to_string(kMaxPort) + ", is " +
                         std::to_string(number));
  } else if (number != 0) {
    *out = std::to_string(number);
  }
}

// k8s.io.api.core.v1.ServicePort
void ReadPort(WireReader port, const Field& at, ServicePort* out) {
  if (port.Count(3) == 0) at["port"].Add("is required");
  while (port.Next()) {
    switch (port.field()) {
      case 1:
        port.String(&out->name);
        break;
      case 2:
        Defaulted(port, &out->protocol);
        break;
      case 3:
        ReadPortNumber(port, 1, at, &out->port);
        break;
      case 4:
        ReadTargetPort(port.Message(), at, &out->target_port);
        break;
      case 6:
        port.String(&out->app_protocol);
        break;
      default:
        break;
    }
  }
}

// k8s.io.api.core.v1.ServiceSpec
void ReadSpec(WireReader spec, const Field& at, Service* out) {
  std::string_view cluster_ip;
  out->ports.reserve(out->ports.size() + spec.Count(1));
  out->cluster_ips.reserve(out->cluster_ips.size() + spec.Count(18));
  std::vector<Labels::Item> selector(out->selector.begin(), out->selector.end());
  selector.reserve(selector.size() + spec.Count(2));
  while (spec.Next()) {
    switch (spec.field()) {
      case 1:
        out->ports.emplace_back();
        ReadPort(spec.Message(), at["ports"][out->ports.size() - 1], &out->ports.back());
        break;
      case 2:
        ReadStringMap(spec, &selector);
        break;
      case 3:
        cluster_ip = spec.String();
        break;
      case 4:
        Defaulted(spec, &out->type);
        break;
      case 7:
        out->session_affinity = spec.String() == "ClientIP";
        break;
      case 10:
        spec.String(&out->external_name);
        break;
      case 18:
        out->cluster_ips.emplace_back(spec.String());
        break;
      case 22:
        out->internal_traffic_local = spec.String() == "Local";
        break;
      case 23:
        spec.String(&out->traffic_distribution);
        break;
      default:
        break;
    }
  }
  out->selector = Labels(std::move(selector));
  if (out->cluster_ips.empty() && !cluster_ip.empty()) out->cluster_ips.emplace_back(cluster_ip);
}

// k8s.io.api.discovery.v1.EndpointPort
void ReadEndpointPort(WireReader port, const Field& at, EndpointPort* out) {
  while (port.Next()) {
    switch (port.field()) {
      case 1:
        port.String(&out->name);
        break;
      case 2:
        Defaulted(port, &out->protocol);
        break;
      case 3:
        ReadPortNumber(port, 0, at, &out->port);
        break;
      case 4:
        port.String(&out->app_protocol);
        break;
      default:
        break;
    }
  }
}

// k8s.io.api.discovery.v1.EndpointConditions: left out is not false.
void ReadConditions(WireReader conditions, Endpoint* out) {
  bool serving_told = false;
  while (conditions.Next()) {
    if (conditions.field() == 1) out->ready = conditions.Bool();
    if (conditions.field() == 2) {
      out->serving = conditions.Bool();
      serving_told = true;
    }
    if (conditions.field() == 3) out->terminating = conditions.Bool();
  }
  if (!serving_told) out->serving = out->ready;
}

// k8s.io.api.core.v1.ObjectReference
void ReadTarget(WireReader ref, std::string* pod) {
  std::string_view kind, name;
  while (ref.Next()) {
    if (ref.field() == 1) kind = ref.String();
    if (ref.field() == 3) name = ref.String();
  }
  if (kind == "Pod") *pod = name;
}

// k8s.io.api.discovery.v1.Endpoint
void ReadEndpoint(WireReader endpoint, Endpoint* out) {
  out->addresses.reserve(endpoint.Count(1));
  while (endpoint.Next()) {
    switch (endpoint.field()) {
      case 1:
        out->addresses.emplace_back(endpoint.String());
        break;
      case 2:
        ReadConditions(endpoint.Message(), out);
        break;
      case 4:
        ReadTarget(endpoint.Message(), &out->target_pod);
        break;
      case 6:
        endpoint.String(&out->node_name);
        break;
      case 7:
        endpoint.String(&out->zone);
        break;
      default:
        break;
    }
  }
}

}  // namespace

// k8s.io.api.core.v1.Service
void Read(WireReader message, Service* out, FieldErrors* errors) {
  while (message.Next()) {
    if (message.field() == 1) ReadMeta(message.Message(), &out->meta);
    if (message.field() == 2) ReadSpec(message.Message(), errors->Root("spec"), out);
  }
}

// k8s.io.api.discovery.v1.EndpointSlice
void Read(WireReader message, EndpointSlice* out, FieldErrors* errors) {
  out->endpoints.reserve(message.Count(2));
  out->ports.reserve(message.Count(3));
  while (message.Next()) {
    switch (message.field()) {
      case 1:
        ReadMeta(message.Message(), &out->meta);
        break;
      case 2:
        ReadEndpoint(message.Message(), &out->endpoints.emplace_back());
        break;
      case 3:
        out->ports.emplace_back();
        ReadEndpointPort(message.Message(), errors->Root("ports")[out->ports.size() - 1], &out->ports.back());
        break;
      case 4:
        message.String(&out->address_type);
        break;
      default:
        break;
    }
  }
  out->service = out->meta.labels.Get(kServiceNameLabel);
}

}  // namespace fairlead::core
