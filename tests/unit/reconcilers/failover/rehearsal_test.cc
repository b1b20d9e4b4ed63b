// The rehearsal takes requests to come from where the proxies of the waypoint run.
#include "reconcilers/failover/rehearsal.h"

#include <gmock/gmock.h>

#include "tests/unit/reconcilers/failover/proxies_base.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RehearsalTest : public ProxiesTest {
 protected:
  using ProxiesTest::ProxiesTest;

  TargetForecast Down(const std::string& what) const {
    const Rehearsal rehearsal = Rehearse(world_, {*ParseOutage(what)});
    EXPECT_EQ(rehearsal.targets.size(), 1u);
    EXPECT_EQ(rehearsal.stranded, rehearsal.targets.at(0).stranded);
    text_ = ToText(rehearsal);
    return rehearsal.targets.at(0);
  }
  // "r/za, version=va"
  static std::vector<std::string> From(const TargetForecast& target) {
    std::vector<std::string> out;
    for (const SourceForecast& source : target.sources)
      out.push_back(ToString(source.from) + (source.labels.empty() ? "" : ", " + source.labels));
    return out;
  }
  static std::vector<double> Now(const TargetForecast& target) {
    std::vector<double> out;
    for (const PlaceLoad& load : target.places) out.push_back(load.now);
    return out;
  }
  static std::vector<double> Then(const TargetForecast& target) {
    std::vector<double> out;
    for (const PlaceLoad& load : target.places) out.push_back(load.then);
    return out;
  }

  mutable std::string text_;
};

TEST_F(RehearsalTest, RequestsComeFromWhereTheProxiesRunAlone) {
  Policy("");
  Proxy("w-1", "a");
  const TargetForecast target = Down("zone=r/zb");
  EXPECT_THAT(From(target), ElementsAre("r/za"));
  EXPECT_EQ(target.waypoint, kWaypoint);
  EXPECT_THAT(Now(target), ElementsAre(1, 0));
  EXPECT_THAT(Then(target), ElementsAre(1, 0)) << "nothing came from there";
  EXPECT_FALSE(target.stranded);
}

TEST_F(RehearsalTest, WhereNoProxyIsKnownTheyMayComeFromAnyPlace) {
  Policy("");
  const TargetForecast none = Down("zone=r/zb");
  EXPECT_THAT(From(none), ElementsAre("r/za", "r/zb"));
  EXPECT_EQ(none.waypoint, std::nullopt);
  EXPECT_THAT(Now(none), ElementsAre(0.5, 0.5));
  Proxy("w-1", "a");
  Proxy("w-2", "nowhere");
  EXPECT_THAT(From(Down("zone=r/zb")), ElementsAre("r/za", "r/zb")) << "of one it is not known";
}

TEST_F(RehearsalTest, AWaypointThatRunsNowhereElseWouldBeDown) {
  Policy("");
  Proxy("w-1", "a");
  const TargetForecast target = Down("zone=r/za");
  EXPECT_TRUE(target.stranded);
  EXPECT_TRUE(target.everything_down);
  EXPECT_EQ(WhyStranded(target), "its waypoint would be down");
  EXPECT_THAT(text_, HasSubstr("by FailoverPolicy shop/p: ITS WAYPOINT WOULD BE DOWN\n"));
  EXPECT_THAT(text_, Not(HasSubstr("NO PLACE TO GO")));
  EXPECT_THAT(Then(target), ElementsAre(0, 0));
  Proxy("w-2", "b");
  EXPECT_FALSE(Down("zone=r/za").stranded);
  EXPECT_EQ(WhyStranded(Down("zone=r/za")), "");
  SetReady(true, false);
  EXPECT_EQ(WhyStranded(Down("zone=r/za")), "some requests have no place to go");
}

TEST_F(RehearsalTest, ProxiesOfOnePlaceAreToldApartWhereTheirLabelsMatter) {
  Policy("priorityLabels: [version]");
  Proxy("w-1", "a", "version: va");
  Proxy("w-2", "a", "version: vb");
  Proxy("w-3", "b", "version: vb");
  const TargetForecast target = Down("zone=r/zb");
  EXPECT_THAT(From(target), ElementsAre("r/za, version=va", "r/za, version=vb", "r/zb"));
  EXPECT_THAT(text_, HasSubstr("  from r/za, version=va\n"));
  EXPECT_THAT(Now(target), ElementsAre(DoubleEq(0.25), DoubleEq(0.75))) << "each place sends half";
  Proxy("w-1", "a", "version: vc");
  Proxy("w-2", "a", "version: vd");
  EXPECT_THAT(From(Down("zone=r/zb")), ElementsAre("r/za", "r/zb")) << "they agree with no endpoint";
}

TEST_F(RehearsalTest, ADrillThatIsOnCounts) {
  world_.SetNow(Timestamp{1000});
  Proxy("w-1", "a");
  const std::string drill = "drill: {down: {zone: r/za}, weight: 30, until: \"1970-01-01T00:30:00Z\"";
  Policy(drill + "}");
  ASSERT_TRUE(world_.endpoints().at({kRatings, 80})->failover->drill.has_value());
  const TargetForecast zone = Down("zone=r/zb");
  EXPECT_THAT(Now(zone), ElementsAre(DoubleEq(0.3), DoubleEq(0.7)));
  EXPECT_THAT(Then(zone), ElementsAre(1, 0));
  EXPECT_FALSE(zone.stranded);
  EXPECT_THAT(text_, HasSubstr("a drill leaves out zone r/za now, and ends then"));
  Policy(drill + ", force: true}");
  const TargetForecast forced = Down("zone=r/zb");
  EXPECT_THAT(Then(forced), ElementsAre(DoubleEq(0.3), 0));
  EXPECT_EQ(WhyStranded(forced), "some requests have no place to go");
  EXPECT_THAT(text_, HasSubstr("a drill leaves out zone r/za now, and goes on then"));
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
