// The values of the core kinds, from JSON and from protobuf at once: both must give the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/parse.h"
#include "crds/object/any_object.h"
#include "tests/support/core_messages.h"

namespace fairlead::core {
namespace {

using ::testing::ElementsAre;

template <class T>
std::vector<T> ParseAll() {
  std::vector<T> out;
  for (const testing::CoreMessage& message : testing::CoreMessages()) {
    if (message.kind != T::kKind) continue;
    const Result<JsonDocument> doc = JsonDocument::Parse(message.json);
    EXPECT_TRUE(doc) << doc.error().message << message.json;
    const AnyObject json = ParseObject(T::kKind, doc->root()).object;
    const Result<AnyObject> protobuf = ParseCoreProtobuf(T::kKind, message.protobuf);
    EXPECT_TRUE(protobuf) << protobuf.error().message;
    EXPECT_FALSE(IsInvalid(json)) << message.name;
    EXPECT_FALSE(IsInvalid(*protobuf)) << message.name;
    EXPECT_TRUE(*std::get<Ptr<T>>(json) == *std::get<Ptr<T>>(*protobuf)) << message.name;
    out.push_back(*std::get<Ptr<T>>(*protobuf));
  }
  return out;
}

void ExpectFullMeta(const ObjectMeta& meta) {
  EXPECT_EQ(meta.name, "ratings");
  EXPECT_EQ(meta.ns, "shop");
  EXPECT_EQ(meta.uid, "6a1c2f7e-0000-4000-8000-00000000000a");
  EXPECT_EQ(meta.resource_version, "812");
  EXPECT_EQ(meta.generation, 7);
  EXPECT_EQ(meta.created.ToString(), "2026-11-21T04:05:06Z");
  EXPECT_EQ(meta.labels,
            (Labels{{"app", "ratings"}, {"kubernetes.io/service-name", "ratings"}, {"tier", "wéb"}}));
  EXPECT_EQ(meta.annotations, (Labels{{"fairlead.dev/note", "n"},
                                      {"istio.io/use-waypoint", "waypoint"},
                                      {"networking.istio.io/traffic-distribution", "PreferClose"}}));
  EXPECT_THAT(meta.owners, ElementsAre(OwnerReference{"apps/v1", "ReplicaSet", "rs", "u-1", true},
                                       OwnerReference{"v1", "ConfigMap", "cm", "u-2", false}));
  EXPECT_EQ(meta.own_fields, OwnFields::kUseWaypoint);
}

TEST(Core, OwnFieldsAreThoseThatWeApplied) {
  const auto of = [](const std::string& entry) {
    const Result<JsonDocument> doc = JsonDocument::Parse(
        R"({"metadata": {"name": "a", "namespace": "b", "managedFields": [)" + entry + "]}}");
    return ParseMeta(doc->root()).own_fields;
  };
  const std::string label = R"("fieldsV1": {"f:metadata": {"f:labels": {"f:istio.io/use-waypoint": {}}}}})";
  const std::string other =
      R"("fieldsV1": {"f:metadata": {"f:labels": {"f:istio.io/use-waypoint-namespace": {}}}}})";
  const std::string us = R"({"manager": "fairlead/waypoints", "operation": "Apply", )";
  EXPECT_EQ(of(""), OwnFields::kNone);
  EXPECT_EQ(of(us + label), OwnFields::kUseWaypoint);
  EXPECT_EQ(of(us + other), OwnFields::kOther);
  EXPECT_EQ(of(R"({"manager": "team", "operation": "Apply", )" + label), OwnFields::kNone);
  EXPECT_EQ(of(R"({"manager": "fairlead/waypoints", "operation": "Update", )" + label), OwnFields::kNone);
}

TEST(Core, Service) {
  const std::vector<Service> services = ParseAll<Service>();
  ASSERT_EQ(services.size(), 2u);
  const Service& full = services[0];
  ExpectFullMeta(full.meta);
  EXPECT_FALSE(full.meta.deleting);
  EXPECT_EQ(full.type, "NodePort");
  EXPECT_THAT(full.cluster_ips, ElementsAre("10.0.0.7", "fd00::7"));
  EXPECT_FALSE(full.headless());
  EXPECT_THAT(full.ports, ElementsAre(ServicePort{"http", 80, "TCP", "kubernetes.io/h2c", "8080"},
                                      ServicePort{"dns", 53, "UDP", "", "dns-port"}));
  EXPECT_EQ(full.selector, (Labels{{"app", "ratings"}}));
  EXPECT_EQ(full.external_name, "ratings.example.com");
  EXPECT_EQ(full.traffic_distribution, "PreferSameZone");
  EXPECT_TRUE(full.internal_traffic_local);
  EXPECT_TRUE(full.session_affinity);

  const Service& headless = services[1];
  EXPECT_TRUE(headless.headless());
  EXPECT_EQ(headless.type, "ClusterIP");
  EXPECT_THAT(headless.ports, ElementsAre(ServicePort{"", 5432, "TCP", "", ""}));
  EXPECT_FALSE(headless.session_affinity);
  EXPECT_FALSE(headless.internal_traffic_local);
}

TEST(Core, EndpointSlice) {
  const std::vector<EndpointSlice> slices = ParseAll<EndpointSlice>();
  ASSERT_EQ(slices.size(), 1u);
  const EndpointSlice& slice = slices[0];
  ExpectFullMeta(slice.meta);
  EXPECT_EQ(slice.service, "ratings");
  EXPECT_EQ(slice.address_type, "IPv4");
  EXPECT_THAT(slice.ports,
              ElementsAre(EndpointPort{"http", 8080, "TCP", "http"}, EndpointPort{"all", 0, "TCP", ""}));
  EXPECT_THAT(
      slice.endpoints,
      ElementsAre(Endpoint{{"10.1.0.3", "10.1.0.4"}, false, true, true, "node-a", "us-east-1a", "ratings-0"},
                  Endpoint{{"10.1.0.5"}, true, true, false, "", "", ""},      // nothing said: ready
                  Endpoint{{"10.1.0.6"}, false, false, false, "", "", ""}));  // serving follows ready
}

TEST(Core, Pod) {
  const std::vector<Pod> pods = ParseAll<Pod>();
  ASSERT_EQ(pods.size(), 2u);
  ExpectFullMeta(pods[0].meta);
  EXPECT_TRUE(pods[0].meta.deleting);
  EXPECT_EQ(pods[0].service_account, "ratings-sa");
  EXPECT_EQ(pods[0].node_name, "node-a");
  EXPECT_TRUE(pods[0].host_network);
  EXPECT_EQ(pods[0].phase, "Running");
  EXPECT_TRUE(pods[0].ready);
  EXPECT_THAT(pods[0].ips, ElementsAre("10.1.0.3", "fd00::3"));
  EXPECT_FALSE(pods[1].ready);
  EXPECT_THAT(pods[1].ips, ElementsAre("10.9.9.9"));
  EXPECT_EQ(pods[1].meta.created, Timestamp{});
}

TEST(Core, NodeAndNamespace) {
  const std::vector<Node> nodes = ParseAll<Node>();
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].meta.labels.Get("topology.kubernetes.io/zone"), "us-east-1a");
  EXPECT_TRUE(nodes[0].ready);
  EXPECT_TRUE(nodes[0].unschedulable);
  EXPECT_THAT(nodes[0].internal_ips, ElementsAre("192.168.0.1", "fd01::1"));
  const std::vector<Namespace> namespaces = ParseAll<Namespace>();
  ASSERT_EQ(namespaces.size(), 1u);
  EXPECT_EQ(namespaces[0].meta.labels.Get("istio.io/dataplane-mode"), "ambient");
}

