// A failover drill through the programs fairleadctl and fairlead-operator, with a real Envoy: what it does
// with requests in two zones, and that it ends whoever lives.
#include <cmath>

#include "crds/object/any_object.h"
#include "tests/integration/operator/embedded_test_base.h"
#include "tests/support/backend/backend.h"
#include "tests/support/envoy/envoy.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};

class DrillTest : public EmbeddedTest {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    StartServer();
    waypoint_port_ = FreePort();
    MakeNamespace("shop");
    ApplyYaml(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: "
        "shop, labels: "
        "{istio.io/waypoint-for: service}, annotations: {fairlead.dev/plaintext-port: \"" +
        std::to_string(waypoint_port_) +
        "\"}}\nspec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: "
        "HBONE}]}\n");
    ApplyYaml(
        "apiVersion: v1\nkind: Service\nmetadata: {name: ratings, namespace: shop}\nspec: {ports: [{name: "
        "http, port: "
        "8080, appProtocol: http}]}\n");
    for (const char* zone : {"a", "b"}) {
      ApplyYaml("apiVersion: v1\nkind: Node\nmetadata: {name: node-" + std::string(zone) +
                ", labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z" + zone +
                "}}\n");
      backends_[zone] = *Backend::Start(zone);
      SetReady(zone, true);
    }
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: "
        "shop}\nspec: "
        "{targetRefs: [{kind: Service, name: ratings}]}\n");
    StartOperator();
  }

  void SetReady(const std::string& zone, bool ready) {
    ApplyYaml("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ratings-" + zone +
              ", namespace: shop, labels: {kubernetes.io/service-name: ratings}}\naddressType: IPv4\nports: "
              "[{name: "
              "http, protocol: TCP, port: " +
              std::to_string(backends_.at(zone)->port()) +
              "}]\nendpoints: [{addresses: [127.0.0.1], nodeName: node-" + zone +
              ", conditions: {ready: " + (ready ? "true" : "false") + "}}]\n");
  }

  // `fairleadctl …`: its exit code; what it printed is in said_.
  int Run(const std::vector<std::string>& words) {
    std::vector<std::string> argv = {FAIRLEAD_BINARY_DIR "/bin/fairleadctl"};
    argv.insert(argv.end(), words.begin(), words.end());
    argv.insert(argv.end(), {"--kubeconfig", dir_ / "kubeconfig"});
    TempDir dir;
    auto program = Process::Spawn({.argv = argv, .log_file = dir / "log"});
    EXPECT_TRUE(program) << program.error().message;
    if (!program) return -1;
    const auto code = program->Wait(kPatience);
    said_ = ReadFile(dir / "log");
    return code.value_or(-1);
  }
  int Drill(std::vector<std::string> words) {
    words.insert(words.begin(), {"failover", "drill"});
    return Run(words);
  }
  int Start(const std::string& length, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"start", "shop/near", "--down", "zone=r/za", "--for", length};
    words.insert(words.end(), more.begin(), more.end());
    return Drill(words);
  }

  std::unique_ptr<Envoy> StartEnvoy() {
    auto envoy = Envoy::Start({.xds_port = operator_.xds_port(),
                               .id = "w-a",
                               .cluster = "shop/waypoint",
                               .region = "r",
                               .zone = "za"});
    EXPECT_TRUE(envoy) << envoy.error().message;
    if (!envoy) return nullptr;
    EXPECT_TRUE((*envoy)->AwaitListener(waypoint_port_, kPatience));
    return std::move(*envoy);
  }

  // By zone; fewer than `requests` where some were not answered 200.
  std::map<std::string, int> Send(int requests) {
    for (const auto& [zone, backend] : backends_) backend->Forget();
    HttpClient client("127.0.0.1", waypoint_port_);
    int good = 0;
    for (int i = 0; i < requests; ++i)
      good += client.Call({.path = "/", .host = "ratings.shop", .timeout = kPatience}).status == 200 ? 1 : 0;
    std::map<std::string, int> out;
    for (const auto& [zone, backend] : backends_) out[zone] = static_cast<int>(backend->Count());
    if (good != requests) out.clear();
    return out;
  }
  // All requests come to the zone's backend.
  bool Comes(const std::string& zone) {
    return Eventually([&] { return Send(20)[zone] == 20; }, kPatience);
  }

  std::optional<api::DrillStatus> Status() {
    const auto object = user_->Read(Kind::kFailoverPolicy, "shop", "near");
    if (!object) return std::nullopt;
    const auto document = JsonDocument::Parse(WriteJson(*object));
    const AnyObject parsed = ParseObject(Kind::kFailoverPolicy, document->root()).object;
    const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&parsed);
    if (policy == nullptr || !(*policy)->status) return std::nullopt;
    if ((*policy)->status->observed_generation != (*policy)->meta.generation) return std::nullopt;
    return (*policy)->status->failover.drill;
  }
  bool Becomes(const std::string& state, int programmed, int needed) {
    return Eventually(
        [&] {
          const auto drill = Status();
          said_ = drill ? drill->state + " " + drill->reason + " " + std::to_string(drill->programmed) +
                              ": " + drill->message
                        : "none";
          return drill && drill->state == state && drill->programmed == programmed && drill->needed == needed;
        },
        kPatience);
  }

  int waypoint_port_ = 0;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
  std::string said_;
};

