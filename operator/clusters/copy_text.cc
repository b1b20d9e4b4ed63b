#include "operator/clusters/copy_text.h"

#include <string_view>

#include "crds/base/json_text.h"
#include "crds/base/json_write.h"

namespace fairlead::clusters {
namespace {

// The members of one object: commas where they belong, empty texts left out.
class Members {
 public:
  explicit Members(std::string* out) : out_(out) { out_->push_back('{'); }
  ~Members() { out_->push_back('}'); }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  // The caller appends the value.
  void Key(std::string_view key) {
    if (!first_) out_->push_back(',');
    first_ = false;
    AppendJsonString(key, out_);
    out_->push_back(':');
  }
  void Text(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    Key(key);
    AppendJsonString(text, out_);
  }
  void Number(std::string_view key, uint16_t number) {
    Key(key);
    *out_ += std::to_string(number);
  }
  void Bool(std::string_view key, bool value) {
    Key(key);
    *out_ += value ? "true" : "false";
  }

 private:
  std::string* const out_;
  bool first_ = true;
};

template <class C, class F>
void AppendList(const C& items, std::string* out, F&& append) {
  out->push_back('[');
  bool first = true;
  for (const auto& item : items) {
    if (!first) out->push_back(',');
    first = false;
    append(item);
  }
  out->push_back(']');
}

void AppendMeta(const NamespacedName& name, const Labels& labels, Members* object, std::string* out) {
  object->Key("metadata");
  Members meta(out);
  meta.Text("name", name.name);
  meta.Text("namespace", name.ns);
  if (labels.empty()) return;
  meta.Key("labels");
  Members all(out);
  for (const auto& [key, value] : labels) {
    all.Key(key);
    AppendJsonString(value, out);
  }
}

// What ports of Services and of slices have in common. One of a slice may have no number.
template <class Port>
void AppendPort(const Port& port, Members* entry) {
  entry->Text("name", port.name);
  if (port.port != 0) entry->Number("port", port.port);
  entry->Text("protocol", port.protocol);
  entry->Text("appProtocol", port.app_protocol);
}

void Append(const core::Service& service, std::string* out) {
  Members object(out);
  AppendMeta(service.meta.nn(), service.meta.labels, &object, out);
  object.Key("spec");
  Members spec(out);
  spec.Text("type", service.type);
  if (!service.cluster_ips.empty()) spec.Text("clusterIP", service.cluster_ips.front());
  spec.Key("ports");
  AppendList(service.ports, out, [&](const core::ServicePort& port) {
    Members entry(out);
    AppendPort(port, &entry);
    entry.Text("targetPort", port.target_port);
  });
}

void Append(const core::Endpoint& endpoint, std::string* out) {
  Members object(out);
  object.Key("addresses");
  AppendList(endpoint.addresses, out, [&](const std::string& address) { AppendJsonString(address, out); });
  if (!endpoint.ready || !endpoint.serving || endpoint.terminating) {
    object.Key("conditions");
    Members conditions(out);
    conditions.Bool("ready", endpoint.ready);
    conditions.Bool("serving", endpoint.serving);
    conditions.Bool("terminating", endpoint.terminating);
  }
  object.Text("nodeName", endpoint.node_name);
  object.Text("zone", endpoint.zone);
  if (endpoint.target_pod.empty()) return;
  object.Key("targetRef");
  Members ref(out);
  ref.Text("kind", "Pod");
  ref.Text("name", endpoint.target_pod);
}

void Append(const core::EndpointSlice& slice, std::string* out) {
  Members object(out);
  AppendMeta(slice.meta.nn(), {{std::string(core::kServiceNameLabel), slice.service}}, &object, out);
  object.Text("addressType", slice.address_type);
  object.Key("ports");
  AppendList(slice.ports, out, [&](const core::EndpointPort& port) {
    Members entry(out);
    AppendPort(port, &entry);
  });
  object.Key("endpoints");
  AppendList(slice.endpoints, out, [&](const core::Endpoint& endpoint) { Append(endpoint, out); });
}

void AppendLabels(const NamespacedName& name, const Labels& labels, std::string* out) {
  Members object(out);
  AppendMeta(name, labels, &object, out);
}

std::string PluralOf(Kind kind) { return std::string(InfoOf(kind).plural); }

}  // namespace

void AppendObjects(const reconcilers::Known& known, std::string* out) {
  Members kinds(out);
  kinds.Key(PluralOf(Kind::kService));
  AppendList(known.services, out, [&](const auto& service) { Append(*service, out); });
  kinds.Key(PluralOf(Kind::kEndpointSlice));
  AppendList(known.slices, out, [&](const auto& slice) { Append(*slice, out); });
  kinds.Key(PluralOf(Kind::kPod));
  AppendList(known.pods, out,
             [&](const auto& pod) { AppendLabels(pod.first, pod.second->meta.labels, out); });
  kinds.Key(PluralOf(Kind::kNode));
  AppendList(known.nodes, out,
             [&](const auto& node) { AppendLabels(node->meta.nn(), node->meta.labels, out); });
  kinds.Key(PluralOf(Kind::kNamespace));
  AppendList(known.namespaces, out,
             [&](const auto& ns) { AppendLabels(ns->meta.nn(), ns->meta.labels, out); });
  kinds.Key(PluralOf(Kind::kFailoverPolicy));
  AppendList(known.policies, out, [&](const auto& policy) { *out += WriteJson(api::ToJson(*policy)); });
}

}  // namespace fairlead::clusters
