// Malformed objects among good ones: whatever an API server without validation may hold.
#include "tests/integration/operator/embedded_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kGood = 100;

std::string Named(int i) { return "s" + std::to_string(i); }

std::string BadPolicy(const std::string& name, const std::string& spec) {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":")" + name +
         R"(","namespace":"shop"},"spec":)" + spec + "}";
}

std::string BadRoute(const std::string& name, const std::string& spec) {
  return R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":")" + name +
         R"(","namespace":"shop"},"spec":)" + spec + "}";
}

std::string Refs(const std::string& service) {
  return R"("targetRefs":[{"group":"","kind":"Service","name":")" + service + R"("}])";
}

std::string Nested(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += "{\"a\":";
  out += "1";
  for (int i = 0; i < depth; ++i) out += "}";
  return out;
}

std::string ManyRefs(int n) {
  std::string out = "{\"targetRefs\":[";
  for (int i = 0; i < n; ++i) out += std::string(i > 0 ? "," : "") + R"({"kind":7,"name":["x"]})";
  return out + "]}";
}

struct Bad {
  std::string name, spec, field;
};

std::vector<Bad> BadPolicies() {
  return {
      {"spec-is-text", R"("much")", "spec"},
      {"spec-is-list", "[1,2]", "spec"},
      {"refs-are-an-object", R"({"targetRefs":{"kind":"Service"}})", "spec.targetRefs"},
      {"ref-is-a-number", R"({"targetRefs":[3]})", "spec.targetRefs[0]"},
      {"attempts-is-text", "{" + Refs("s1") + R"(,"retries":{"attempts":"many"}})", "spec.retries.attempts"},
      {"attempts-is-huge", "{" + Refs("s1") + R"(,"retries":{"attempts":9223372036854775807}})",
       "spec.retries.attempts"},
      {"timeout-is-long",
       "{" + Refs("s1") + R"(,"timeouts":{"request":")" + std::string(500'000, '9') + R"(s"}})",
       "spec.timeouts.request"},
      {"timeout-is-deep", "{" + Refs("s1") + R"(,"timeouts":{"request":)" + Nested(100) + "}}",
       "spec.timeouts.request"},
      {"too-many-refs", ManyRefs(5000), "spec.targetRefs"},
      {"unknown-mode", "{" + Refs("s1") + R"(,"mode":"Perhaps","timeouts":{"request":"1s"}})", "spec.mode"}};
}

class BadInputTest : public EmbeddedTest {
 protected:
  void SetUp() override {
    StartServer({"retrytimeoutpolicies", "httproutes"});
    MakeNamespace("shop");
    for (int i = 0; i < kGood; ++i) {
      MakeService("shop", Named(i));
      MakePolicy("shop", Named(i), Named(i), "timeouts: {request: " + std::to_string(i + 1) + "s}");
    }
  }
  // A change of a good object is carried through: what was owed before it has been paid, or never will be.
  void Flush() {
    static int n = 0;
    MakePolicy("shop", "s0", "s0", "timeouts: {request: " + std::to_string(++n + 500) + "s}");
    ASSERT_TRUE(AwaitStatus("shop", "s0", "Programmed"));
  }
  std::optional<api::PolicyStatus> AwaitInvalid(const std::string& name) {
    return AwaitStatus("shop", name, "Reconciling",
                       [](const api::PolicyStatus& s) { return Reason(s, "Accepted") == "Invalid"; });
  }
};

