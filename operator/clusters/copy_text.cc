#include "operator/clusters/copy_text.h"

#include <string_view>

#include "crds/base/json_object.h"
#include "crds/base/json_write.h"

namespace fairlead::clusters {
namespace {

void AppendMeta(const NamespacedName& name, const Labels& labels, JsonObject* object, std::string* out) {
  object->Key("metadata");
  JsonObject meta(out);
  meta.TextIfAny("name", name.name);
  meta.TextIfAny("namespace", name.ns);
  if (labels.empty()) return;
  meta.Key("labels");
  JsonObject all(out);
  for (const auto& [key, value] : labels) {
    all.Key(key);
    AppendJsonString(value, out);
  }
}

// What ports of Services and of slices have in common. One of a slice may have no number.
template <class Port>
void AppendPort(const Port& port, JsonObject* entry) {
  entry->TextIfAny("name", port.name);
  entry->NumberIfAny("port", port.port);
  entry->TextIfAny("protocol", port.protocol);
  entry->TextIfAny("appProtocol", port.app_protocol);
}

void Append(const core::Service& service, std::string* out) {
  JsonObject object(out);
  AppendMeta(service.meta.nn(), service.meta.labels, &object, out);
  object.Key("spec");
  JsonObject spec(out);
  spec.TextIfAny("type", service.type);
  if (!service.cluster_ips.empty()) spec.TextIfAny("clusterIP", service.cluster_ips.front());
  spec.Key("ports");
  AppendJsonList(service.ports, out, [&](const core::ServicePort& port) {
    JsonObject entry(out);
    AppendPort(port, &entry);
    entry.TextIfAny("targetPort", port.target_port);
  });
}

void Append(const core::Endpoint& endpoint, std::string* out) {
  JsonObject object(out);
  object.Key("addresses");
  AppendJsonList(endpoint.addresses, out,
                 [&](const std::string& address) { AppendJsonString(address, out); });
  if (!endpoint.ready || !endpoint.serving || endpoint.terminating) {
    object.Key("conditions");
    JsonObject conditions(out);
    conditions.Bool("ready", endpoint.ready);
    conditions.Bool("serving", endpoint.serving);
    conditions.Bool("terminating", endpoint.terminating);
  }
  object.TextIfAny("nodeName", endpoint.node_name);
  object.TextIfAny("zone", endpoint.zone);
  if (endpoint.target_pod.empty()) return;
  object.Key("targetRef");
  JsonObject ref(out);
  ref.TextIfAny("kind", "Pod");
  ref.TextIfAny("name", endpoint.target_pod);
}

void Append(const core::EndpointSlice& slice, std::string* out) {
  JsonObject object(out);
  AppendMeta(slice.meta.nn(), {{std::string(core::kServiceNameLabel), slice.service}}, &object, out);
  object.TextIfAny("addressType", slice.address_type);
  object.Key("ports");
  AppendJsonList(slice.ports, out, [&](const core::EndpointPort& port) {
    JsonObject entry(out);
    AppendPort(port, &entry);
  });
  object.Key("endpoints");
  AppendJsonList(slice.endpoints, out, [&](const core::Endpoint& endpoint) { Append(endpoint, out); });
}

void AppendLabels(const NamespacedName& name, const Labels& labels, std::string* out) {
  JsonObject object(out);
  AppendMeta(name, labels, &object, out);
}

std::string PluralOf(Kind kind) { return std::string(InfoOf(kind).plural); }

}  // namespace

void AppendObjects(const reconcilers::Known& known, std::string* out) {
  JsonObject kinds(out);
  kinds.Key(PluralOf(Kind::kService));
  AppendJsonList(known.services, out, [&](const auto& service) { Append(*service, out); });
  kinds.Key(PluralOf(Kind::kEndpointSlice));
  AppendJsonList(known.slices, out, [&](const auto& slice) { Append(*slice, out); });
  kinds.Key(PluralOf(Kind::kPod));
  AppendJsonList(known.pods, out,
                 [&](const auto& pod) { AppendLabels(pod.first, pod.second->meta.labels, out); });
  kinds.Key(PluralOf(Kind::kNode));
  AppendJsonList(known.nodes, out,
                 [&](const auto& node) { AppendLabels(node->meta.nn(), node->meta.labels, out); });
  kinds.Key(PluralOf(Kind::kNamespace));
  AppendJsonList(known.namespaces, out,
                 [&](const auto& ns) { AppendLabels(ns->meta.nn(), ns->meta.labels, out); });
  kinds.Key(PluralOf(Kind::kFailoverPolicy));
  AppendJsonList(known.policies, out, [&](const auto& policy) { *out += WriteJson(api::ToJson(*policy)); });
}

}  // namespace fairlead::clusters
