// What a real API server sends for the kinds that others own: core kinds the same from JSON and from
// protobuf, lists and watches; Gateway API and Istio kinds the same as what was sent, defaults filled.
//
// With FAIRLEAD_CAPTURE_DIR set, the bytes of lists and watches of the core kinds are written there: that is
// how tests/unit/crds/object/captured was made (API server 1.36.3).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "crds/object/decode.h"
#include "tests/integration/foreign/route_samples.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {
namespace {

constexpr Kind kCoreKinds[] = {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode,
                               Kind::kNamespace};

std::string PathOf(Kind kind, const std::string& ns = "") {
  const KindInfo& info = InfoOf(kind);
  std::string path =
      info.group.empty() ? "/api/v1" : "/apis/" + std::string(info.group) + "/" + std::string(info.version);
  if (!ns.empty() && info.namespaced) path += "/namespaces/" + ns;
  return path + "/" + std::string(info.plural);
}

// Only what this test made, so that two reads see the same.
std::string Ours(Kind kind) {
  return kind == Kind::kNamespace ? PathOf(kind) + "?fieldSelector=metadata.name%3Dshop&"
                                  : PathOf(kind, "shop") + "?";
}

bool SameValue(const AnyObject& a, const AnyObject& b, bool with_meta = true) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& value) {
        auto left = *value;
        auto right = *std::get<std::decay_t<decltype(value)>>(b);
        if (!with_meta) left.meta = right.meta = ObjectMeta{};
        // The definition of Gateways has a default for their status.
        if constexpr (requires { left.programmed; }) {
          if (!with_meta) left.programmed = right.programmed;
        }
        return left == right;
      },
      a);
}

class ForeignObjects : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!RealCluster::Missing().empty()) return;
    auto started = RealCluster::Start();
    ASSERT_TRUE(started) << started.error().message;
    cluster_ = std::move(*started);
    Fill();
  }
  static void TearDownTestSuite() { cluster_.reset(); }
  void SetUp() override {
    if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_NE(cluster_, nullptr);
  }

  static void Must(const std::string& method, const std::string& path, const std::string& body,
                   const std::string& type = "application/json") {
    const HttpReply reply = cluster_->Call(method, path, body, type);
    EXPECT_TRUE(reply.ok()) << method << " " << path << ": " << reply.body;
  }

  static void Fill() {
    Must("POST", PathOf(Kind::kNamespace),
         R"({"metadata": {"name": "shop", "labels": {"istio.io/dataplane-mode": "ambient"}}})");
    Must("POST", PathOf(Kind::kService, "shop"),
         R"({"metadata": {"name": "ratings", "labels": {"app": "ratings"},
        "annotations": {"istio.io/use-waypoint": "w", "other.example/x": "y"}}, "spec": {"type": "NodePort",
        "selector": {"app": "ratings"}, "sessionAffinity": "ClientIP", "internalTrafficPolicy": "Local",
        "trafficDistribution": "PreferSameZone", "ports": [
          {"name": "http", "port": 80, "targetPort": 8080, "appProtocol": "kubernetes.io/h2c"},
          {"name": "dns", "port": 53, "targetPort": "dns-port", "protocol": "UDP"}, {"name": "plain", "port": 81}]}})");
    Must("POST", PathOf(Kind::kService, "shop"),
         R"({"metadata": {"name": "db"}, "spec": {"clusterIP": "None", "ports": [{"port": 5432}]}})");
    Must("POST", PathOf(Kind::kService, "shop"),
         R"({"metadata": {"name": "out"}, "spec": {"type": "ExternalName", "externalName": "api.example"}})");
    Must("POST", PathOf(Kind::kEndpointSlice, "shop"), R"({"metadata": {"name": "ratings-1",
        "labels": {"kubernetes.io/service-name": "ratings"}}, "addressType": "IPv4", "ports": [{"name": "http",
        "port": 8080, "appProtocol": "http"}, {"name": "all"}], "endpoints": [
        {"addresses": ["10.1.0.3"], "conditions": {"ready": false, "serving": true, "terminating": true},
         "nodeName": "node-a", "zone": "z-a", "targetRef": {"kind": "Pod", "namespace": "shop", "name": "ratings-0"}},
        {"addresses": ["10.1.0.4"]}, {"addresses": ["10.1.0.5"], "conditions": {"ready": false}}]})");
    Must("POST", PathOf(Kind::kNode), R"({"metadata": {"name": "node-a", "labels": {
        "topology.kubernetes.io/zone": "z-a"}}, "spec": {"unschedulable": true}})");
    Must("PATCH", PathOf(Kind::kNode) + "/node-a/status", R"({"status": {"conditions": [
        {"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": "True"}],
        "addresses": [{"type": "Hostname", "address": "node-a"}, {"type": "InternalIP", "address": "192.168.0.1"}]}})",
         "application/merge-patch+json");
    Must("POST", "/api/v1/namespaces/shop/serviceaccounts", R"({"metadata": {"name": "ratings"}})");
    Must("POST", PathOf(Kind::kPod, "shop"),
         R"({"metadata": {"name": "ratings-0", "labels": {"app": "ratings"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u-1",
                             "controller": true}]}, "spec": {"serviceAccountName": "ratings", "nodeName": "node-a",
        "hostNetwork": true, "automountServiceAccountToken": false,
        "containers": [{"name": "app", "image": "image:1", "ports": [{"containerPort": 8080}]}]}})");
    Must("PATCH", PathOf(Kind::kPod, "shop") + "/ratings-0/status", R"({"status": {"phase": "Running",
        "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "True"}],
        "podIP": "10.1.0.3", "podIPs": [{"ip": "10.1.0.3"}, {"ip": "fd00::3"}]}})",
         "application/merge-patch+json");
  }

  static HttpReply Get(const std::string& path, ContentType type, bool watch = false) {
    return HttpCall({.port = cluster_->port(),
                     .ca_pem = cluster_->ca_pem(),
                     .path = path,
                     .token = "admin",
                     .accept = std::string(AcceptOf(type, watch))});
  }

  static void Capture(const std::string& name, const std::string& bytes) {
    if (const char* dir = std::getenv("FAIRLEAD_CAPTURE_DIR")) {
      std::ofstream(std::string(dir) + "/" + name, std::ios::binary) << bytes;
    }
  }

  static inline std::unique_ptr<RealCluster> cluster_;
};

