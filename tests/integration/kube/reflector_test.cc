// List and watch on a real API server: both content types, restarts under load, stalls, kinds that come
// later.
#include "operator/kube/reflector.h"

#include <gtest/gtest.h>

#include <thread>

#include "operator/kube/client.h"
#include "operator/kube/discovery.h"
#include "tests/integration/kube/shared_cluster.h"
#include "tests/integration/kube/waiting_sink.h"

namespace fairlead::kube {
namespace {

using std::chrono::milliseconds;
using testing::HttpReply;
using testing::WaitingSink;
using Objects = WaitingSink::Objects;

class ReflectorTest : public testing::SharedCluster {
 protected:
  void SetUp() override {
    SharedCluster::SetUp();
    if (!IsSkipped()) transport = MakeAdmin();
  }
  std::unique_ptr<Reflector> Reflect(Kind kind, WaitingSink* sink, WatcherOptions options = {},
                                     const std::string& ns = "") {
    auto reflector = std::make_unique<Reflector>(transport.get(), ObjectStream::TargetOf(kind, ns),
                                                 std::make_unique<ObjectStream>(kind, sink), options);
    reflector->Start();
    return reflector;
  }
  static int WriteNamespace(const std::string& name, const std::string& label = "x") {
    return cluster()
        .Call("PATCH", "/api/v1/namespaces/" + name + "?fieldManager=tests&force=true",
              R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name +
                  R"(","labels":{"l":")" + label + R"("}}})",
              "application/apply-patch+yaml")
        .status;
  }
  static bool Has(const Objects& objects, const std::string& ns, const std::string& name) {
    return objects.contains({ns, name});
  }

  std::unique_ptr<HttpTransport> transport;
};

TEST_F(ReflectorTest, ReadsProtobufKindsByPagesAndFollowsThem) {
  for (const char* name : {"pages-1", "pages-2", "pages-3"}) ASSERT_EQ(WriteNamespace(name), 201);
  WaitingSink sink;
  auto reflector = Reflect(Kind::kNamespace, &sink, {.page_size = 2});
  ASSERT_TRUE(sink.AwaitSynced());
  EXPECT_EQ(sink.replaced(), 1);
  EXPECT_TRUE(Has(sink.objects(), "", "pages-3"));
  WriteNamespace("pages-1", "changed");
  EXPECT_TRUE(sink.Await([](const Objects& objects) {
    return MetaOf(objects.at({"", "pages-1"})).labels.Get("l") == "changed";
  }));
  EXPECT_EQ(cluster().Call("DELETE", "/api/v1/namespaces/pages-2").status, 200);
  EXPECT_EQ(reflector->status().lists, 1u);
}

TEST_F(ReflectorTest, ReadsJsonKindsAndLooksAgainWhenTheirCrdAppears) {
  WaitingSink sink;
  auto reflector = Reflect(Kind::kHTTPRoute, &sink);
  ASSERT_TRUE(sink.AwaitPhase(WatchPhase::kAbsent));
  EXPECT_TRUE(sink.AwaitSynced());

  const std::string name = ResourceOf(Kind::kHTTPRoute).ToString();
  Reflector crds(transport.get(), CrdStream::Target(),
                 std::make_unique<CrdStream>([&](const std::string& changed) {
                   if (changed == name) reflector->Wake();
                 }));
  crds.Start();
  const Result<void> applied = cluster().ApplyCrds(testing::CrdFile("gateway-standard.yaml"));
  ASSERT_TRUE(applied) << applied.error().message;
  ASSERT_TRUE(sink.AwaitPhase(WatchPhase::kWatching));

  const HttpReply created = cluster().Call(
      "POST", "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes",
      R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"ratings"},
          "spec":{"parentRefs":[{"kind":"Service","group":"","name":"ratings","port":80}],
                  "rules":[{"backendRefs":[{"name":"ratings","port":80}]}]}})");
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_TRUE(sink.Await([](const Objects& objects) { return Has(objects, "default", "ratings"); }));
  EXPECT_FALSE(IsInvalid(sink.objects().at({"default", "ratings"})));
}

