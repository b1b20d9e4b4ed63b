// A failover drill through the programs fairleadctl and fairlead-operator, with a real Envoy: what it does
// with requests in two zones, and that it ends whoever lives.
#include <cmath>

#include "crds/object/any_object.h"
#include "tests/integration/operator/two_zones_base.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class DrillTest : public TwoZonesTest {
 protected:
  void SetUp() override {
    TwoZonesTest::SetUp();
    if (IsSkipped()) return;
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: shop}\n"
        "spec: {targetRefs: [{kind: Service, name: ratings}]}\n");
    StartOperator();
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

  std::string said_;
};

TEST_F(DrillTest, TakesAZoneOutInStepsAndIsStoppedAtOnce) {
  auto envoy = StartEnvoy("a");
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
  auto envoy = StartEnvoy("a");
  ASSERT_NE(envoy, nullptr);
  ASSERT_EQ(Start("30s", {"--watch=false"}), 0) << said_;
  ASSERT_TRUE(Comes("b"));
  operator_.process().Kill();
  EXPECT_TRUE(Comes("a")) << envoy->Admin("/runtime");

  StartOperator();
  EXPECT_TRUE(Becomes("Ended", 0, 0)) << said_;
}

TEST_F(DrillTest, EndsWhereNothingHealthyIsLeftAndDoesNotComeBack) {
  auto envoy = StartEnvoy("a");
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
