// Typed calls on a real API server.
#include "operator/kube/client.h"

#include <gtest/gtest.h>

#include <set>

#include "operator/kube/cpprest_transport.h"
#include "operator/kube/discovery.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::kube {
namespace {

const Resource kConfigMaps{"", "v1", "configmaps"};

// The same calls to the real API server and to the embedded one: both must answer alike.
class ClientTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void TearDownTestSuite() {
    Real().reset();
    Embedded().reset();
  }
  void SetUp() override {
    if (GetParam() == "embedded") {
      if (!Embedded())
        Embedded() = *apiserver::ApiServer::Start({.api = {.openapi_dir = testing::OpenApiDir()}});
      Connect(Embedded()->kubeconfig());
    } else {
      if (const std::string why = testing::RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
      if (!Real()) Real() = *testing::RealCluster::Start();
      Connect(testing::ReadFile(Real()->kubeconfig_path()));
    }
  }
  void Connect(const std::string& kubeconfig) {
    Result<ClusterConfig> config = ParseKubeconfig({{"kubeconfig", kubeconfig}});
    ASSERT_TRUE(config) << config.error().message;
    transport = std::move(*MakeTransport(*config));
    client = std::make_unique<Client>(transport.get());
  }
  Result<void> ApplyCrds(const std::string& file) {
    return GetParam() == "embedded" ? Embedded()->ApplyFiles(file) : Real()->ApplyCrds(file);
  }
  static ObjectName Map(const std::string& name) { return {kConfigMaps, "default", name}; }
  static std::string Body(const std::string& name, const std::string& data) {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("},"data":)" + data +
           "}";
  }
  static std::unique_ptr<testing::RealCluster>& Real() {
    static std::unique_ptr<testing::RealCluster> cluster;
    return cluster;
  }
  static std::unique_ptr<apiserver::ApiServer>& Embedded() {
    static std::unique_ptr<apiserver::ApiServer> server;
    return server;
  }
  std::unique_ptr<HttpTransport> transport;
  std::unique_ptr<Client> client;
};

INSTANTIATE_TEST_SUITE_P(Servers, ClientTest, ::testing::Values("real", "embedded"),
                         [](const auto& info) { return info.param; });

TEST_P(ClientTest, ListsTheMetadataAlonePageByPage) {
  // The real one would be busy with so many for longer than it is worth.
  const int count = GetParam() == "embedded" ? 501 : 3;
  std::set<std::string> wanted;
  for (int i = 0; i < count; ++i) {
    const std::string name = "listed-" + std::to_string(i);
    const std::string body =
        R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + R"(","labels":{"n":"1"}}})";
    const auto made = client->Create({ResourceOf(Kind::kNamespace), "", name}, body, "test");
    ASSERT_TRUE(made) << made.error().message;
    wanted.insert(name);
  }
  const Result<std::vector<ObjectMeta>> listed = client->ListMetadata(Kind::kNamespace);
  ASSERT_TRUE(listed) << listed.error().message;
  std::set<std::string> seen;
  for (const ObjectMeta& meta : *listed) {
    if (!wanted.contains(meta.name)) continue;
    EXPECT_TRUE(seen.insert(meta.name).second) << meta.name;
    EXPECT_EQ(meta.labels.Get("n"), "1");
    EXPECT_FALSE(meta.uid.empty());
    EXPECT_FALSE(meta.deleting);
  }
  EXPECT_EQ(seen, wanted);
}

TEST_P(ClientTest, CreatesReadsUpdatesAndDeletes) {
  const Result<Written> created = client->Create(Map("crud"), Body("crud", R"({"a":"1"})"), "tests");
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_FALSE(created->uid.empty());
  const Result<Written> again = client->Create(Map("crud"), Body("crud", "{}"), "tests");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().error_class, ErrorClass::kConflict);

  std::string changed = created->body;
  changed.replace(changed.find(R"("a":"1")"), 7, R"("a":"2")");
  const Result<Written> updated = client->Update(Map("crud"), changed, "tests");
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_NE(updated->resource_version, created->resource_version);
  const Result<Written> stale = client->Update(Map("crud"), changed, "tests");
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().error_class, ErrorClass::kConflict);

  const Result<void> other = client->Delete(Map("crud"), {.uid = "00000000-0000-0000-0000-000000000000"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().error_class, ErrorClass::kConflict);
  EXPECT_TRUE(client->Delete(Map("crud"), {.uid = created->uid}));
  EXPECT_TRUE(client->Delete(Map("crud"), {.uid = created->uid}));
  EXPECT_EQ(client->GetJson(Map("crud")).error().error_class, ErrorClass::kNotFound);
}

