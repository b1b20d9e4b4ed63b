// A hundred waypoint proxies of all tempers: ten gateways with ten each.
#include "tests/integration/operator/embedded_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kGateways = 10;
constexpr int kServices = 5;
constexpr int kFast = 7;  // of ten: then a slow reader, one that answers late, one that rejects

std::string Team(int i) { return "team-" + std::to_string(i); }

// The proxies of one gateway.
struct Fleet {
  std::string ns;
  std::vector<std::unique_ptr<FakeEnvoy>> fast;
  std::unique_ptr<FakeEnvoy> slow, late, picky;

  std::string Route(int service = 0) const { return ns + "/s" + std::to_string(service) + "|8080"; }
  std::string Named(const std::string& id) const { return ns + "/waypoint (" + id + ")"; }
};

class ManyProxiesTest : public EmbeddedTest {
 protected:
  void SetUp() override {
    StartServer();
    for (int g = 0; g < kGateways; ++g) {
      MakeNamespace(Team(g));
      for (int s = 0; s < kServices; ++s) MakeService(Team(g), "s" + std::to_string(s));
      MakePolicy(Team(g), "p", "s0", "timeouts: {request: 1s}");
    }
    StartOperator();
  }

  std::unique_ptr<FakeEnvoy> Start(const std::string& ns, const std::string& id,
                                   FakeEnvoy::Options options = {}) {
    options.port = operator_.xds_port();
    options.id = id;
    options.cluster = ns + "/waypoint";
    return std::make_unique<FakeEnvoy>(std::move(options));
  }
  Fleet StartFleet(const std::string& ns) {
    Fleet fleet{ns};
    for (int i = 0; i < kFast; ++i) fleet.fast.push_back(Start(ns, "fast-" + std::to_string(i)));
    fleet.slow = Start(ns, "slow", {.stop_reading = true});
    fleet.late = Start(ns, "late", {.hold_answers = true});
    fleet.picky = Start(ns, "picky", {.reject_routes = {fleet.Route()}});
    return fleet;
  }
  // What every proxy of the namespace's waypoint is to have.
  FakeEnvoy::Versions Expected(const Fleet& fleet) {
    const auto& one = *fleet.fast.front();
    EXPECT_TRUE(one.Await([](const FakeEnvoy::State& s) { return s.Count(xds::Type::kRoute) == kServices; },
                          std::chrono::seconds(60)));
    return one.versions();
  }
  static bool Ends(const FakeEnvoy& proxy, const FakeEnvoy::Versions& versions) {
    return proxy.Await([&](const FakeEnvoy::State& s) { return s.held == versions && !s.ended; },
                       std::chrono::seconds(60));
  }
};

TEST_F(ManyProxiesTest, EachEndsWhereItShallAndStatusesCountThem) {
  std::vector<Fleet> fleets;
  for (int g = 0; g < kGateways; ++g) fleets.push_back(StartFleet(Team(g)));

  // The fast have all of it; each status says so, and names the others.
  for (const Fleet& fleet : fleets) {
    const FakeEnvoy::Versions versions = Expected(fleet);
    for (const auto& proxy : fleet.fast) EXPECT_TRUE(Ends(*proxy, versions));
    const auto status = AwaitStatus(fleet.ns, "p", "Reconciling", [](const api::PolicyStatus& s) {
      return s.proxies.programmed == kFast && s.proxies.rejected.size() == 1 && s.proxies.lagging.size() == 2;
    });
    ASSERT_TRUE(status);
    EXPECT_EQ(status->waypoints, "7/10");
    EXPECT_THAT(status->proxies.lagging, ElementsAre(fleet.Named("late"), fleet.Named("slow")));
    EXPECT_THAT(status->proxies.rejected, ElementsAre(HasSubstr(fleet.Named("picky"))));
    EXPECT_THAT(Message(*status, "Programmed"), HasSubstr("rejected by the test"));
  }
  EXPECT_EQ(operator_.Metric("fairlead_proxies_connected"), 100);

  // The late answer, the slow read: nine of ten.
  for (const Fleet& fleet : fleets) {
    fleet.late->ReleaseAnswers();
    fleet.slow->ResumeReading();
  }
  for (const Fleet& fleet : fleets) {
    const FakeEnvoy::Versions versions = Expected(fleet);
    EXPECT_TRUE(Ends(*fleet.late, versions));
    EXPECT_TRUE(Ends(*fleet.slow, versions));
    const auto status = AwaitStatus(fleet.ns, "p", "Reconciling",
                                    [](const api::PolicyStatus& s) { return s.waypoints == "9/10"; });
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->proxies.lagging.empty());
  }

  // A change reaches all but those that reject it; others of their routes go on.
  for (const Fleet& fleet : fleets) {
    MakePolicy(fleet.ns, "p", "s0", "timeouts: {request: 2s}");
    MakePolicy(fleet.ns, "q", "s1", "timeouts: {request: 3s}");
  }
  for (const Fleet& fleet : fleets) {
    ASSERT_TRUE(AwaitStatus(fleet.ns, "q", "Programmed",
                            [](const api::PolicyStatus& s) { return s.waypoints == "10/10"; }));
    ASSERT_TRUE(AwaitStatus(fleet.ns, "p", "Reconciling",
                            [](const api::PolicyStatus& s) { return s.waypoints == "9/10"; }));
    FakeEnvoy::Versions versions = Expected(fleet);
    for (const auto& proxy : fleet.fast) EXPECT_TRUE(Ends(*proxy, versions));
    EXPECT_TRUE(Ends(*fleet.late, versions));
    EXPECT_TRUE(Ends(*fleet.slow, versions));
    versions[static_cast<size_t>(xds::Type::kRoute)].erase(fleet.Route());
    EXPECT_TRUE(Ends(*fleet.picky, versions));
  }

  // Those that reject are replaced: everybody has everything.
  for (Fleet& fleet : fleets) {
    fleet.picky.reset();
    fleet.picky = Start(fleet.ns, "picky");
  }
  for (const Fleet& fleet : fleets) {
    ASSERT_TRUE(AwaitStatus(fleet.ns, "p", "Programmed",
                            [](const api::PolicyStatus& s) { return s.waypoints == "10/10"; }));
    EXPECT_TRUE(Ends(*fleet.picky, Expected(fleet)));
  }
  // A hundred acknowledgements did not cost a hundred writes.
  for (const Fleet& fleet : fleets) EXPECT_LE(StatusWrites(fleet.ns, "p"), 12u);
}

}  // namespace
}  // namespace fairlead::testing