TEST(Core, MalformedJsonFieldsHavePaths) {
  const auto errors = [](Kind kind, const std::string& rest) {
    const Result<JsonDocument> doc =
        JsonDocument::Parse(R"({"metadata": {"name": "x", "namespace": "n"}, )" + rest + "}");
    EXPECT_TRUE(doc);
    const AnyObject object = ParseObject(kind, doc->root()).object;
    return IsInvalid(object) ? Join(std::get<Ptr<Invalid>>(object)->errors) : std::string();
  };
  EXPECT_EQ(
      errors(Kind::kService, R"("spec": {"ports": [{"port": 80}, {"port": 70000, "targetPort": 99999}, {}],
                                               "selector": {"a": 1}})"),
      "spec.ports[1].port: must be between 1 and 65535, is 70000; "
      "spec.ports[1].targetPort: must be between 0 and 65535, is 99999; spec.ports[2].port: is required; "
      "spec.selector.a: must be a string, is an integer");
  EXPECT_EQ(errors(Kind::kEndpointSlice, R"("endpoints": [{"addresses": "x", "conditions": {"ready": "yes"}}],
                                            "ports": [{"port": -1}])"),
            "ports[0].port: must be between 0 and 65535, is -1; endpoints[0].addresses: must be a list, is a "
            "string; "
            "endpoints[0].conditions.ready: must be a boolean, is a string");
  EXPECT_EQ(errors(Kind::kPod, R"("status": {"podIPs": [{"ip": 7}], "conditions": 7})"),
            "status.conditions: must be a list, is an integer; status.podIPs[0].ip: must be a string, is an "
            "integer");
  EXPECT_EQ(errors(Kind::kNode, R"("spec": {"unschedulable": 1})"),
            "spec.unschedulable: must be a boolean, is an integer");
}

}  // namespace
}  // namespace fairlead::core
