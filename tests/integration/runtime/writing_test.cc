// Applier, status writer and Events on a real API server, with the number of writes that they cost.
#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "operator/runtime/applier.h"
#include "operator/runtime/events.h"
#include "tests/integration/kube/shared_cluster.h"

namespace fairlead::runtime {
namespace {

const kube::Resource kConfigMaps{"", "v1", "configmaps"};
const kube::Resource kPolicies{"fairlead.dev", "v1alpha1", "retrytimeoutpolicies"};

Json::Value Json(const std::string& text) { return ToJsonValue(JsonDocument::Parse(text)->root()); }

// The counts of all calls by method.
class Counting final : public kube::HttpTransport {
 public:
  explicit Counting(kube::HttpTransport* inner) : inner_(inner) {}
  Result<std::unique_ptr<kube::HttpStream>> Open(const kube::HttpRequest& request) override {
    if (request.method != "GET") ++writes;
    return inner_->Open(request);
  }
  std::atomic<int> writes = 0;

 private:
  kube::HttpTransport* inner_;
};

class WritingTest : public testing::SharedCluster {
 protected:
  void SetUp() override {
    SharedCluster::SetUp();
    if (IsSkipped()) return;
    inner = MakeAdmin();
    transport = std::make_unique<Counting>(inner.get());
    client = std::make_unique<kube::Client>(transport.get());
  }
  Json::Value Read(const kube::ObjectName& name) { return Json(*client->GetJson(name)); }

  std::unique_ptr<kube::HttpTransport> inner;
  std::unique_ptr<Counting> transport;
  std::unique_ptr<kube::Client> client;
};

TEST_F(WritingTest, AResyncWithNothingChangedCostsNoWrite) {
  Applier applier(client.get(), "fairlead/test");
  const kube::ObjectName name{{"", "v1", "services"}, "default", "generated"};
  const Json::Value desired = Json(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"generated"},
          "spec":{"ports":[{"port":80,"targetPort":8080,"protocol":"TCP"}],"selector":{"app":"x"}}})");
  EXPECT_EQ(*applier.ReadAndApply(name, desired), WriteResult::kWritten);
  EXPECT_EQ(*applier.ReadAndApply(name, desired), WriteResult::kUnchanged);
  Applier restarted(client.get(), "fairlead/test");
  EXPECT_EQ(*restarted.ReadAndApply(name, desired), WriteResult::kUnchanged);
  EXPECT_EQ(transport->writes, 1);
}

TEST_F(WritingTest, AFieldThatIsNoLongerWantedGoes) {
  Applier applier(client.get(), "fairlead/test");
  const kube::ObjectName name{kConfigMaps, "default", "shrinks"};
  const std::string head = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"shrinks"},"data":)";
  ASSERT_TRUE(applier.ReadAndApply(name, Json(head + R"({"a":"1","b":"2"}})")));
  ASSERT_TRUE(applier.ReadAndApply(name, Json(head + R"({"a":"1"}})")));
  EXPECT_EQ(WriteJson(Read(name)["data"]), R"({"a":"1"})");
}

TEST_F(WritingTest, AStatusIsWrittenOnceForEachChange) {
  ASSERT_TRUE(cluster().ApplyCrds(FAIRLEAD_SOURCE_DIR "/crds/schema/retry_timeout_policy.yaml"));
  const kube::ObjectName name{kPolicies, "default", "ratings"};
  const Result<kube::Written> created = client->Create(
      name,
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":"ratings"},
          "spec":{"targetRefs":[{"group":"","kind":"Service","name":"ratings"}],"timeouts":{"request":"5s"}}})",
      "tests");
  ASSERT_TRUE(created) << created.error().message;
  transport->writes = 0;
  StatusWriter writer(client.get(), "fairlead/status");
  const Json::Value status = Json(
      R"({"conditions":[{"type":"Accepted","status":"True","reason":"Accepted","message":"","observedGeneration":1}]})");
  Result<WriteResult> first = writer.Write(name, created->resource_version, Json::Value(), status);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*first, WriteResult::kWritten);
  const Json::Value live = Read(name);
  const std::string version = live["metadata"]["resourceVersion"].asString();
  EXPECT_EQ(*writer.Write(name, version, live["status"], status), WriteResult::kUnchanged);
  EXPECT_EQ(transport->writes, 1);
  EXPECT_EQ(live["metadata"]["generation"], 1);

  // Over a version that is no longer there: refused, not overwritten.
  Json::Value other = status;
  other["conditions"][0]["status"] = "False";
  const Result<WriteResult> late = writer.Write(name, created->resource_version, live["status"], other);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().error_class, ErrorClass::kConflict);
}

TEST_F(WritingTest, EventsAreTakenAndRepeatsBecomeASeries) {
  EventRecorder events(client.get(), "fairlead.dev/operator", "test-0",
                       {.series_interval = std::chrono::seconds(0)});
  events.Start();
  const EventNote note{.regarding = {"v1", "Service", "default", "ratings", "uid"},
                       .reason = "PolicyConflict",
                       .action = "Lower",
                       .note = "the older policy wins",
                       .warning = true};
  for (int i = 0; i < 3; ++i) events.Record(note);
  const std::string path = "/apis/events.k8s.io/v1/namespaces/default/events";
  for (int i = 0; i < 1000 && events.written() < 3; ++i) (void)client->GetJson("/version");
  EXPECT_EQ(events.written(), 3u);
  EXPECT_EQ(events.dropped(), 0u);
  // The API server tells of its own Service in the same namespace.
  const Json::Value list = Json(*client->GetJson(path));
  std::vector<Json::Value> ours;
  for (const Json::Value& event : list["items"])
    if (event["regarding"]["name"] == "ratings") ours.push_back(event);
  ASSERT_EQ(ours.size(), 1u) << list.toStyledString();
  EXPECT_EQ(ours[0]["reason"], "PolicyConflict");
  EXPECT_EQ(ours[0]["series"]["count"], 3);
}

}  // namespace
}  // namespace fairlead::runtime