TEST_F(BadInputTest, TheGoodAreServedAndTheBadAreTold) {
  for (const Bad& bad : BadPolicies()) Store(BadPolicy(bad.name, bad.spec));
  Store(
      BadRoute("bad-rules", R"({"parentRefs":[{"group":"","kind":"Service","name":"s1"}],"rules":"none"})"));
  Store(BadRoute("bad-parents", R"({"parentRefs":"s2","rules":[]})"));
  Store(BadRoute("bad-depth", R"({"parentRefs":[{"group":"","kind":"Service","name":"s3"}],"rules":)" +
                                  Nested(100) + "}"));
  Store(
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":"at-bad-route","namespace":"shop"},
    "spec":{"targetRefs":[{"group":"gateway.networking.k8s.io","kind":"HTTPRoute","name":"bad-rules"}],"timeouts":{"request":"1s"}}})");
  StartOperator();
  FakeEnvoy envoy({.port = operator_.xds_port(), .id = "w-1", .cluster = "shop/waypoint"});

  for (int i = 0; i < kGood; ++i) ASSERT_TRUE(AwaitRoute(envoy, "shop/" + Named(i) + "|8080", "")) << i;
  for (int i = 0; i < kGood; ++i) {
    const auto status = AwaitStatus("shop", Named(i), "Programmed");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->waypoints, "1/1");
  }
  for (const Bad& bad : BadPolicies()) {
    const auto status = AwaitInvalid(bad.name);
    ASSERT_TRUE(status);
    EXPECT_THAT(Message(*status, "Accepted"), HasSubstr(bad.field)) << bad.name;
    EXPECT_LT(Message(*status, "Accepted").size(), 4096u) << bad.name;
  }
  const auto at_bad_route = AwaitStatus("shop", "at-bad-route", "Reconciling");
  ASSERT_TRUE(at_bad_route);
  EXPECT_THAT(Message(*at_bad_route, "Accepted"),
              HasSubstr("HTTPRoute shop/bad-rules: it is malformed: spec.rules"));

  Flush();
  Flush();
  for (const Bad& bad : BadPolicies()) EXPECT_EQ(StatusWrites("shop", bad.name), 1u) << bad.name;
  EXPECT_EQ(operator_.Metric("fairlead_invalid_objects"), static_cast<double>(BadPolicies().size() + 3));
  EXPECT_LT(operator_.LogLines(), 100u);
  EXPECT_LT(operator_.Log(SIZE_MAX).size(), 100'000u);
}

TEST_F(BadInputTest, ABadVersionOfAGoodPolicyLeavesTheGoodInForce) {
  StartOperator();
  FakeEnvoy envoy({.port = operator_.xds_port(), .id = "w-1", .cluster = "shop/waypoint"});
  ASSERT_TRUE(AwaitStatus("shop", "s7", "Programmed"));
  const std::string good = RouteAt(envoy, "shop/s7|8080");
  Store(BadPolicy("s7", "{" + Refs("s7") + R"(,"timeouts":{"request":5}})"));
  const auto status = AwaitInvalid("s7");
  ASSERT_TRUE(status);
  EXPECT_THAT(Message(*status, "Accepted"), HasSubstr("spec.timeouts.request"));
  EXPECT_THAT(Message(*status, "Programmed"), HasSubstr("this generation is not programmed"));
  EXPECT_EQ(RouteAt(envoy, "shop/s7|8080"), good);
  MakePolicy("shop", "s7", "s7", "timeouts: {request: 77s}");
  EXPECT_TRUE(AwaitStatus("shop", "s7", "Programmed"));
  EXPECT_NE(RouteAt(envoy, "shop/s7|8080"), good);
}

TEST_F(BadInputTest, AThousandBadVersionsFillNeitherMemoryNorLog) {
  StartOperator();
  FakeEnvoy envoy({.port = operator_.xds_port(), .id = "w-1", .cluster = "shop/waypoint"});
  ASSERT_TRUE(AwaitStatus("shop", "s99", "Programmed"));
  const auto rewrite = [&](int begin, int end) {
    for (int i = begin; i < end; ++i) {
      Store(BadPolicy("rewritten", "{" + Refs("s1") + R"(,"timeouts":{"request":")" + std::to_string(i) +
                                       std::string(20'000, 'x') + R"("}})"));
    }
    ASSERT_TRUE(AwaitInvalid("rewritten"));
    Flush();
  };
  rewrite(0, 200);
  const size_t lines = operator_.LogLines();
  const size_t bytes = operator_.ResidentBytes();
  rewrite(200, 1000);
  EXPECT_LT(operator_.ResidentBytes(), bytes + (16u << 20));
  EXPECT_LT(operator_.LogLines(), lines + 60);
  EXPECT_LE(StatusWrites("shop", "rewritten"), 1000u);
}

TEST_F(BadInputTest, LintNamesFileAndField) {
  for (const Bad& bad : BadPolicies()) {
    const std::string file = dir_ / (bad.name + ".json");
    WriteFile(file, BadPolicy(bad.name, bad.spec));
    Result<Process> lint =
        Process::Spawn({.argv = {FAIRLEAD_BINARY_DIR "/bin/fairleadctl", "lint", "-f", file},
                        .log_file = dir_ / "lint.log"});
    ASSERT_TRUE(lint);
    EXPECT_EQ(lint->Wait(std::chrono::seconds(60)), 1) << bad.name << lint->Log();
    EXPECT_THAT(lint->Log(), HasSubstr(file));
    EXPECT_THAT(lint->Log(), HasSubstr(bad.field));
    EXPECT_LT(ReadFile(dir_ / "lint.log").size(), 64'000u) << bad.name;
  }
}

}  // namespace
}  // namespace fairlead::testing
