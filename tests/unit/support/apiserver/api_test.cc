#include "tests/support/apiserver/api.h"

#include <gtest/gtest.h>

#include "crds/object/decode.h"
#include "tests/unit/support/apiserver/api_client.h"

namespace fairlead::apiserver {
namespace {

constexpr char kMaps[] = "/api/v1/namespaces/default/configmaps";
constexpr char kCrds[] = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

std::string Owned(const std::string& name, const std::string& uid, bool block = false) {
  return R"({"metadata":{"name":")" + name +
         R"(","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"o","uid":")" + uid +
         R"(","blockOwnerDeletion":)" + (block ? "true" : "false") + "}]}}";
}

TEST(Api, DependentsGoWithTheirOwner) {
  ApiClient c;
  const std::string uid = TextAt(c.Json(c.Post(kMaps, R"({"metadata":{"name":"o"}})")), {"metadata", "uid"});
  c.Post(kMaps, Owned("child", uid));
  c.Delete(std::string(kMaps) + "/o");
  EXPECT_EQ(c.Get(std::string(kMaps) + "/child").code, 404);
}

TEST(Api, OrphansStayWithoutTheReference) {
  ApiClient c;
  const std::string uid = TextAt(c.Json(c.Post(kMaps, R"({"metadata":{"name":"o"}})")), {"metadata", "uid"});
  c.Post(kMaps, Owned("child", uid));
  c.Delete(std::string(kMaps) + "/o", R"({"propagationPolicy":"Orphan"})");
  EXPECT_EQ(c.Get(std::string(kMaps) + "/o").code, 404);
  EXPECT_TRUE(At(c.Json(c.Get(std::string(kMaps) + "/child")), {"metadata", "ownerReferences"}).isNull());
}

TEST(Api, ForegroundDeletionWaitsForDependents) {
  ApiClient c;
  const std::string uid = TextAt(c.Json(c.Post(kMaps, R"({"metadata":{"name":"o"}})")), {"metadata", "uid"});
  c.Post(kMaps, Owned("child", uid, true));
  c.Merge(std::string(kMaps) + "/child", R"({"metadata":{"finalizers":["x.dev/hold"]}})");
  c.Delete(std::string(kMaps) + "/o?propagationPolicy=Foreground");
  EXPECT_EQ(c.Get(std::string(kMaps) + "/o").code, 200);
  c.Merge(std::string(kMaps) + "/child", R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(c.Get(std::string(kMaps) + "/o").code, 404);
}

TEST(Api, NamespaceTakesItsContentAlong) {
  ApiClient c;
  c.Post("/api/v1/namespaces", R"({"metadata":{"name":"gone"}})");
  c.Post("/api/v1/namespaces/gone/configmaps", R"({"metadata":{"name":"a"}})");
  EXPECT_EQ(TextAt(c.Json(c.Delete("/api/v1/namespaces/gone")), {"status", "phase"}), "Terminating");
  EXPECT_EQ(c.Get("/api/v1/namespaces/gone").code, 404);
  c.Post("/api/v1/namespaces", R"({"metadata":{"name":"gone"}})");
  EXPECT_EQ(c.Get("/api/v1/namespaces/gone/configmaps/a").code, 404);
}

TEST(Api, EventsAreOneResourceInTwoGroups) {
  ApiClient c;
  const std::string later = "/apis/events.k8s.io/v1/namespaces/default/events",
                    core = "/api/v1/namespaces/default/events";
  ASSERT_EQ(c.Post(later, R"({"metadata":{"name":"e"},"regarding":{"kind":"ConfigMap","name":"o"},"note":"n",
                             "reportingController":"x","reason":"R","type":"Normal"})")
                .code,
            201);
  const Value read = c.Json(c.Get(core + "/e"));
  EXPECT_EQ(TextAt(read, "apiVersion"), "v1");
  EXPECT_EQ(TextAt(read, {"involvedObject", "name"}), "o");
  EXPECT_EQ(TextAt(read, "message"), "n");
  EXPECT_EQ(TextAt(read, "reportingComponent"), "x");
  EXPECT_FALSE(read.isMember("regarding"));
  EXPECT_EQ(c.Json(c.Get(core + "?fieldSelector=involvedObject.name%3Do"))["items"].size(), 1u);
  EXPECT_EQ(c.Json(c.Get(core + "?fieldSelector=involvedObject.name%3Dother"))["items"].size(), 0u);
  c.Merge(core + "/e", R"({"message":"later","count":2})");
  const Value patched = c.Json(c.Get(later + "/e"));
  EXPECT_EQ(TextAt(patched, "note"), "later");
  EXPECT_EQ(patched["deprecatedCount"].asInt(), 2);
  EXPECT_EQ(TextAt(patched, {"regarding", "name"}), "o");
  c.Delete(later + "/e");
  EXPECT_EQ(c.Get(core + "/e").code, 404);
}

