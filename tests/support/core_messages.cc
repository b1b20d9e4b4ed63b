#include "tests/support/core_messages.h"

#include "tests/support/wire_writer.h"

namespace fairlead::testing {
namespace {

constexpr char kMetaJson[] = R"("metadata": {
    "name": "ratings", "generateName": "rat", "namespace": "shop", "uid": "6a1c2f7e-0000-4000-8000-00000000000a",
    "resourceVersion": "812", "generation": 7, "creationTimestamp": "2026-11-21T04:05:06Z",
    "labels": {"app": "ratings", "kubernetes.io/service-name": "ratings", "tier": "wéb"},
    "annotations": {"istio.io/use-waypoint": "waypoint", "kubectl.kubernetes.io/last-applied-configuration": "{}",
                    "networking.istio.io/traffic-distribution": "PreferClose", "fairlead.dev/note": "n"},
    "ownerReferences": [
      {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u-1", "controller": true,
       "blockOwnerDeletion": true},
      {"apiVersion": "v1", "kind": "ConfigMap", "name": "cm", "uid": "u-2"}],
    "finalizers": ["x/y"], "managedFields": [{"manager": "kubectl", "operation": "Apply"},
      {"manager": "fairlead/waypoints", "operation": "Apply", "fieldsType": "FieldsV1",
       "fieldsV1": {"f:metadata": {"f:labels": {"f:istio.io/use-waypoint": {}}}}}]})";

void WriteMeta(WireWriter& meta) {
  meta.String(1, "ratings").String(2, "rat").String(3, "shop").String(4, "");
  meta.String(5, "6a1c2f7e-0000-4000-8000-00000000000a").String(6, "812").Varint(7, 7);
  meta.Message(8, [](WireWriter& t) { t.Varint(1, 1795233906).Varint(2, 0); });
  meta.Entry(11, "app", "ratings")
      .Entry(11, "kubernetes.io/service-name", "ratings")
      .Entry(11, "tier", "wéb");
  meta.Entry(12, "fairlead.dev/note", "n").Entry(12, "istio.io/use-waypoint", "waypoint");
  meta.Entry(12, "kubectl.kubernetes.io/last-applied-configuration", "{}");
  meta.Entry(12, "networking.istio.io/traffic-distribution", "PreferClose");
  meta.Message(13, [](WireWriter& o) {
    o.String(1, "ReplicaSet").String(3, "rs").String(4, "u-1").String(5, "apps/v1").Varint(6, 1).Varint(7, 1);
  });
  meta.Message(
      13, [](WireWriter& o) { o.String(1, "ConfigMap").String(3, "cm").String(4, "u-2").String(5, "v1"); });
  meta.String(14, "x/y");
  meta.Message(17, [](WireWriter& m) { m.String(1, "kubectl").String(2, "Apply"); });
  meta.Message(17, [](WireWriter& m) {
    m.String(1, "fairlead/waypoints").String(2, "Apply").String(6, "FieldsV1");
    m.Message(7, [](WireWriter& fields) {
      fields.String(1, R"({"f:metadata":{"f:labels":{"f:istio.io/use-waypoint":{}}}})");
    });
  });
}

CoreMessage FullService() {
  WireWriter w;
  w.Message(1, WriteMeta);
  w.Message(2, [](WireWriter& spec) {
    spec.Message(1, [](WireWriter& p) {
      p.String(1, "http").String(2, "TCP").Varint(3, 80);
      p.Message(4, [](WireWriter& t) { t.Varint(1, 0).Varint(2, 8080).String(3, ""); });
      p.Varint(5, 30080).String(6, "kubernetes.io/h2c");
    });
    spec.Message(1, [](WireWriter& p) {
      p.String(1, "dns").String(2, "UDP").Varint(3, 53);
      p.Message(4, [](WireWriter& t) { t.Varint(1, 1).Varint(2, 0).String(3, "dns-port"); });
    });
    spec.Entry(2, "app", "ratings").String(3, "10.0.0.7").String(4, "NodePort").String(7, "ClientIP");
    spec.String(10, "ratings.example.com").String(17, "PreferDualStack");
    spec.String(18, "10.0.0.7").String(18, "fd00::7").String(22, "Local").String(23, "PreferSameZone");
  });
  w.Message(3, [](WireWriter& status) { status.Message(1, [](WireWriter&) {}); });
  return {Kind::kService, "every field", std::string("{") + kMetaJson + R"(, "spec": {
    "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080, "nodePort": 30080,
               "appProtocol": "kubernetes.io/h2c"},
              {"name": "dns", "protocol": "UDP", "port": 53, "targetPort": "dns-port"}],
    "selector": {"app": "ratings"}, "clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7", "fd00::7"],
    "type": "NodePort", "sessionAffinity": "ClientIP", "externalName": "ratings.example.com",
    "ipFamilyPolicy": "PreferDualStack", "internalTrafficPolicy": "Local",
    "trafficDistribution": "PreferSameZone"}, "status": {"loadBalancer": {}}})",
          w.bytes()};
}

