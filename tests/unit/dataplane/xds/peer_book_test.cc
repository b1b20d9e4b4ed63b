#include "dataplane/xds/peer_book.h"

#include <gtest/gtest.h>

#include "dataplane/xds/catalog.h"

namespace fairlead::xds {
namespace {

using Standing = PeerBook::Standing;

const Audience kShop{"shop", "waypoint"};
const ObjectKey kPolicy{Kind::kRetryTimeoutPolicy, "shop", "ratings"};

PeerReport Report(std::set<std::string> proxies, int64_t generation,
                  std::map<ProxyName, std::string> behind = {}) {
  PeerReport report{.whole = true, .proxies = {{kShop, std::move(proxies)}}, .objects = {}};
  report.objects.push_back({kPolicy, generation, std::move(behind), {}});
  return report;
}

class PeerBookTest : public ::testing::Test {
 protected:
  PeerBookTest() {
    book_.OnChange([this](const std::set<ObjectKey>& objects, const std::set<Audience>& audiences) {
      objects_ = objects;
      audiences_ = audiences;
    });
  }
  Standing Of(const std::string& id, int64_t generation = 3) {
    why_.clear();
    return book_.StandingOf({kShop, id}, kPolicy, generation, &why_);
  }

  PeerBook book_;
  std::set<ObjectKey> objects_;
  std::set<Audience> audiences_;
  std::string why_;
};

TEST_F(PeerBookTest, ReportsReadBackAsSent) {
  PeerReport report =
      Report({"w-1", "w-\"2\""}, 3, {{{kShop, "w-1"}, ""}, {{kShop, "w-\"2\""}, "no such\ncluster"}});
  report.proxies[{"other", "waypoint"}] = {};
  const Result<PeerReport> read = ParsePeerReport(PeerReportJson(report));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, report);
  EXPECT_EQ(*ParsePeerReport("{}"), PeerReport{});
}

TEST_F(PeerBookTest, WhatIsNoReportIsRefused) {
  for (
      const char* text :
      {"", "[", R"({"proxies":{"shop":[]}})", R"({"proxies":{"shop/w":3}})",
       R"({"objects":[{"kind":"Secret","name":"x"}]})",
       R"({"objects":[{"group":"fairlead.dev","kind":"RetryTimeoutPolicy","behind":[{"audience":"x"}]}]})"}) {
    EXPECT_FALSE(ParsePeerReport(text)) << text;
  }
}

TEST_F(PeerBookTest, WhoIsNotNamedHasIt) {
  const uint64_t peer = *book_.Open();
  ASSERT_TRUE(
      book_.Tell(peer, Report({"a", "b", "c"}, 3, {{{kShop, "b"}, ""}, {{kShop, "c"}, "bad regex"}})));
  EXPECT_EQ(book_.ConnectedTo(kShop), (std::set<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Of("a"), Standing::kProgrammed);
  EXPECT_EQ(Of("b"), Standing::kLagging);
  EXPECT_EQ(Of("c"), Standing::kRejected);
  EXPECT_EQ(why_, "bad regex");
  EXPECT_EQ(Of("a", 4), Standing::kLagging);  // that replica has not seen generation 4
  EXPECT_EQ(Of("stranger"), Standing::kLagging);
  EXPECT_TRUE(objects_.contains(kPolicy));
  EXPECT_TRUE(audiences_.contains(kShop));
}

TEST_F(PeerBookTest, WhoTakesPartInADrillIsNamed) {
  PeerReport report = Report({"a", "b"}, 3);
  report.objects[0].drilling = {{kShop, "b"}};
  ASSERT_TRUE(book_.Tell(*book_.Open(), *ParsePeerReport(PeerReportJson(report))));
  bool drills = true;
  EXPECT_EQ(book_.StandingOf({kShop, "a"}, kPolicy, 3, &why_, &drills), Standing::kProgrammed);
  EXPECT_FALSE(drills);
  book_.StandingOf({kShop, "b"}, kPolicy, 3, &why_, &drills);
  EXPECT_TRUE(drills);
  book_.StandingOf({kShop, "b"}, kPolicy, 4, &why_, &drills);
  EXPECT_FALSE(drills) << "that replica has another generation";
}

TEST_F(PeerBookTest, ADeletedObjectAndAClosedPeerAreForgotten) {
  const uint64_t peer = *book_.Open();
  ASSERT_TRUE(book_.Tell(peer, Report({"a"}, 3)));
  ASSERT_TRUE(book_.Tell(peer, {.whole = false, .proxies = {}, .objects = {{kPolicy, 0, {}, {}}}}));
  EXPECT_EQ(Of("a"), Standing::kLagging);
  book_.Close(peer);
  EXPECT_TRUE(book_.ConnectedTo(kShop).empty());
  EXPECT_TRUE(audiences_.contains(kShop));
  EXPECT_EQ(book_.peers(), 0u);
  EXPECT_FALSE(book_.Tell(peer, {}));
}

TEST_F(PeerBookTest, AWholeReportReplacesAllThatWasSaid) {
  const uint64_t peer = *book_.Open();
  ASSERT_TRUE(book_.Tell(peer, Report({"a"}, 3)));
  ASSERT_TRUE(book_.Tell(peer, {.whole = true, .proxies = {}, .objects = {}}));
  EXPECT_TRUE(book_.ConnectedTo(kShop).empty());
  EXPECT_TRUE(audiences_.contains(kShop));
}

TEST_F(PeerBookTest, IsBounded) {
  for (size_t i = 0; i < PeerBook::kMaxPeers; ++i) EXPECT_TRUE(book_.Open());
  EXPECT_FALSE(book_.Open());
  std::set<std::string> many;
  for (size_t i = 0; i <= PeerBook::kMaxProxies; ++i) many.insert(std::to_string(i));
  EXPECT_FALSE(book_.Tell(1, {.whole = false, .proxies = {{kShop, many}}, .objects = {}}));
}

TEST_F(PeerBookTest, TheCatalogCountsThem) {
  Catalog catalog(Clock::System());
  Update update;
  update.audiences[kShop] = {};
  catalog.Publish(update);
  catalog.SetReady();
  catalog.SetPeers(&book_);
  const auto own = catalog.Attach({.id = "own", .audience = kShop, .version = ""}, [] {});
  ASSERT_TRUE(
      book_.Tell(*book_.Open(), Report({"own", "pod-a", "pod-b"}, 3, {{{kShop, "pod-b"}, "bad regex"}})));
  // Run by hand: all that are connected anywhere, each once.
  const api::ProxyCounts by_hand = catalog.CountFor(kPolicy, {{kShop, {}}}, 3);
  EXPECT_EQ(by_hand.needed, 3);
  EXPECT_EQ(by_hand.programmed, 2);
  EXPECT_EQ(by_hand.rejected, std::vector<std::string>{"shop/waypoint (pod-b): bad regex"});
  // Pods: each where it is connected, or nowhere.
  const api::ProxyCounts pods = catalog.CountFor(kPolicy, {{kShop, {"pod-a", "pod-b", "pod-c"}}}, 3);
  EXPECT_EQ(pods.needed, 3);
  EXPECT_EQ(pods.programmed, 1);
  EXPECT_EQ(pods.disconnected, std::vector<std::string>{"shop/waypoint (pod-c)"});
  EXPECT_EQ(catalog.CountFor(kPolicy, {{kShop, {"pod-a"}}}, 4).lagging,
            std::vector<std::string>{"shop/waypoint (pod-a)"});
}

}  // namespace
}  // namespace fairlead::xds