TEST_F(ForeignObjects, ListsOfCoreKindsAreTheSameInBothTypes) {
  for (const Kind kind : kCoreKinds) {
    const HttpReply json = Get(Ours(kind), ContentType::kJson);
    const HttpReply protobuf = Get(Ours(kind), ContentType::kProtobuf);
    ASSERT_EQ(protobuf.status, 200);
    EXPECT_NE(protobuf.headers.find("application/vnd.kubernetes.protobuf"), std::string::npos);
    Capture(std::string(ToString(kind)) + ".list.json", json.body);
    Capture(std::string(ToString(kind)) + ".list.pb", protobuf.body);
    const Result<ListPage> a = DecodeList(kind, ContentType::kJson, json.body);
    const Result<ListPage> b = DecodeList(kind, ContentType::kProtobuf, protobuf.body);
    ASSERT_TRUE(a) << a.error().message;
    ASSERT_TRUE(b) << b.error().message;
    ASSERT_FALSE(a->items.empty()) << ToString(kind);
    ASSERT_EQ(a->items.size(), b->items.size());
    for (size_t i = 0; i < a->items.size(); ++i) {
      EXPECT_FALSE(IsInvalid(a->items[i]));
      EXPECT_TRUE(SameValue(a->items[i], b->items[i])) << KeyOf(a->items[i]).ToString();
    }
    EXPECT_FALSE(b->resource_version.empty());
  }
}

TEST_F(ForeignObjects, PagesHaveTokens) {
  for (const ContentType type : {ContentType::kJson, ContentType::kProtobuf}) {
    const Result<ListPage> page =
        DecodeList(Kind::kService, type, Get(PathOf(Kind::kService, "shop") + "?limit=2", type).body);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->items.size(), 2u);
    EXPECT_FALSE(page->continue_token.empty());
    EXPECT_EQ(page->remaining, 1);
  }
}

