#include "crds/core/protobuf.h"

namespace fairlead::core {
namespace {

// k8s.io.api.core.v1.PodCondition and NodeCondition: type 1, status 2 in both.
void ReadReady(WireReader condition, bool* ready) {
  std::string_view type, status;
  while (condition.Next()) {
    if (condition.field() == 1) type = condition.Bytes();
    if (condition.field() == 2) status = condition.Bytes();
  }
  if (type == "Ready") *ready = status == "True";
}

// k8s.io.api.core.v1.PodSpec
void ReadPodSpec(WireReader spec, Pod* out) {
  while (spec.Next()) {
    switch (spec.field()) {
      case 8:
        spec.String(&out->service_account);
        break;
      case 10:
        spec.String(&out->node_name);
        break;
      case 11:
        out->host_network = spec.Bool();
        break;
      default:
        break;
    }
  }
}

// k8s.io.api.core.v1.PodIP
void ReadPodIp(WireReader ip, std::string* out) {
  while (ip.Next()) {
    if (ip.field() == 1) ip.String(out);
  }
}

// k8s.io.api.core.v1.PodStatus
void ReadPodStatus(WireReader status, Pod* out) {
  std::string_view ip;
  out->ips.reserve(out->ips.size() + status.Count(12));
  while (status.Next()) {
    switch (status.field()) {
      case 1:
        status.String(&out->phase);
        break;
      case 2:
        ReadReady(status.Message(), &out->ready);
        break;
      case 6:
        ip = status.String();
        break;
      case 12:
        ReadPodIp(status.Message(), &out->ips.emplace_back());
        break;
      default:
        break;
    }
  }
  if (out->ips.empty() && !ip.empty()) out->ips.emplace_back(ip);
}

// k8s.io.api.core.v1.NodeAddress
void ReadNodeAddress(WireReader address, Node* out) {
  std::string_view type, value;
  while (address.Next()) {
    if (address.field() == 1) type = address.Bytes();
    if (address.field() == 2) value = address.String();
  }
  if (type == "InternalIP") out->internal_ips.emplace_back(value);
}

// k8s.io.api.core.v1.NodeStatus
void ReadNodeStatus(WireReader status, Node* out) {
  while (status.Next()) {
    if (status.field() == 4) ReadReady(status.Message(), &out->ready);
    if (status.field() == 5) ReadNodeAddress(status.Message(), out);
  }
}

}  // namespace

// k8s.io.api.core.v1.Pod
void Read(WireReader message, Pod* out, FieldErrors*) {
  while (message.Next()) {
    if (message.field() == 1) ReadMeta(message.Message(), &out->meta);
    if (message.field() == 2) ReadPodSpec(message.Message(), out);
    if (message.field() == 3) ReadPodStatus(message.Message(), out);
  }
}

// k8s.io.api.core.v1.Node, NodeSpec
void Read(WireReader message, Node* out, FieldErrors*) {
  while (message.Next()) {
    if (message.field() == 1) ReadMeta(message.Message(), &out->meta);
    if (message.field() == 2) {
      WireReader spec = message.Message();
      while (spec.Next()) {
        if (spec.field() == 4) out->unschedulable = spec.Bool();
      }
    }
    if (message.field() == 3) ReadNodeStatus(message.Message(), out);
  }
}

// k8s.io.api.core.v1.Namespace
void Read(WireReader message, Namespace* out, FieldErrors*) {
  while (message.Next()) {
    if (message.field() == 1) ReadMeta(message.Message(), &out->meta);
  }
}

}  // namespace fairlead::core
