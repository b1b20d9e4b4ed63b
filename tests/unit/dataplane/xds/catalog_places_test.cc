// Resources that differ by where the proxy runs, and by its labels.
#include <gmock/gmock.h>

#include "tests/unit/dataplane/xds/catalog_base.h"

namespace fairlead::xds {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using CatalogPlacesTest = CatalogTest;

const api::Locality kEast{"", "east", "east-a", ""}, kWest{"", "west", "west-a", ""};

// Endpoints that tell where they were asked from: "1 at east", "1 at east v2".
ResourcePtr ByRegion(const std::string& name, const std::string& content, std::vector<Source> sources = {}) {
  auto at_place = [content](const Place& place) {
    const std::string version(place.labels.Get("version"));
    return content + " at " + place.locality.region + (version.empty() ? "" : " " + version);
  };
  return MakeResource({Type::kCluster, name}, std::make_shared<const MessageAt>(at_place), {},
                      std::move(sources));
}

// What the proxy is sent, with its content; acknowledged.
std::vector<std::string> Contents(Proxy* proxy) {
  std::vector<std::string> out;
  while (auto response = proxy->stream->Next()) {
    for (const ResourcePtr& r : response->resources)
      out.push_back(r->name.name.str() + ": " + std::string(r->message.Get().bytes));
    proxy->Answer(*response);
  }
  return out;
}

TEST_F(CatalogPlacesTest, EachPlaceHasItsOwn) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {ByRegion("a", "1"), Cluster("b", "2")}));
  Proxy east(&catalog_, "w-1", kShop, kEast), west(&catalog_, "w-2", kShop, kWest),
      other(&catalog_, "w-3", kShop);
  for (Proxy* proxy : {&east, &west, &other}) proxy->Ask(Type::kCluster);
  EXPECT_THAT(Contents(&east), ElementsAre("a: 1 at east", "b: 2"));
  EXPECT_THAT(Contents(&west), ElementsAre("a: 1 at west", "b: 2"));
  EXPECT_THAT(Contents(&other), ElementsAre("a: 1 at ", "b: 2"));

  catalog_.Publish(For(kShop, {ByRegion("a", "3")}));
  EXPECT_THAT(Contents(&east), ElementsAre("a: 3 at east"));
  EXPECT_THAT(Contents(&west), ElementsAre("a: 3 at west"));
  catalog_.Publish(For(kShop, {ByRegion("a", "3")}));
  EXPECT_THAT(Contents(&east), IsEmpty()) << "the same at this place";
  Update gone;
  gone.audiences[kShop].removed = {{Type::kCluster, "a"}};
  catalog_.Publish(gone);
  EXPECT_THAT(east.Receive(), ElementsAre("-Cluster a"));
  EXPECT_THAT(west.Receive(), ElementsAre("-Cluster a"));
}

TEST_F(CatalogPlacesTest, ProgressIsThatOfEachProxysPlace) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {ByRegion("a", "1", {{kPolicy, 1}})}));
  Proxy east(&catalog_, "w-1", kShop, kEast), west(&catalog_, "w-2", kShop, kWest);
  for (Proxy* proxy : {&east, &west}) proxy->Ask(Type::kCluster);
  Contents(&east);
  const api::ProxyCounts counts = catalog_.CountFor(kPolicy, {{kShop, {"w-1", "w-2"}}});
  EXPECT_EQ(counts.programmed, 1);
  EXPECT_THAT(counts.lagging, ElementsAre("shop/waypoint (w-2)"));
  west.Receive("no");
  EXPECT_THAT(catalog_.CountFor(kPolicy, {{kShop, {"w-2"}}}).rejected,
              ElementsAre("shop/waypoint (w-2): Cluster a: no"));
}

