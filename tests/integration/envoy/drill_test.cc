// Drills with a real Envoy: the layer of runtime values that a drill is told by ends by itself.
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include "tests/integration/envoy/waypoint.h"

namespace fairlead::testing {
namespace {

constexpr char kKey[] = "fairlead.drill.shop/ratings";

class RuntimeLayer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start();
    ASSERT_NE(waypoint_, nullptr);
    ASSERT_TRUE(Sees(false)) << "told at once that there is none, so that its start waits for nothing";
  }

  void Publish(uint32_t millionth, int64_t seconds) {
    google::protobuf::Struct fraction, layer;
    (*fraction.mutable_fields())["numerator"].set_number_value(millionth);
    (*fraction.mutable_fields())["denominator"].set_string_value("MILLION");
    *(*layer.mutable_fields())[kKey].mutable_struct_value() = fraction;
    const std::string bytes = layer.SerializeAsString();
    std::string message =
        std::string("\n\x08") + "fairlead" + '\x12' + static_cast<char>(bytes.size()) + bytes;
    xds::Update update;
    update.audiences[{"shop", "waypoint"}].changed = {
        xds::MakeEndingResource({xds::Type::kRuntime, "fairlead"}, message, {},
                                Timestamp{Clock::System().WallNow().seconds + seconds})};
    waypoint_->catalog().Publish(update);
  }
  bool Sees(bool drill) {
    return waypoint_->Await(
        [&] { return (waypoint_->envoy().Admin("/runtime").find(kKey) != std::string::npos) == drill; });
  }

  std::unique_ptr<Waypoint> waypoint_;
};

TEST_F(RuntimeLayer, EndsAtItsTimeAlsoWithoutAServerAndComesAnew) {
  Publish(700'000, 3);
  ASSERT_TRUE(Sees(true)) << waypoint_->catalog().Dump();
  waypoint_->StopServer();
  EXPECT_TRUE(Sees(false)) << waypoint_->envoy().Admin("/runtime");

  waypoint_->StartServer();
  Publish(700'000, 3600);
  EXPECT_TRUE(Sees(true)) << waypoint_->catalog().Dump();
}

TEST_F(RuntimeLayer, ComesAnewOnTheStreamThatItEndedOn) {
  Publish(700'000, 2);
  ASSERT_TRUE(Sees(true));
  ASSERT_TRUE(Sees(false)) << "nobody took it away";
  Publish(700'000, 3600);
  EXPECT_TRUE(Sees(true)) << waypoint_->catalog().Dump();
  EXPECT_NE(waypoint_->envoy().Admin("/runtime").find("700000"), std::string::npos)
      << waypoint_->envoy().Admin("/runtime");

  xds::Update update;
  update.audiences[{"shop", "waypoint"}].removed = {{xds::Type::kRuntime, "fairlead"}};
  waypoint_->catalog().Publish(update);
  EXPECT_TRUE(Sees(false)) << "stopped";
}

}  // namespace
}  // namespace fairlead::testing
