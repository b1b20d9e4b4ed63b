// What cannot be read, and of what no version could: waypoints that are there stay.
#include "tests/unit/reconcilers/waypoints/waypoint_world.h"

namespace fairlead::reconcilers {
namespace {

using Own = WaypointPlan::Own;

class WaypointsKept : public WaypointWorld {};

TEST_F(WaypointsKept, AWorkspaceThatCannotBeReadKeepsWhatItMade) {
  Gateway("True");
  Service("ratings", kOurLabel, true);
  const AnyObject broken = ObjectOf(
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {nope: 1}}");
  ASSERT_TRUE(IsInvalid(broken));
  world.Apply(broken);
  world.Drain();
  EXPECT_EQ(StandOf("ratings"), "Stays");
  EXPECT_EQ(Plan().own, Own::kKept);
  Remove(Kind::kWorkspace, "", "shop");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
}

// After a start nothing is known of its targets and its scope.
TEST_F(WaypointsKept, APolicyThatWasNeverReadKeepsWaypointsThatAreThere) {
  const auto broken = [&](const std::string& kind, const std::string& ns) {
    const AnyObject object = ObjectOf("{apiVersion: fairlead.dev/v1alpha1, kind: " + kind +
                                      ", metadata: {name: odd, namespace: " + ns + "}, spec: {nope: 1}}");
    ASSERT_TRUE(IsInvalid(object));
    world.Apply(object);
    delta = world.Drain();
  };
  Workspace();
  Gateway("True");
  Service("ratings", kOurLabel, true);
  Service("search");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  broken("RetryTimeoutPolicy", "shop");
  EXPECT_EQ(StandOf("ratings"), "Stays");
  EXPECT_EQ(Why("ratings"), "RetryTimeoutPolicy shop/odd cannot be read, and may need it");
  EXPECT_EQ(StandOf("search"), "") << "it brings none";
  EXPECT_EQ(Plan().own, Own::kKept);
  // Of the mesh, for all that is known.
  broken("FailoverPolicy", "elsewhere");
  Remove(Kind::kRetryTimeoutPolicy, "shop", "odd");
  EXPECT_EQ(Why("ratings"), "FailoverPolicy elsewhere/odd cannot be read, and may need it");
  // Other services come and go as before.
  Policy("quick", "search");
  EXPECT_EQ(StandOf("search"), "Moves");
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: odd, namespace: "
      "elsewhere}, "
      "spec: {targetRefs: [{group: '', kind: Service, name: other}]}}");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  // A version that was read once says what it wants: it holds nothing up.
  broken("FailoverPolicy", "elsewhere");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  Workspace("waypoints: Manual, isolation: 'Off'");
  broken("RetryTimeoutPolicy", "shop");
  EXPECT_EQ(StandOf("ratings"), "Leaves") << "no policy brings waypoints here";
}

}  // namespace
}  // namespace fairlead::reconcilers
