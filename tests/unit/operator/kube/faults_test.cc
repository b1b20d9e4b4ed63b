// List and watch against an API server that misbehaves on purpose: whatever the fault, the objects end up
// right, and a fault costs at most one further list.
#include <gtest/gtest.h>

#include "operator/kube/client.h"
#include "operator/kube/cpprest_transport.h"
#include "operator/kube/reflector.h"
#include "tests/integration/kube/waiting_sink.h"
#include "tests/support/apiserver/server.h"

namespace fairlead::kube {
namespace {

using apiserver::ApiServer;
using apiserver::FaultKind;
using apiserver::FaultRule;
using std::chrono::milliseconds;
using testing::WaitingSink;

const Resource kConfigMaps{"", "v1", "configmaps"};

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    server = *ApiServer::Start();
    transport = std::move(*MakeTransport(*ParseKubeconfig({{"kubeconfig", server->kubeconfig()}})));
  }
  void Write(const std::string& name) {
    Client writer(transport.get());
    const Result<Written> written =
        writer.Apply({{"", "v1", "namespaces"}, "", name},
                     R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + "\"}}",
                     {.manager = "tests"});
    ASSERT_TRUE(written) << written.error().message;
  }
  size_t ListsOf(const std::string& resource) const {
    size_t lists = 0;
    for (const apiserver::AuditRecord& record : server->audit().Records()) {
      lists += record.verb == "list" && record.resource == resource ? 1 : 0;
    }
    return lists;
  }
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<HttpTransport> transport;
};

struct Case {
  std::string name;
  FaultRule rule;
  size_t more_lists = 1;  // beyond the first
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

class WatchFaults : public Faults, public ::testing::WithParamInterface<Case> {};

TEST_P(WatchFaults, TheObjectsEndUpRight) {
  for (const char* name : {"a", "b", "c"}) Write(name);
  FaultRule rule = GetParam().rule;
  rule.resource = "namespaces";
  server->faults().Add(rule);
  WaitingSink sink;
  Reflector reflector(transport.get(), ObjectStream::TargetOf(Kind::kNamespace),
                      std::make_unique<ObjectStream>(Kind::kNamespace, &sink),
                      {.page_size = 2,
                       .list_timeout = milliseconds(1000),
                       .open_timeout = milliseconds(1000),
                       .idle_timeout = milliseconds(1000),
                       .backoff_base = milliseconds(5)});
  reflector.Start();
  ASSERT_TRUE(sink.AwaitSynced());
  for (int i = 0; i < 20; ++i) Write("n" + std::to_string(i));
  ASSERT_TRUE(sink.Await([](const WaitingSink::Objects& objects) { return objects.contains({"", "n19"}); }));
  EXPECT_TRUE(sink.Await([&](const WaitingSink::Objects& objects) {
    for (int i = 0; i < 20; ++i) {
      if (!objects.contains({"", "n" + std::to_string(i)})) return false;
    }
    return objects.contains({"", "a"}) && objects.contains({"", "c"});
  }));
  EXPECT_EQ(server->faults().hits(), 1u);
  EXPECT_LE(reflector.status().lists, 1 + GetParam().more_lists);
}

INSTANTIATE_TEST_SUITE_P(
    All, WatchFaults,
    ::testing::Values(
        Case{"ListInternalError", {.verb = "list", .kind = FaultKind::kStatus, .code = 500}, 0},
        Case{"ListTooManyRequests",
             {.verb = "list", .kind = FaultKind::kStatus, .code = 429, .retry_after_seconds = 1},
             0},
        Case{"ListUnavailable",
             {.verb = "list", .kind = FaultKind::kStatus, .code = 503, .retry_after_seconds = 1},
             0},
        Case{"SecondPageExpired", {.verb = "list", .skip = 1, .kind = FaultKind::kStatus, .code = 410}},
        Case{"SecondPageDropped", {.verb = "list", .skip = 1, .kind = FaultKind::kDropInBody}, 0},
        Case{"ListDroppedBeforeHeaders", {.verb = "list", .kind = FaultKind::kDropBeforeHeaders}, 0},
        Case{"ListDroppedAfterHeaders", {.verb = "list", .kind = FaultKind::kDropAfterHeaders}, 0},
        Case{"ListDroppedInBody", {.verb = "list", .kind = FaultKind::kDropInBody}, 0},
        Case{"ListStalled", {.verb = "list", .kind = FaultKind::kStall}, 0},
        Case{"WatchGoneAtConnect", {.verb = "watch", .kind = FaultKind::kStatus, .code = 410}},
        Case{"WatchInternalError", {.verb = "watch", .kind = FaultKind::kStatus, .code = 500}, 0},
        Case{"WatchTooManyRequests",
             {.verb = "watch", .kind = FaultKind::kStatus, .code = 429, .retry_after_seconds = 1},
             0},
        Case{"WatchDroppedBeforeHeaders", {.verb = "watch", .kind = FaultKind::kDropBeforeHeaders}, 0},
        Case{"WatchStalledAtConnect", {.verb = "watch", .kind = FaultKind::kStall}, 0},
        Case{"WatchExpires", {.verb = "watch", .kind = FaultKind::kWatchExpire, .after_events = 5}},
        Case{"WatchDrops", {.verb = "watch", .kind = FaultKind::kWatchDrop, .after_events = 5}, 0},
        Case{"WatchStalls", {.verb = "watch", .kind = FaultKind::kWatchStall, .after_events = 5}, 0},
        Case{"TruncatedFrame", {.verb = "watch", .kind = FaultKind::kTruncatedFrame, .after_events = 5}, 0},
        Case{"OversizedFrame",
             {.verb = "watch", .kind = FaultKind::kOversizedFrame, .after_events = 5, .bytes = 9u << 20}},
        Case{"DuplicateEvent", {.verb = "watch", .kind = FaultKind::kDuplicateEvent, .after_events = 5}, 0}),
    [](const auto& info) { return info.param.name; });

TEST_F(Faults, ACreateWhoseReplyWasLostIsNotSentAgain) {
  Client client(transport.get());
  // A connection that was used before is in the pool: the library would send again over a new one.
  ASSERT_TRUE(client.GetJson("/version"));
  server->faults().Add(
      {.verb = "create", .resource = "configmaps", .after = true, .kind = FaultKind::kDropBeforeHeaders});
  const Result<Written> lost =
      client.Create({kConfigMaps, "default", "once"},
                    R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"once"}})", "tests");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().error_class, ErrorClass::kTransient);
  EXPECT_EQ(server->audit().Writes("fairlead-operator").size(), 1u);
}

TEST_F(Faults, AReadWhoseConnectionDiedIsSentAgainOnce) {
  Client client(transport.get());
  const ObjectName name{{"", "v1", "namespaces"}, "", "default"};
  server->faults().Add(
      {.verb = "get", .resource = "namespaces", .times = 1, .kind = FaultKind::kDropBeforeHeaders});
  const Result<std::string> read = client.GetJson(name);
  EXPECT_TRUE(read) << read.error().message;
  server->faults().Add(
      {.verb = "get", .resource = "namespaces", .times = -1, .kind = FaultKind::kDropBeforeHeaders});
  EXPECT_FALSE(client.GetJson(name));
  EXPECT_LE(server->faults().hits(), 4u);
}

}  // namespace
}  // namespace fairlead::kube