TEST_F(ReflectorTest, AnApiServerKilledUnderWritesCostsNoEventAndAtMostOneListAKind) {
  WaitingSink namespaces, services;
  auto a = Reflect(Kind::kNamespace, &namespaces);
  auto b = Reflect(Kind::kService, &services);
  ASSERT_TRUE(namespaces.AwaitSynced());
  ASSERT_TRUE(services.AwaitSynced());
  std::vector<std::string> written;
  std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested() || i < 100; ++i) {
      const std::string name = "under-load-" + std::to_string(i);
      if (WriteNamespace(name) == 201) written.push_back(name);
    }
  });
  ASSERT_TRUE(namespaces.Await([](const Objects& objects) { return Has(objects, "", "under-load-20"); }));
  cluster().KillApiServer();
  ASSERT_TRUE(cluster().StartApiServer());
  ASSERT_EQ(WriteNamespace("after-restart"), 201);
  ASSERT_TRUE(namespaces.Await([](const Objects& objects) { return Has(objects, "", "after-restart"); }));
  writer.request_stop();
  writer.join();
  ASSERT_EQ(WriteNamespace("last-one"), 201);
  ASSERT_TRUE(namespaces.Await([](const Objects& objects) { return Has(objects, "", "last-one"); }));
  ASSERT_TRUE(services.Await([&](const Objects&) { return b->status().phase == WatchPhase::kWatching; }));

  const Objects objects = namespaces.objects();
  for (const std::string& name : written) EXPECT_TRUE(Has(objects, "", name)) << name;
  EXPECT_GT(written.size(), 20u);
  EXPECT_LE(a->status().lists, 2u);
  EXPECT_LE(b->status().lists, 2u);
}

TEST_F(ReflectorTest, AFrozenApiServerIsNoticedByItsSilence) {
  WaitingSink sink;
  auto reflector = Reflect(Kind::kNamespace, &sink,
                           {.open_timeout = milliseconds(500), .idle_timeout = milliseconds(500)});
  ASSERT_TRUE(sink.AwaitSynced());
  cluster().PauseApiServer();
  ASSERT_TRUE(sink.AwaitPhase(WatchPhase::kWaiting));
  cluster().ResumeApiServer();
  ASSERT_EQ(WriteNamespace("after-stall"), 201);
  EXPECT_TRUE(sink.Await([](const Objects& objects) { return Has(objects, "", "after-stall"); }));
  EXPECT_LE(reflector->status().lists, 2u);
}

TEST_F(ReflectorTest, AForbiddenKindSaysSoAndIsReadOnceAllowed) {
  transport = Make(*ParseKubeconfig({{"kubeconfig", cluster().KubeconfigForToken("guest")}}));
  WaitingSink sink;
  auto reflector = Reflect(Kind::kNode, &sink);
  ASSERT_TRUE(sink.AwaitPhase(WatchPhase::kForbidden));
  EXPECT_NE(sink.status().reason.find("cannot list resource \"nodes\""), std::string::npos)
      << sink.status().reason;
  EXPECT_FALSE(sink.status().synced);
  cluster().Call(
      "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
      R"({"metadata":{"name":"guest"},"rules":[{"apiGroups":[""],"resources":["nodes"],"verbs":["*"]}]})");
  cluster().Call(
      "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
      R"({"metadata":{"name":"guest"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole",
                     "name":"guest"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"guest"}]})");
  // RBAC is read by the API server through watches of its own: it may take a moment to allow.
  while (!reflector->status().synced) reflector->Wake();
  EXPECT_EQ(sink.replaced(), 1);
}

TEST_F(ReflectorTest, StopsAtOnceWhateverItIsDoing) {
  WaitingSink sink;
  auto watching = Reflect(Kind::kNamespace, &sink);
  ASSERT_TRUE(sink.AwaitSynced());
  const auto start = std::chrono::steady_clock::now();
  watching->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace fairlead::kube