CoreMessage HeadlessService() {
  WireWriter w;
  w.Message(1, [](WireWriter& meta) { meta.String(1, "db").String(3, "shop"); });
  w.Message(2, [](WireWriter& spec) {
    spec.Message(1, [](WireWriter& p) {
      p.String(1, "").String(2, "").Varint(3, 5432).Message(
          4, [](WireWriter& t) { t.Varint(1, 0).Varint(2, 0).String(3, ""); });
    });
    spec.String(3, "None").String(4, "").String(7, "None").String(10, "");
  });
  return {Kind::kService, "headless, little said",
          R"({"metadata": {"name": "db", "namespace": "shop"}, "spec": {
    "ports": [{"port": 5432, "targetPort": 0}], "clusterIP": "None", "sessionAffinity": "None"}})",
          w.bytes()};
}

CoreMessage FullEndpointSlice() {
  WireWriter w;
  w.Message(1, WriteMeta);
  w.Message(2, [](WireWriter& e) {
    e.String(1, "10.1.0.3").String(1, "10.1.0.4");
    e.Message(2, [](WireWriter& c) { c.Varint(1, 0).Varint(2, 1).Varint(3, 1); });
    e.String(3, "ratings-0");
    e.Message(
        4, [](WireWriter& r) { r.String(1, "Pod").String(2, "shop").String(3, "ratings-0").String(4, "u"); });
    e.String(6, "node-a").String(7, "us-east-1a");
    e.Message(8, [](WireWriter& h) { h.Message(1, [](WireWriter& z) { z.String(1, "us-east-1a"); }); });
  });
  w.Message(2, [](WireWriter& e) {
    e.String(1, "10.1.0.5").Message(2, [](WireWriter&) {});
    e.Message(4, [](WireWriter& r) { r.String(1, "VirtualMachine").String(3, "vm"); });
  });
  w.Message(2,
            [](WireWriter& e) { e.String(1, "10.1.0.6").Message(2, [](WireWriter& c) { c.Varint(1, 0); }); });
  w.Message(3, [](WireWriter& p) { p.String(1, "http").String(2, "TCP").Varint(3, 8080).String(4, "http"); });
  w.Message(3, [](WireWriter& p) { p.String(1, "all"); });
  w.String(4, "IPv4");
  return {Kind::kEndpointSlice, "every field", std::string("{") + kMetaJson + R"(, "addressType": "IPv4",
    "endpoints": [
      {"addresses": ["10.1.0.3", "10.1.0.4"], "conditions": {"ready": false, "serving": true, "terminating": true},
       "hostname": "ratings-0", "nodeName": "node-a", "zone": "us-east-1a",
       "targetRef": {"kind": "Pod", "namespace": "shop", "name": "ratings-0", "uid": "u"},
       "hints": {"forZones": [{"name": "us-east-1a"}]}},
      {"addresses": ["10.1.0.5"], "conditions": {}, "targetRef": {"kind": "VirtualMachine", "name": "vm"}},
      {"addresses": ["10.1.0.6"], "conditions": {"ready": false}}],
    "ports": [{"name": "http", "protocol": "TCP", "port": 8080, "appProtocol": "http"}, {"name": "all", "port": null}]})",
          w.bytes()};
}

CoreMessage FullPod() {
  WireWriter w;
  w.Message(1, [](WireWriter& meta) {
    WriteMeta(meta);
    meta.Message(9, [](WireWriter& t) { t.Varint(1, 1795233999); });
  });
  w.Message(2, [](WireWriter& spec) {
    spec.Message(2, [](WireWriter& container) { container.String(1, "app").String(2, "image:1"); });
    spec.String(3, "Always")
        .String(8, "ratings-sa")
        .String(9, "ratings-sa")
        .String(10, "node-a")
        .Varint(11, 1);
  });
  w.Message(3, [](WireWriter& status) {
    status.String(1, "Running");
    status.Message(2, [](WireWriter& c) { c.String(1, "PodScheduled").String(2, "False"); });
    status.Message(2, [](WireWriter& c) { c.String(1, "Ready").String(2, "True"); });
    status.String(5, "192.168.0.1").String(6, "10.1.0.3");
    status.Message(12, [](WireWriter& ip) { ip.String(1, "10.1.0.3"); });
    status.Message(12, [](WireWriter& ip) { ip.String(1, "fd00::3"); });
  });
  std::string json = std::string("{") + kMetaJson + R"(, "spec": {
    "containers": [{"name": "app", "image": "image:1"}], "restartPolicy": "Always",
    "serviceAccountName": "ratings-sa", "serviceAccount": "ratings-sa", "nodeName": "node-a", "hostNetwork": true},
    "status": {"phase": "Running", "conditions": [{"type": "PodScheduled", "status": "False"},
      {"type": "Ready", "status": "True"}], "hostIP": "192.168.0.1", "podIP": "10.1.0.3",
      "podIPs": [{"ip": "10.1.0.3"}, {"ip": "fd00::3"}]}})";
  json.replace(json.find("\"labels\""), 0, R"("deletionTimestamp": "2026-11-21T04:06:39Z", )");
  return {Kind::kPod, "every field", json, w.bytes()};
}