TEST_F(DrillTest, TakesAZoneOutInStepsAndIsStoppedAtOnce) {
  auto envoy = StartEnvoy();
  ASSERT_NE(envoy, nullptr);
  ASSERT_TRUE(Comes("a"));

  ASSERT_EQ(Start("10m", {"--weight", "30", "--watch=false"}), 0) << said_;
  EXPECT_THAT(said_, HasSubstr("100 % -> 30 %"));
  ASSERT_TRUE(Becomes("Running", 1, 1)) << said_;
  ASSERT_TRUE(Eventually([&] { return Send(20)["b"] > 0; }, kPatience));
  constexpr int kRequests = 1000;
  // Binomial: within five sigma of its mean, once in 1.7 million tries not.
  EXPECT_NEAR(Send(kRequests)["a"], 0.3 * kRequests, 5 * std::sqrt(kRequests * 0.3 * 0.7));

  ASSERT_EQ(Start("10m", {"--watch=false"}), 0) << said_;
  EXPECT_TRUE(Comes("b"));
  EXPECT_EQ(Drill({"status", "near", "-n", "shop"}), 0);
  EXPECT_THAT(said_, HasSubstr("zone r/za"));
  EXPECT_EQ(Run({"failover", "status", "shop/near"}), 0);
  EXPECT_THAT(
      said_,
      AllOf(HasSubstr("Running: requests to Service shop/ratings leave out zone r/za"),
            HasSubstr("1. same zone: 1 of 1 healthy, gets 0 %; a drill leaves out 1 of its endpoints")));
  ASSERT_EQ(Drill({"stop", "shop/near"}), 0) << said_;
  EXPECT_TRUE(Comes("a"));

  // By its time, told to who follows.
  EXPECT_EQ(Start("3s"), 0) << said_;
  EXPECT_THAT(said_, HasSubstr("Ended: its time"));
  EXPECT_TRUE(Comes("a"));
}

TEST_F(DrillTest, EndsByItsTimeThoughTheOperatorIsDead) {
  auto envoy = StartEnvoy();
  ASSERT_NE(envoy, nullptr);
  ASSERT_EQ(Start("30s", {"--watch=false"}), 0) << said_;
  ASSERT_TRUE(Comes("b"));
  operator_.process().Kill();
  EXPECT_TRUE(Comes("a")) << envoy->Admin("/runtime");

  StartOperator();
  EXPECT_TRUE(Becomes("Ended", 0, 0)) << said_;
}

TEST_F(DrillTest, EndsWhereNothingHealthyIsLeftAndDoesNotComeBack) {
  auto envoy = StartEnvoy();
  ASSERT_NE(envoy, nullptr);
  ASSERT_EQ(Start("10m", {"--watch=false"}), 0) << said_;
  ASSERT_TRUE(Comes("b"));
  SetReady("b", false);
  EXPECT_TRUE(Comes("a"));
  EXPECT_TRUE(Becomes("Ended", 0, 0)) << said_;
  EXPECT_EQ(Start("10m", {"--watch=false"}), 1);
  EXPECT_THAT(said_, HasSubstr("nothing healthy is left"));
  SetReady("b", true);
  operator_.process().Kill();
  StartOperator();
  EXPECT_TRUE(Becomes("Ended", 0, 0)) << said_ << ": also for a new operator";
}

TEST_F(DrillTest, GoesOnUnderANewOperator) {
  ASSERT_EQ(Start("10m", {"--watch=false"}), 0) << said_;
  ASSERT_TRUE(Becomes("Running", 0, 0)) << said_;
  operator_.process().Kill();
  StartOperator();
  const FakeEnvoy envoy(
      {.port = operator_.xds_port(), .id = "f-1", .cluster = "shop/waypoint", .runtime = true});
  EXPECT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.Has(xds::Type::kRuntime, "fairlead"); },
                          kPatience));
  EXPECT_TRUE(Becomes("Running", 1, 1)) << said_;
}

TEST_F(DrillTest, TheStatusTellsOfProxiesThatCannotTakePart) {
  const auto start = [&](const std::string& id, bool runtime) {
    return std::make_unique<FakeEnvoy>(FakeEnvoy::Options{.port = operator_.xds_port(),
                                                          .id = id,
                                                          .cluster = "shop/waypoint",
                                                          .region = "r",
                                                          .zone = "za",
                                                          .runtime = runtime});
  };
  const auto without = start("f-1", false);
  ASSERT_EQ(Start("10m", {"--watch=false"}), 0) << said_;
  EXPECT_TRUE(Becomes("Running", 0, 1)) << said_;
  EXPECT_THAT(said_, HasSubstr("no runtime layer \"fairlead\""));
  const auto with = start("f-2", true);
  EXPECT_TRUE(Becomes("Running", 1, 2)) << said_;
  ASSERT_EQ(Drill({"stop", "shop/near"}), 0) << said_;
  EXPECT_TRUE(with->Await(
      [](const FakeEnvoy::State& s) {
        return s.absent[static_cast<size_t>(xds::Type::kRuntime)].contains("fairlead");
      },
      kPatience));
}

}  // namespace
}  // namespace fairlead::testing
