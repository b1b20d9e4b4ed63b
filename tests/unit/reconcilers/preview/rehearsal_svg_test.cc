// The picture of a rehearsal: bounded, the same each time, and no name in it is taken for markup.
#include "reconcilers/preview/rehearsal_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::reconcilers::preview {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

failover::TargetForecast Target(const std::string& name, size_t sources, size_t places) {
  failover::TargetForecast out;
  out.service = {Kind::kService, "shop", name};
  out.ports = {80, 81};
  out.policy = {Kind::kFailoverPolicy, "shop", "p"};
  for (size_t i = 0; i < places; ++i)
    out.places.push_back({{"", "region", "zone-" + std::to_string(i), ""}, 1, 1, 1, 0.1, 0.1});
  for (size_t i = 0; i < sources; ++i) {
    failover::SourceForecast source;
    source.from = {"", "region", "from-" + std::to_string(i), ""};
    source.steps = {{"same zone", 1, 1, 1, 1, 1}};
    source.to_place_now.assign(places, 1.0 / static_cast<double>(places));
    source.to_place_then = source.to_place_now;
    out.sources.push_back(std::move(source));
  }
  return out;
}

failover::Rehearsal Of(std::vector<failover::TargetForecast> targets) {
  failover::Outage zone;
  zone.place = {"", "region", "zone-0", ""};
  return {{zone}, std::move(targets), false};
}

size_t Count(const std::string& text, const std::string& what) {
  size_t out = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++out;
  return out;
}

TEST(RehearsalSvg, HasABandForEachShareNowAndThen) {
  const std::string svg = ToSvg(Of({Target("ratings", 2, 3)}));
  EXPECT_EQ(Count(svg, "<path class=\"band"), 2u * 3 * 2);
  EXPECT_THAT(svg, HasSubstr("<title>region/from-1 to region/zone-2: 33.3%</title>"));
  EXPECT_THAT(svg, HasSubstr("What if zone region/zone-0 were down?"));
  EXPECT_EQ(svg, ToSvg(Of({Target("ratings", 2, 3)})));
}

TEST(RehearsalSvg, WhatHasNoPlaceToGoLeadsToABoxOfItsOwn) {
  failover::TargetForecast target = Target("ratings", 1, 1);
  target.stranded = true;
  target.sources[0].nowhere_then = 0.25;
  target.sources[0].to_place_then = {0.75};
  const std::string svg = ToSvg(Of({target}));
  EXPECT_THAT(svg, HasSubstr("Some requests have no place to go."));
  EXPECT_THAT(svg, HasSubstr("region/from-0 to nowhere: 25%"));
}

TEST(RehearsalSvg, IsBoundedAndSaysWhatIsLeftOut) {
  std::vector<failover::TargetForecast> many;
  for (int i = 0; i < 50; ++i) many.push_back(Target("s" + std::to_string(i), 1, 1));
  many.back().stranded = true;
  const std::string services = ToSvg(Of(many));
  EXPECT_EQ(Count(services, "<g class=\"service\">"), 40u);
  EXPECT_THAT(services, HasSubstr("10 more, which change less, are not shown"));
  EXPECT_THAT(services, HasSubstr("Service shop/s49 "));
  failover::TargetForecast wide = Target("wide", 30, 30);
  wide.places[29].healthy_then = 0;
  const std::string places = ToSvg(Of({wide}));
  EXPECT_THAT(places, HasSubstr("12 more places are not shown."));
  EXPECT_THAT(places, HasSubstr("region/zone-29"));
  EXPECT_THAT(places, Not(HasSubstr("region/zone-28")));
}

TEST(RehearsalSvg, NamesAreTextWhateverIsInThem) {
  failover::TargetForecast target = Target("ratings", 1, 1);
  target.sources[0].from.zone = "<script>&\"\x1b[31m";
  target.not_carried = "</text><a>";
  const std::string svg = ToSvg(Of({target}));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, Not(HasSubstr("<a>")));
  EXPECT_THAT(svg, Not(HasSubstr("\x1b")));
}

TEST(RehearsalSvg, NothingToShowIsAPictureStill) { EXPECT_THAT(ToSvg(Of({})), HasSubstr("</svg>")); }

}  // namespace
}  // namespace fairlead::reconcilers::preview