CoreMessage PendingPod() {
  WireWriter w;
  w.Message(1,
            [](WireWriter& meta) { meta.String(1, "p").String(3, "shop").Message(8, [](WireWriter&) {}); });
  w.Message(2, [](WireWriter& spec) { spec.String(8, "").String(10, "").Varint(11, 0); });
  w.Message(3, [](WireWriter& status) {
    status.String(1, "Pending").String(6, "10.9.9.9");
    status.Message(2, [](WireWriter& c) { c.String(1, "Ready").String(2, "Unknown"); });
  });
  return {Kind::kPod, "not ready, one address",
          R"({"metadata": {"name": "p", "namespace": "shop", "creationTimestamp": null}, "spec": {},
    "status": {"phase": "Pending", "podIP": "10.9.9.9", "conditions": [{"type": "Ready", "status": "Unknown"}]}})",
          w.bytes()};
}

CoreMessage FullNode() {
  WireWriter w;
  w.Message(1, [](WireWriter& meta) {
    meta.String(1, "node-a").Entry(11, "topology.kubernetes.io/region", "us-east");
    meta.Entry(11, "topology.kubernetes.io/zone", "us-east-1a");
  });
  w.Message(2, [](WireWriter& spec) { spec.String(1, "10.1.0.0/24").String(3, "aws://x").Varint(4, 1); });
  w.Message(3, [](WireWriter& status) {
    status.Message(4, [](WireWriter& c) { c.String(1, "MemoryPressure").String(2, "False"); });
    status.Message(4, [](WireWriter& c) { c.String(1, "Ready").String(2, "True"); });
    status.Message(5, [](WireWriter& a) { a.String(1, "Hostname").String(2, "node-a"); });
    status.Message(5, [](WireWriter& a) { a.String(1, "InternalIP").String(2, "192.168.0.1"); });
    status.Message(5, [](WireWriter& a) { a.String(1, "InternalIP").String(2, "fd01::1"); });
  });
  return {Kind::kNode, "every field", R"({"metadata": {"name": "node-a", "labels": {
      "topology.kubernetes.io/region": "us-east", "topology.kubernetes.io/zone": "us-east-1a"}},
    "spec": {"podCIDR": "10.1.0.0/24", "providerID": "aws://x", "unschedulable": true},
    "status": {"conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "True"}],
      "addresses": [{"type": "Hostname", "address": "node-a"}, {"type": "InternalIP", "address": "192.168.0.1"},
                    {"type": "InternalIP", "address": "fd01::1"}]}})",
          w.bytes()};
}

CoreMessage FullNamespace() {
  WireWriter w;
  w.Message(1,
            [](WireWriter& meta) { meta.String(1, "shop").Entry(11, "istio.io/dataplane-mode", "ambient"); });
  w.Message(2, [](WireWriter& spec) { spec.String(1, "kubernetes"); });
  w.Message(3, [](WireWriter& status) { status.String(1, "Active"); });
  return {Kind::kNamespace, "every field", R"({"metadata": {"name": "shop", "labels": {
      "istio.io/dataplane-mode": "ambient"}}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})",
          w.bytes()};
}

}  // namespace

const std::vector<CoreMessage>& CoreMessages() {
  static const std::vector<CoreMessage> messages = {FullService(),  HeadlessService(), FullEndpointSlice(),
                                                    FullPod(),      PendingPod(),      FullNode(),
                                                    FullNamespace()};
  return messages;
}

std::string JsonList(Kind kind) {
  std::string items;
  for (const CoreMessage& message : CoreMessages()) {
    if (message.kind != kind) continue;
    if (!items.empty()) items += ",";
    items += message.json;
  }
  return "{\"kind\":\"" + std::string(ToString(kind)) +
         "List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"900\",\"continue\":\"more\","
         "\"remainingItemCount\":41},\"items\":[" +
         items + "]}";
}

std::string ProtobufList(Kind kind) {
  WireWriter list;
  list.Message(1,
               [](WireWriter& meta) { meta.String(1, "").String(2, "900").String(3, "more").Varint(4, 41); });
  for (const CoreMessage& message : CoreMessages()) {
    if (message.kind == kind) list.String(2, message.protobuf);
  }
  return Envelope("v1", std::string(ToString(kind)) + "List", list.bytes());
}

}  // namespace fairlead::testing