TEST(Api, DefinitionComesAndGoes) {
  ApiClient c;
  const Response made = c.Post(kCrds, kWidgets);
  ASSERT_EQ(made.code, 201) << made.body;
  bool warned = false;
  for (const auto& [name, value] : made.headers)
    warned = warned || value.find("does not evaluate") != std::string::npos;
  EXPECT_TRUE(warned) << "rules in CEL are not evaluated, and that is said";
  bool established = false;
  const Value read = c.Json(c.Get(std::string(kCrds) + "/widgets.example.com"));
  for (const Value& condition : At(read, {"status", "conditions"})) {
    established =
        established || (TextAt(condition, "type") == "Established" && TextAt(condition, "status") == "True");
  }
  EXPECT_TRUE(established);
  const std::string widgets = "/apis/example.com/v1/namespaces/default/widgets";
  EXPECT_EQ(
      c.Post(widgets, R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"}})").code,
      201);
  c.Delete(std::string(kCrds) + "/widgets.example.com");
  EXPECT_EQ(c.Get(widgets + "/a").code, 404);
  EXPECT_EQ(c.Get(std::string(kCrds) + "/widgets.example.com").code, 404);
  EXPECT_EQ(c.api.store().List("example.com/widgets", "").items.size(), 0u);
}

TEST(Api, WorksWithoutOpenapiDocuments) {
  ApiClient c;
  const std::string services = "/api/v1/namespaces/default/services";
  c.Post(services,
         R"({"metadata":{"name":"s"},"spec":{"selector":{"a":"b"},"ports":[{"name":"x","port":80}]}})");
  const Response r = c.Call("PATCH", services + "/s", R"({"spec":{"ports":[{"name":"y","port":81}]}})",
                            "application/strategic-merge-patch+json");
  EXPECT_EQ(At(c.Json(r), {"spec", "ports"}).size(), 2u);
  const Response applied = c.Call("PATCH", services + "/s?fieldManager=m",
                                  R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},
        "spec":{"ports":[{"name":"z","port":82}]}})",
                                  "application/apply-patch+yaml");
  EXPECT_EQ(At(c.Json(applied), {"spec", "ports"}).size(), 3u) << applied.body;
}

TEST(Api, WhatIsNotThereSaysSo) {
  ApiClient c;
  for (const char* target : {"/apis/apps/v1/namespaces/default/deployments/d/scale",
                             "/api/v1/namespaces/default/pods/p/log", "/api/v1/watch/pods"}) {
    const Response r = c.Get(target);
    EXPECT_EQ(r.code, 501) << target;
    EXPECT_NE(r.body.find("use "), std::string::npos) << target;
  }
  c.headers["accept"] = "application/yaml";
  EXPECT_EQ(c.Get(kMaps).code, 501);
}

TEST(Api, TokensSayWhoOneIs) {
  ApiOptions options;
  options.tokens["secret"] = {"alice", {"devs"}};
  ApiClient c(std::move(options));
  EXPECT_EQ(c.Get(kMaps).code, 401);
  c.headers["authorization"] = "Bearer secret";
  EXPECT_EQ(c.Get(kMaps).code, 200);
  EXPECT_EQ(c.api.audit().Records().back().user, "alice");
}

