// The API server dies and comes back on the same data while a user goes on changing policies and routes.
#include <atomic>
#include <thread>

#include "crds/base/yaml.h"
#include "tests/integration/operator/operator_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kNs[] = "restart";
constexpr int kServices = 8;

std::string Service(int i) { return "s" + std::to_string(i); }

std::string PolicyOf(int service, int revision) {
  const std::string name = Service(service);
  return "apiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: " + name +
         ", namespace: " + kNs + "}\nspec: {targetRefs: [{group: \"\", kind: Service, name: " + name +
         "}], timeouts: {request: " + std::to_string(revision + 1) + "ms}}\n";
}

std::string RouteOf(int service, int revision) {
  const std::string name = Service(service);
  return "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: " + name +
         ", namespace: " + kNs + "}\nspec:\n  parentRefs: [{group: \"\", kind: Service, name: " + name +
         ", port: 8080}]\n  rules: [{matches: [{path: {type: PathPrefix, value: /v" +
         std::to_string(revision) + "}}], backendRefs: [{name: " + name + ", port: 8080}]}]\n";
}

// A user who does not give up: each change is tried until it is carried out.
class Writer {
 public:
  explicit Writer(const std::string& kubeconfig)
      : cluster_(*demo::Cluster::Connect(kubeconfig, "", &patience_)),
        thread_([this](std::stop_token s) { Run(s); }) {}

  bool AwaitMore(int writes) {
    const int target = written_ + writes;
    return Eventually([&] { return written_ >= target; });
  }
  int failures() const { return failures_; }
  void Stop() {
    thread_.request_stop();
    thread_.join();
  }

 private:
  // At each round a policy and a route change, and of some services one of them goes.
  void Run(const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      const int service = i % kServices;
      if (i % 5 == 3) {
        Persist(stop,
                [&] { return Gone(cluster_->Delete(Kind::kRetryTimeoutPolicy, kNs, Service(service))); });
      } else {
        Persist(stop, [&] { return Applied(PolicyOf(service, i)); });
      }
      if (i % 7 == 4) {
        Persist(stop, [&] { return Gone(cluster_->Delete(Kind::kHTTPRoute, kNs, Service(service))); });
      } else {
        Persist(stop, [&] { return Applied(RouteOf(service, i)); });
      }
    }
  }
  bool Applied(const std::string& yaml) { return cluster_->Apply((*ParseYaml(yaml))[0].json).has_value(); }
  static bool Gone(const Result<void>& deleted) {
    return deleted || deleted.error().error_class == ErrorClass::kNotFound;
  }
  void Persist(const std::stop_token& stop, const std::function<bool()>& change) {
    (void)demo::Patience(stop).Await("", [&] {
      if (change()) {
        ++written_;
        return true;
      }
      ++failures_;
      return false;
    });
  }

  demo::Patience patience_{std::stop_token{}};
  std::unique_ptr<demo::Cluster> cluster_;
  std::atomic<int> written_ = 0, failures_ = 0;
  std::jthread thread_;
};

class RestartTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    MakeNamespace(kNs);
    for (int i = 0; i < kServices; ++i) MakeService(kNs, Service(i));
    Begin(&operator_, {});
    ASSERT_TRUE(Eventually([&] { return operator_.Ready(); })) << operator_.ReadyText() << operator_.Log();
  }
  void TearDown() override {
    if (HasFailure()) ADD_FAILURE() << cluster().Logs() << "--- operator\n" << operator_.Log();
  }
  // Those beside the first only serve: one process writes statuses.
  void Begin(OperatorProcess* process, std::vector<std::string> flags) {
    const Result<void> started =
        process->Start({.kubeconfig = cluster().kubeconfig_path(), .flags = std::move(flags)});
    ASSERT_TRUE(started) << started.error().message;
  }
  static std::unique_ptr<FakeEnvoy> Proxy(const OperatorProcess& process, const std::string& id) {
    return std::make_unique<FakeEnvoy>(
        FakeEnvoy::Options{.port = process.xds_port(), .id = id, .cluster = std::string(kNs) + "/waypoint"});
  }
  static bool HasAllRoutes(const FakeEnvoy& envoy) {
    return envoy.Await([](const FakeEnvoy::State& s) { return s.Count(xds::Type::kRoute) == kServices; },
                       std::chrono::seconds(60));
  }

  bool SeesAll() const {
    return operator_.Metric("fairlead_watch_up") == operator_.Metric("fairlead_watch_synced");
  }

  OperatorProcess operator_;
};

TEST_F(RestartTest, ProxiesAreServedAllAlongAndEndAsIfNothingHadHappened) {
  const auto proxy = Proxy(operator_, "w-1");
  ASSERT_TRUE(HasAllRoutes(*proxy));
  Writer writer(cluster().kubeconfig_path());
  ASSERT_TRUE(writer.AwaitMore(40));

  for (int round = 0; round < 2; ++round) {
    const int failures = writer.failures();
    cluster().KillApiServer();
    ASSERT_TRUE(Eventually([&] { return writer.failures() > failures + 2; }));
    // Down: what was read is still served, and said to be old; who never read anything is not ready.
    ASSERT_TRUE(Eventually([&] { return !SeesAll(); }));
    EXPECT_TRUE(operator_.Ready());
    const auto late = Proxy(operator_, "late");
    EXPECT_TRUE(HasAllRoutes(*late));
    OperatorProcess newcomer;
    Begin(&newcomer, {"--roles=control-plane"});
    ASSERT_TRUE(Eventually([&] {
      return newcomer.ReadyText().find("list of services: ") != std::string::npos;
    })) << newcomer.ReadyText();
    EXPECT_FALSE(newcomer.Ready());

    const Result<void> restarted = cluster().StartApiServer();
    ASSERT_TRUE(restarted) << restarted.error().message;
    ASSERT_TRUE(Eventually([&] { return newcomer.Ready(); })) << newcomer.ReadyText() << newcomer.Log();
    ASSERT_TRUE(writer.AwaitMore(40));
    ASSERT_TRUE(Eventually([&] { return SeesAll(); })) << operator_.Get("/metrics");
  }
  writer.Stop();

  OperatorProcess fresh;
  Begin(&fresh, {"--roles=control-plane"});
  ASSERT_TRUE(Eventually([&] { return fresh.Ready(); })) << fresh.ReadyText();
  const auto reference = Proxy(fresh, "reference");
  ASSERT_TRUE(HasAllRoutes(*reference));
  EXPECT_TRUE(Eventually([&] { return proxy->versions() == reference->versions(); }));
  const FakeEnvoy::State state = proxy->state();
  EXPECT_FALSE(state.ended);
  EXPECT_EQ(state.Count(xds::Type::kRoute), static_cast<size_t>(kServices));
  // One list at the start, and at most one for each time that the API server went. A kind that is not
  // installed is asked for now and then.
  const double absent = operator_.Metric("fairlead_watch_lists_total{kind=\"ServiceEntry\"}");
  EXPECT_LE(operator_.Metric("fairlead_watch_lists_total") - absent,
            3 * (operator_.Metric("fairlead_watch_synced") - 1))
      << operator_.Get("/debug/dump?part=watches");

  // And statuses are those of the present.
  MakePolicy(kNs, "s1", "s1", "timeouts: {request: 5s}");
  const auto status = AwaitStatus(kNs, "s1", "Programmed");
  ASSERT_TRUE(status);
  EXPECT_THAT(Message(*status, "Programmed"), HasSubstr("1 of 1 proxy has it"));
}

}  // namespace
}  // namespace fairlead::testing