TEST_P(ClientTest, AppliesWithOneManagerAConcernAndReportsConflicts) {
  ASSERT_TRUE(client->Apply(Map("ssa"), Body("ssa", R"({"a":"1"})"), {.manager = "fairlead/one"}));
  const Result<Written> conflict =
      client->Apply(Map("ssa"), Body("ssa", R"({"a":"2"})"), {.manager = "fairlead/two", .force = false});
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().error_class, ErrorClass::kConflict);
  EXPECT_NE(conflict.error().message.find("fairlead/one"), std::string::npos) << conflict.error().message;
  EXPECT_TRUE(client->Apply(Map("ssa"), Body("ssa", R"({"a":"2"})"), {.manager = "fairlead/two"}));
}

TEST_P(ClientTest, AnApplyOverAnotherVersionIsRefused) {
  const Result<Written> first =
      client->Apply(Map("fenced"), Body("fenced", R"({"a":"1"})"), {.manager = "m"});
  ASSERT_TRUE(first);
  const Result<Written> second = client->Apply(Map("fenced"), Body("fenced", R"({"a":"2"})"),
                                               {.manager = "m", .resource_version = first->resource_version});
  ASSERT_TRUE(second) << second.error().message;
  const Result<Written> late = client->Apply(Map("fenced"), Body("fenced", R"({"a":"3"})"),
                                             {.manager = "m", .resource_version = first->resource_version});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().error_class, ErrorClass::kConflict);
}

TEST_P(ClientTest, AnUnknownFieldIsRefused) {
  const Result<Written> written = client->Apply(
      Map("strict"), R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"strict"},"dta":{}})",
      {.manager = "m"});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("dta"), std::string::npos) << written.error().message;
}

TEST_P(ClientTest, AMergePatchCarriesTheVersionThatWasRead) {
  const Result<Written> created = client->Create(Map("patch"), Body("patch", "{}"), "tests");
  ASSERT_TRUE(created);
  const Result<Written> patched =
      client->MergePatch(Map("patch"), R"({"data":{"a":"1"}})", created->resource_version, "tests");
  ASSERT_TRUE(patched) << patched.error().message;
  const Result<Written> stale =
      client->MergePatch(Map("patch"), R"({"data":{"a":"2"}})", created->resource_version, "tests");
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().error_class, ErrorClass::kConflict);
}

TEST_P(ClientTest, AClosedGateLetsNothingOut) {
  class Closed final : public WriteGate {
    Result<std::chrono::milliseconds> Open() override {
      return Unexpected(Error{ErrorClass::kCancelled, "not the leader"});
    }
  } closed;
  Client gated(transport.get(), &closed);
  const Result<Written> written = gated.Create(Map("gated"), Body("gated", "{}"), "tests");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "not the leader");
  EXPECT_FALSE(client->GetJson(Map("gated")));
}

TEST_P(ClientTest, ReadsTypedObjects) {
  const Result<AnyObject> ns = client->Get(Kind::kNamespace, {"", "default"});
  ASSERT_TRUE(ns) << ns.error().message;
  EXPECT_EQ(KeyOf(*ns).ToString(), "Namespace default");
  const Result<std::vector<AnyObject>> all = client->List(Kind::kNamespace);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_GE(all->size(), 3u);
}

TEST_P(ClientTest, KnowsWhatIsServed) {
  EXPECT_EQ(ReadCrdFacts(*client, ResourceOf(Kind::kHTTPRoute)).error().error_class, ErrorClass::kNotFound);
  ASSERT_TRUE(ApplyCrds(testing::CrdFile("gateway-standard.yaml")));
  Result<CrdFacts> facts = ReadCrdFacts(*client, ResourceOf(Kind::kHTTPRoute));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(facts->served);
  EXPECT_EQ(facts->channel, "standard");
  EXPECT_FALSE(facts->bundle_version.empty());
  EXPECT_FALSE(facts->retry);
  const auto versions = ReadServedVersions(*client);
  ASSERT_TRUE(versions);
  EXPECT_EQ(versions->at("gateway.networking.k8s.io").front(), "v1");
  EXPECT_EQ(ReadServerVersion(*client)->substr(0, 2), "v1");
}

}  // namespace
}  // namespace fairlead::kube