TEST(Api, AuditCountsWrites) {
  ApiClient c;
  c.headers["user-agent"] = "fairlead-operator/1";
  c.Post(kMaps, R"({"metadata":{"name":"a"}})");
  c.Merge(std::string(kMaps) + "/a", "{}");
  c.Post(std::string(kMaps) + "?dryRun=All", R"({"metadata":{"name":"b"}})");
  c.Get(kMaps);
  const auto writes = c.api.audit().Writes("fairlead-operator");
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_TRUE(writes[0].changed);
  EXPECT_FALSE(writes[1].changed) << "a patch that changes nothing stores nothing";
}

TEST(Api, BodiesAreBounded) {
  ApiOptions options;
  options.max_body_bytes = 100;
  ApiClient c(std::move(options));
  EXPECT_EQ(c.Post(kMaps, std::string(101, ' ')).code, 413);
}

TEST(Api, ProtobufIsWhatTheOperatorReads) {
  ApiClient c;
  c.Post(
      "/api/v1/namespaces/default/services",
      R"({"metadata":{"name":"s","labels":{"a":"b"}},"spec":{"selector":{"x":"y"},"ports":[{"name":"http","port":80,"appProtocol":"http"}]}})");
  c.Post("/api/v1/nodes",
         R"({"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"True"}],
    "addresses":[{"type":"InternalIP","address":"10.0.0.1"}]}})");
  c.headers["accept"] = "application/vnd.kubernetes.protobuf, application/json";
  const Response services = c.Get("/api/v1/services");
  EXPECT_EQ(services.content_type, "application/vnd.kubernetes.protobuf");
  auto page = fairlead::DecodeList(Kind::kService, ContentType::kProtobuf, services.body);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->items.size(), 2u);
  const auto& service = *std::get<Ptr<core::Service>>(page->items[1]);
  EXPECT_EQ(service.meta.name, "s");
  EXPECT_EQ(service.ports.at(0).app_protocol, "http");
  EXPECT_FALSE(service.cluster_ips.empty());
  auto nodes = fairlead::DecodeList(Kind::kNode, ContentType::kProtobuf, c.Get("/api/v1/nodes").body);
  ASSERT_TRUE(nodes);
  EXPECT_TRUE(std::get<Ptr<core::Node>>(nodes->items.at(0))->ready);
}

TEST(Api, ProtobufWatchIsFramed) {
  ApiClient c;
  c.headers["accept"] = "application/vnd.kubernetes.protobuf";
  const Response watch = c.Get(
      "/api/v1/"
      "services?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
  ASSERT_TRUE(watch.stream);
  fairlead::WatchDecoder decoder(Kind::kService, ContentType::kProtobuf);
  std::vector<WatchEvent> events;
  while (auto frame = watch.stream->Next()) {
    ASSERT_TRUE(decoder.Feed(*frame, [&](WatchEvent e) { events.push_back(std::move(e)); }));
  }
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, WatchEvent::Type::kAdded);
  EXPECT_TRUE(events[1].initial_events_end);
}

TEST(Api, PodsOnNodesAreGivenGrace) {
  ApiClient c;
  const std::string pods = "/api/v1/namespaces/default/pods";
  c.Post(pods,
         R"({"metadata":{"name":"p"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]}})");
  c.Delete(pods + "/p");
  EXPECT_EQ(IntAt(c.Json(c.Get(pods + "/p")), {"metadata", "deletionGracePeriodSeconds"}), 30);
  c.Delete(pods + "/p?gracePeriodSeconds=0");
  EXPECT_EQ(c.Get(pods + "/p").code, 404);
}

TEST(Api, SameSeedSameObjects) {
  ApiClient a;
  ApiClient b;
  EXPECT_EQ(TextAt(a.Json(a.Post(kMaps, R"({"metadata":{"generateName":"x-"}})")), {"metadata", "name"}),
            TextAt(b.Json(b.Post(kMaps, R"({"metadata":{"generateName":"x-"}})")), {"metadata", "name"}));
}

}  // namespace
}  // namespace fairlead::apiserver