TEST_F(ForeignObjects, WatchesOfCoreKindsAreTheSameInBothTypes) {
  for (const Kind kind : kCoreKinds) {
    std::vector<WatchEvent> events[2];
    for (const ContentType type : {ContentType::kJson, ContentType::kProtobuf}) {
      const HttpReply reply = Get(Ours(kind) +
                                      "watch=1&timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents="
                                      "true&resourceVersionMatch=NotOlderThan",
                                  type, true);
      ASSERT_EQ(reply.status, 200) << reply.body;
      const bool json = type == ContentType::kJson;
      Capture(std::string(ToString(kind)) + (json ? ".watch.json" : ".watch.pb"), reply.body);
      WatchDecoder decoder(kind, type);
      const auto fed =
          decoder.Feed(reply.body, [&](WatchEvent event) { events[json].push_back(std::move(event)); });
      ASSERT_TRUE(fed) << fed.error().message;
      EXPECT_TRUE(decoder.Finish());
    }
    ASSERT_GE(events[0].size(), 2u) << ToString(kind);
    ASSERT_GE(events[1].size(), 2u) << ToString(kind);
    bool ended = false;
    for (size_t i = 0; i < std::min(events[0].size(), events[1].size()); ++i) {
      EXPECT_EQ(events[0][i].type, events[1][i].type);
      EXPECT_EQ(events[0][i].initial_events_end, events[1][i].initial_events_end);
      ended = ended || events[0][i].initial_events_end;
      EXPECT_FALSE(events[0][i].resource_version.empty());
      if (events[0][i].type == WatchEvent::Type::kBookmark) break;  // later writes elsewhere move it on
      EXPECT_EQ(events[0][i].resource_version, events[1][i].resource_version);
      EXPECT_TRUE(SameValue(events[0][i].object, events[1][i].object));
    }
    EXPECT_TRUE(ended);
  }
}

TEST_F(ForeignObjects, ErrorsAreReadInBothTypes) {
  for (const ContentType type : {ContentType::kJson, ContentType::kProtobuf}) {
    const HttpReply missing = Get(PathOf(Kind::kPod, "shop") + "/none", type);
    const Error error = ErrorOfReply(missing.status, AcceptOf(type, false), missing.body);
    EXPECT_EQ(error.error_class, ErrorClass::kNotFound);
    EXPECT_EQ(error.message, "pods \"none\" not found");
    const Result<AnyObject> object = DecodeObject(Kind::kPod, type, missing.body);
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error(), error);
    const Result<AnyObject> pod =
        DecodeObject(Kind::kPod, type, Get(PathOf(Kind::kPod, "shop") + "/ratings-0", type).body);
    ASSERT_TRUE(pod) << pod.error().message;
    EXPECT_EQ(KeyOf(*pod).ToString(), "Pod shop/ratings-0");
  }
}

// A definition from a file of many, if it is one of the plurals.
void Install(RealCluster& cluster, const std::string& file, const std::vector<std::string>& names) {
  const char* cache = std::getenv("FAIRLEAD_CACHE");
  const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
  const std::string root = cache != nullptr ? cache : home + "/.cache/fairlead";
  const auto docs = ParseYaml(ReadFile(root + "/current/crds/" + file));
  ASSERT_TRUE(docs) << docs.error().message;
  for (const YamlDocument& doc : *docs) {
    const Result<JsonDocument> json = JsonDocument::Parse(doc.json);
    ASSERT_TRUE(json) << json.error().message;
    const std::string name(json->root().FindPath({"metadata", "name"})->AsString());
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    const HttpReply reply =
        cluster.Call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", doc.json);
    ASSERT_TRUE(reply.ok()) << reply.body;
  }
}

// A definition is served a moment after it was accepted. Each try is an event of its own: no clock of ours.
HttpReply CreateWhenServed(RealCluster& cluster, const Sample& sample) {
  HttpReply reply;
  for (int tries = 0; tries < 2000; ++tries) {
    reply = cluster.Call("POST", PathOf(sample.kind, "shop") + "?fieldValidation=Strict", sample.json);
    if (reply.status != 404) break;
  }
  return reply;
}

TEST_F(ForeignObjects, RoutesReadBackAreWhatWasSentWithDefaults) {
  Install(*cluster_, "gateway-experimental.yaml",
          {"httproutes.gateway.networking.k8s.io", "grpcroutes.gateway.networking.k8s.io",
           "gateways.gateway.networking.k8s.io"});
  Install(*cluster_, "istio.yaml", {"serviceentries.networking.istio.io"});
  for (const Sample& sample : RouteSamples()) {
    const HttpReply created = CreateWhenServed(*cluster_, sample);
    EXPECT_TRUE(created.ok()) << created.body << "\n" << sample.json;
    const Result<AnyObject> served = DecodeObject(sample.kind, ContentType::kJson, created.body);
    ASSERT_TRUE(served) << served.error().message;
    const Result<JsonDocument> sent = JsonDocument::Parse(sample.json);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_FALSE(IsInvalid(*served));
    EXPECT_TRUE(SameValue(*served, ParseObject(sample.kind, sent->root()).object, false)) << created.body;
  }
}

}  // namespace
}  // namespace fairlead::testing
