// Two replicas of the operator on a real API server; the leader is frozen, replaced, and thawed.
#include <csignal>

#include "tests/integration/operator/operator_test_base.h"

namespace fairlead::testing {
namespace {

constexpr char kNs[] = "replicas";
const std::string kRoute = "replicas/ratings|8080";

class ReplicasTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ApplyYaml("{apiVersion: v1, kind: Namespace, metadata: {name: fairlead-system}}");
    MakeNamespace(kNs);
    MakeService(kNs, "ratings");
    Begin(&a_, "a");
    ASSERT_TRUE(Eventually([&] { return a_.Ready() && Leads(a_); })) << a_.Log();
    Begin(&b_, "b");
    ASSERT_TRUE(Eventually([&] { return b_.Ready(); })) << b_.Log();
  }
  void TearDown() override {
    if (HasFailure()) ADD_FAILURE() << cluster().Logs() << "--- a\n" << a_.Log() << "--- b\n" << b_.Log();
  }
  void Begin(OperatorProcess* process, const std::string& identity) {
    const Result<void> started =
        process->Start({.kubeconfig = cluster().kubeconfig_path(),
                        .identity = identity,
                        .flags = {"--leader-elect", "--leader-elect-lease-duration=5s",
                                  "--leader-elect-renew-deadline=3s", "--leader-elect-retry-period=500ms"}});
    ASSERT_TRUE(started) << started.error().message;
  }
  static bool Leads(const OperatorProcess& process) { return process.Metric("fairlead_leader") == 1; }
  static double Writes(const OperatorProcess& process) {
    return process.Metric("fairlead_status_writes_total");
  }
  static std::unique_ptr<FakeEnvoy> Proxy(const OperatorProcess& process, const std::string& id,
                                          FakeEnvoy::Options options = {}) {
    options.port = process.xds_port();
    options.id = id;
    options.cluster = std::string(kNs) + "/waypoint";
    return std::make_unique<FakeEnvoy>(std::move(options));
  }

  OperatorProcess a_, b_;
};

TEST_F(ReplicasTest, TheLeaderCountsTheProxiesOfAllReplicas) {
  ASSERT_TRUE(Eventually([&] { return a_.Metric("fairlead_replicas_reporting") == 1; })) << b_.Log();
  const auto at_a = Proxy(a_, "w-a");
  const auto at_b = Proxy(b_, "w-b");
  ASSERT_TRUE(AwaitRoute(*at_b, kRoute, ""));
  const FakeEnvoy::Versions good = at_b->versions();
  MakePolicy(kNs, "shared", "ratings", "timeouts: {request: 1s}");
  auto status = AwaitStatus(kNs, "shared", "Programmed", [](const auto& s) { return s.waypoints == "2/2"; });
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->proxies.disconnected.empty());

  // At the follower: one that answers late, one that rejects.
  const auto late = Proxy(b_, "w-late", {.hold_answers = true});
  const auto picky = Proxy(b_, "w-picky", {.reject_routes = {kRoute}, .held = good});
  MakePolicy(kNs, "shared", "ratings", "timeouts: {request: 2s}");
  status = AwaitStatus(kNs, "shared", "Reconciling", [](const auto& s) {
    return s.waypoints == "2/4" && s.proxies.lagging.size() == 1 && s.proxies.rejected.size() == 1;
  });
  ASSERT_TRUE(status);
  EXPECT_EQ(status->proxies.lagging.front(), "replicas/waypoint (w-late)");
  EXPECT_THAT(status->proxies.rejected.front(), ::testing::HasSubstr("replicas/waypoint (w-picky)"));
  EXPECT_THAT(Message(*status, "Programmed"), ::testing::HasSubstr("rejected by the test"));

  late->ReleaseAnswers();
  picky->Disconnect();
  status = AwaitStatus(kNs, "shared", "Programmed", [](const auto& s) { return s.waypoints == "3/3"; });
  ASSERT_TRUE(status);
  EXPECT_EQ(Writes(b_), 0);  // the follower told, and wrote nothing

  // The follower goes: its proxies are nobody's.
  EXPECT_EQ(b_.process().Stop(std::chrono::seconds(60)), 0);
  ASSERT_TRUE(AwaitStatus(kNs, "shared", "Programmed", [](const auto& s) { return s.waypoints == "1/1"; }));
  DeletePolicy(kNs, "shared");
}

