#include "dataplane/xds/resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace fairlead::xds {
namespace {

using ::testing::HasSubstr;

TEST(ResourceTest, TypesAndUrlsGoBothWays) {
  for (size_t i = 0; i < kTypeCount; ++i) {
    Type type = Type::kCluster;
    ASSERT_TRUE(TypeFromUrl(TypeUrl(static_cast<Type>(i)), &type));
    EXPECT_EQ(static_cast<size_t>(type), i);
  }
  Type type;
  EXPECT_FALSE(TypeFromUrl("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", &type));
}

TEST(ResourceTest, VersionIsOfTheContentOnly) {
  const ResourcePtr a = MakeResource({Type::kCluster, "a"}, "content", {}, {});
  const ResourcePtr b = MakeResource({Type::kCluster, "b"}, "content", {{Type::kCluster, "a"}},
                                     {{{Kind::kService, "shop", "ratings"}, 3}});
  const ResourcePtr c = MakeResource({Type::kCluster, "a"}, "content.", {}, {});
  EXPECT_EQ(a->version(), b->version());
  EXPECT_NE(a->version(), c->version());
  EXPECT_EQ(a->version(), "696b2a0278dd1558") << "versions outlive a release: proxies come back with them";
}

TEST(ResourceTest, SmallDifferencesMakeOtherVersions) {
  std::set<std::string> versions;
  std::string content(64, '\0');
  versions.insert(MakeResource({Type::kRoute, "r"}, content, {}, {})->version());
  for (size_t bit = 0; bit < content.size() * 8; ++bit) {
    std::string changed = content;
    changed[bit / 8] = static_cast<char>(1 << (bit % 8));
    versions.insert(MakeResource({Type::kRoute, "r"}, changed, {}, {})->version());
  }
  for (size_t length = 0; length < content.size(); ++length) {
    versions.insert(MakeResource({Type::kRoute, "r"}, content.substr(0, length), {}, {})->version());
  }
  EXPECT_EQ(versions.size(), 1 + 64 * 8 + 64);
}

// Against the generated message: tests/unit/dataplane/server/wire_test.cc.
TEST(ResourceTest, WireIsAFieldOfTheResponse) {
  const ResourcePtr r = MakeResource({Type::kRoute, "shop/web"}, std::string(300, 'x'), {}, {});
  EXPECT_EQ(r->Head()[0], '\x12');  // field 2, length-delimited
  EXPECT_THAT(r->Head(), HasSubstr("shop/web"));
  EXPECT_THAT(r->Head(), HasSubstr("type.googleapis.com/envoy.config.route.v3.RouteConfiguration"));
  EXPECT_EQ(r->Wire(), r->Head() + std::string(300, 'x'));
  EXPECT_EQ(r->Wire().size(), r->wire_size());
}

TEST(ResourceTest, TheTimeUntilWhichItStandsIsPartOfTheVersion) {
  const auto until = [](int64_t seconds) {
    return MakeEndingResource({Type::kRuntime, "fairlead"}, "content", {}, Timestamp{seconds});
  };
  EXPECT_EQ(until(5)->version(), until(5)->version());
  EXPECT_NE(until(5)->version(), until(6)->version()) << "a longer drill is sent again";
  EXPECT_NE(until(5)->version(), MakeResource({Type::kRuntime, "fairlead"}, "content", {}, {})->version());
}

}  // namespace
}  // namespace fairlead::xds
