#include "dataplane/envoy/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::envoy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using xds::ResourceName;
using xds::Type;

const xds::Audience kA{"shop", "a"}, kB{"shop", "b"};
const ResourceName kName{Type::kCluster, "c"};

xds::ResourcePtr Content(const std::string& text, std::vector<xds::Source> sources = {}) {
  return xds::MakeResource(kName, text, {}, std::move(sources));
}

TEST(Registry, TellsContentAndAudienceOnce) {
  Registry registry;
  registry.AddAudience(kA);
  registry.SetContent(Content("1"));
  registry.Use(kA, kName, +1);
  const xds::Update first = registry.Commit();
  EXPECT_THAT(first.audiences.at(kA).changed, SizeIs(1));
  EXPECT_TRUE(registry.Commit().empty());
  registry.SetContent(Content("1"));
  EXPECT_TRUE(registry.Commit().empty()) << "equal content";
}

TEST(Registry, AnotherGenerationOfASourceIsTold) {
  Registry registry;
  registry.AddAudience(kA);
  registry.Use(kA, kName, +1);
  registry.SetContent(Content("1", {{{}, 1}}));
  registry.Commit();
  registry.SetContent(Content("1", {{{}, 2}}));
  EXPECT_THAT(registry.Commit().audiences.at(kA).changed, SizeIs(1));
}

TEST(Registry, CountsUsers) {
  Registry registry;
  registry.AddAudience(kA);
  registry.SetContent(Content("1"));
  registry.Use(kA, kName, +2);
  registry.Commit();
  registry.Use(kA, kName, -1);
  EXPECT_TRUE(registry.Commit().empty());
  registry.Use(kA, kName, -1);
  const xds::Update last = registry.Commit();
  EXPECT_THAT(last.audiences.at(kA).removed, ElementsAre(kName));
}

TEST(Registry, ASecondAudienceDoesNotTroubleTheFirst) {
  Registry registry;
  registry.AddAudience(kA);
  registry.AddAudience(kB);
  registry.SetContent(Content("1"));
  registry.Use(kA, kName, +1);
  registry.Commit();
  registry.Use(kB, kName, +1);
  registry.Use(kA, kName, -1);
  const xds::Update update = registry.Commit();
  EXPECT_THAT(update.audiences.at(kA).changed, IsEmpty());
  EXPECT_THAT(update.audiences.at(kA).removed, ElementsAre(kName));
  EXPECT_THAT(update.audiences.at(kB).changed, SizeIs(1));
}

TEST(Registry, AnAudienceMayComeLateAndGoEarly) {
  Registry registry;
  registry.SetContent(Content("1"));
  registry.Use(kA, kName, +1);
  EXPECT_TRUE(registry.Commit().empty());
  registry.AddAudience(kA);
  EXPECT_THAT(registry.Commit().audiences.at(kA).changed, SizeIs(1));
  registry.DropAudience(kA);
  const xds::Update gone = registry.Commit();
  EXPECT_TRUE(gone.audiences.at(kA).gone);
  EXPECT_THAT(gone.audiences.at(kA).removed, IsEmpty()) << "its proxies keep what they have";
  registry.AddAudience(kA);
  EXPECT_THAT(registry.Commit().audiences.at(kA).changed, SizeIs(1));
}

}  // namespace
}  // namespace fairlead::envoy