TEST_F(ReplicasTest, AFrozenLeaderIsReplacedAndItsLateWritesAreRefused) {
  EXPECT_FALSE(Leads(b_));
  const auto at_a = Proxy(a_, "w-a");
  const auto at_b = Proxy(b_, "w-b");
  ASSERT_TRUE(AwaitRoute(*at_a, kRoute, ""));
  ASSERT_TRUE(AwaitRouteIs(*at_b, kRoute, RouteAt(*at_a, kRoute)));  // both serve, and the same
  const std::string bare = RouteAt(*at_b, kRoute);

  MakePolicy(kNs, "ratings", "ratings", "timeouts: {request: 1s}");
  ASSERT_TRUE(AwaitStatus(kNs, "ratings", "Programmed"));
  ASSERT_TRUE(AwaitRoute(*at_b, kRoute, bare));
  EXPECT_EQ(RouteAt(*at_a, kRoute), RouteAt(*at_b, kRoute));
  EXPECT_EQ(Writes(b_), 0);

  // A write of the leader is due within a second (a proxy does not answer) when it is frozen.
  const auto silent = Proxy(a_, "w-silent", {.hold_answers = true});
  ASSERT_TRUE(AwaitStatus(kNs, "ratings", "Reconciling"));
  const double writes = Writes(a_);
  const std::string first = RouteAt(*at_a, kRoute);
  MakePolicy(kNs, "ratings", "ratings", "timeouts: {request: 2s}");
  ASSERT_TRUE(AwaitRoute(*at_a, kRoute, first));
  a_.process().Signal(SIGSTOP);
  const double in_time = user_->StatusOf(kNs, "ratings") ? 1 : 0;

  // The follower goes on serving, then leads, and statuses are those of what is there now.
  ASSERT_TRUE(AwaitRoute(*at_b, kRoute, first));
  const std::string second = RouteAt(*at_b, kRoute);
  MakePolicy(kNs, "ratings", "ratings", "timeouts: {request: 3s}");
  ASSERT_TRUE(AwaitRoute(*at_b, kRoute, second));
  ASSERT_TRUE(Eventually([&] { return Leads(b_); })) << b_.Log();
  auto status = AwaitStatus(kNs, "ratings", "Programmed");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->observed_generation, 3);

  // Thawed, the former leader finds its term over before it writes; it serves on, and tells the new one.
  a_.process().Signal(SIGCONT);
  ASSERT_TRUE(AwaitRouteIs(*at_a, kRoute, RouteAt(*at_b, kRoute)));
  ASSERT_TRUE(Eventually([&] { return !Leads(a_) && Leads(b_); }));
  status = AwaitStatus(kNs, "ratings", "Reconciling", [](const auto& s) { return s.waypoints == "2/3"; });
  ASSERT_TRUE(status);
  EXPECT_THAT(status->proxies.lagging, ::testing::ElementsAre("replicas/waypoint (w-silent)"));
  ASSERT_TRUE(Eventually([&] { return a_.Metric("fairlead_status_queue") == 0; }));
  EXPECT_LE(Writes(a_), writes + in_time);
  silent->ReleaseAnswers();
  ASSERT_TRUE(AwaitStatus(kNs, "ratings", "Programmed", [](const auto& s) { return s.waypoints == "3/3"; }));

  // An orderly end hands over; the next leader looks at every status.
  const std::string third = RouteAt(*at_a, kRoute);
  EXPECT_EQ(b_.process().Stop(std::chrono::seconds(60)), 0);
  ASSERT_TRUE(Eventually([&] { return Leads(a_); })) << a_.Log();
  MakePolicy(kNs, "ratings", "ratings", "timeouts: {request: 4s}");
  ASSERT_TRUE(AwaitRoute(*at_a, kRoute, third));
  status = AwaitStatus(kNs, "ratings", "Programmed");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->observed_generation, 4);
  EXPECT_FALSE(at_a->state().ended);
}

}  // namespace
}  // namespace fairlead::testing