TEST_F(CatalogPlacesTest, AProxyThatDoesNotSayWhereItRunsIsWhereItsPodIs) {
  catalog_.SetReady();
  Update update = For(kShop, {ByRegion("a", "1")});
  update.audiences[kShop].places = {{"w-1", Place{kEast, {}}}};
  catalog_.Publish(update);
  Proxy proxy(&catalog_, "w-1", kShop), in_istios_manner(&catalog_, "waypoint~10.0.0.7~w-1.shop~x", kShop);
  proxy.Ask(Type::kCluster);
  in_istios_manner.Ask(Type::kCluster);
  EXPECT_THAT(Contents(&proxy), ElementsAre("a: 1 at east"));
  EXPECT_THAT(Contents(&in_istios_manner), ElementsAre("a: 1 at east"));
  EXPECT_FALSE(proxy.stream->over());
}

TEST_F(CatalogPlacesTest, AProxyThatTurnsOutToRunElsewhereIsToComeBack) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {ByRegion("a", "1")}));
  auto proxy = std::make_unique<Proxy>(&catalog_, "w-1", kShop);
  Proxy says_itself(&catalog_, "w-2", kShop, kWest);
  Update update;
  update.audiences[kShop].places = {{"w-1", Place{kEast, {}}}, {"w-2", Place{kEast, {}}}};
  const int before = proxy->wakes;
  catalog_.Publish(update);
  EXPECT_GT(proxy->wakes, before);
  EXPECT_TRUE(proxy->stream->over());
  EXPECT_FALSE(proxy->stream->Next());
  EXPECT_FALSE(says_itself.stream->over()) << "what it says itself counts";
  proxy = std::make_unique<Proxy>(&catalog_, "w-1", kShop);
  proxy->Ask(Type::kCluster);
  EXPECT_FALSE(proxy->stream->over());
  EXPECT_THAT(Contents(proxy.get()), ElementsAre("a: 1 at east"));
}

TEST_F(CatalogPlacesTest, LabelsAreThoseOfThePodAlsoWhereTheProxySaysWhereItRuns) {
  catalog_.SetReady();
  Update update = For(kShop, {ByRegion("a", "1", {{kPolicy, 1}})});
  update.audiences[kShop].places = {{"w-1", Place{kEast, {{"version", "v1"}}}},
                                    {"w-2", Place{kEast, {{"version", "v2"}}}},
                                    {"w-3", Place{{}, {{"version", "v3"}}}}};
  catalog_.Publish(update);
  Proxy first(&catalog_, "w-1", kShop), says_itself(&catalog_, "w-2", kShop, kWest),
      nowhere(&catalog_, "w-3", kShop);
  for (Proxy* proxy : {&first, &says_itself, &nowhere}) proxy->Ask(Type::kCluster);
  EXPECT_THAT(Contents(&first), ElementsAre("a: 1 at east v1"));
  EXPECT_THAT(Contents(&says_itself), ElementsAre("a: 1 at west v2"));
  EXPECT_THAT(Contents(&nowhere), ElementsAre("a: 1 at  v3"));

  update.audiences[kShop].places->at("w-2").labels = {{"version", "v4"}};
  catalog_.Publish(update);
  EXPECT_TRUE(says_itself.stream->over()) << "to come back for what is for its new labels";
  EXPECT_FALSE(first.stream->over());
  EXPECT_THAT(catalog_.CountFor(kPolicy, {{kShop, {"w-1", "w-2"}}}).lagging,
              ElementsAre("shop/waypoint (w-2)"));
}

TEST_F(CatalogPlacesTest, PlacesAreBounded) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {ByRegion("a", "1")}));
  std::vector<std::unique_ptr<Proxy>> proxies;
  for (int i = 0; i < 70; ++i) {
    const std::string region = "r" + std::to_string(i);
    proxies.push_back(std::make_unique<Proxy>(&catalog_, "w-" + std::to_string(i), kShop,
                                              api::Locality{"", region, "", ""}));
    proxies.back()->Ask(Type::kCluster);
    EXPECT_THAT(Contents(proxies.back().get()), ElementsAre(i < 64 ? "a: 1 at " + region : "a: 1 at "));
  }
  EXPECT_FALSE(proxies.back()->stream->over());
  proxies.clear();
  Proxy late(&catalog_, "late", kShop, kEast);
  late.Ask(Type::kCluster);
  EXPECT_THAT(Contents(&late), ElementsAre("a: 1 at east")) << "places without proxies are forgotten";
}

}  // namespace
}  // namespace fairlead::xds
