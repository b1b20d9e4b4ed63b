// Every case of tests/golden/lowering: manifests in; effective services, endpoints and waypoints, the objects
// for istiod, the policies' statuses and lint's findings out.
//
// A case's first lines may be directives in comments:
//   # mode: istio            lower for a mesh that istiod runs
//   # proxies: none | lagging | disconnected | rejected   (by default all have acknowledged)
//   # show: explain HTTPRoute shop/reviews
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "crds/base/json_write.h"
#include "crds/base/meta_json.h"
#include "reconcilers/explain.h"
#include "reconcilers/istio/lower.h"
#include "reconcilers/lint.h"
#include "reconcilers/render.h"
#include "reconcilers/world.h"
#include "tests/golden/golden_files.h"
#include "tests/golden/golden_world.h"

namespace fairlead::golden {
namespace {

using reconcilers::World;

const std::string kFolder = std::string(FAIRLEAD_SOURCE_DIR) + "/tests/golden/lowering";

// One proxy for each waypoint that no pod runs in the case.
api::ProxyCounts ProxiesOf(const World& world, const ObjectKey& policy, const std::string& how) {
  api::ProxyCounts counts;
  if (how == "none") return counts;
  std::vector<std::string> names;
  for (const NamespacedName& waypoint : world.WaypointsOf(policy)) {
    const auto& proxies = world.waypoints().at(waypoint)->proxies;
    for (const std::string& proxy : proxies) names.push_back(waypoint.ToString() + " (" + proxy + ")");
    if (proxies.empty()) names.push_back(waypoint.ToString());
  }
  counts.needed = static_cast<int>(names.size());
  counts.programmed = counts.needed;
  if (names.empty() || how.empty()) return counts;
  --counts.programmed;
  if (how == "lagging") counts.lagging = {names.front()};
  if (how == "disconnected") counts.disconnected = {names.front()};
  if (how == "rejected") counts.rejected = {names.front() + ": retry_policy: value must be positive"};
  return counts;
}

Json::Value StatusDocument(const World& world, const ObjectKey& key, const std::string& how) {
  Json::Value out(Json::objectValue);
  out["kind"] = "Status";
  out["of"] = key.ToString();
  const auto status = world.ObjectStatusOf(key, ProxiesOf(world, key, how));
  out["status"] = api::ToJson(status.value_or(api::ObjectStatus()));
  return out;
}

ObjectKey KeyFrom(const std::string& text) {
  const size_t space = text.find(' '), slash = text.find('/');
  for (size_t kind = 0; kind < kKindCount; ++kind) {
    if (text.substr(0, space) == ToString(static_cast<Kind>(kind))) {
      return {static_cast<Kind>(kind), text.substr(space + 1, slash - space - 1), text.substr(slash + 1)};
    }
  }
  ADD_FAILURE() << "no object: " << text;
  return {};
}

std::string Lower(const std::string& input) {
  const auto directives = DirectivesOf(input);
  reconcilers::WorldOptions options;
  options.root_namespace = "platform";
  options.istio_mode = Get(directives, "mode") == "istio";
  World world(options);
  Load(input, &world);
  world.Drain();
  std::vector<Json::Value> out =
      reconcilers::RenderEffective(world, {.endpoints = false, .only_routed = false});
  for (const auto& [destination, endpoints] : world.endpoints()) {
    if (!endpoints->endpoints.empty()) out.push_back(reconcilers::ToJson(*endpoints));
  }
  for (const auto& [name, waypoint] : world.waypoints()) out.push_back(reconcilers::ToJson(*waypoint));
  if (options.istio_mode) {
    for (Json::Value& object : reconcilers::istiod::LowerToIstio(world)) out.push_back(std::move(object));
  }
  for (const ObjectKey& policy : world.policies()) {
    out.push_back(StatusDocument(world, policy, Get(directives, "proxies")));
  }
  for (const ObjectKey& key : world.TenancyObjects()) out.push_back(StatusDocument(world, key, ""));
  Json::Value findings(Json::objectValue);
  findings["kind"] = "Findings";
  findings["findings"] = Json::Value(Json::arrayValue);
  for (const auto& finding : reconcilers::Lint(world)) findings["findings"].append(finding.ToString());
  out.push_back(std::move(findings));
  std::string text = WriteYaml(out);
  for (auto [at, end] = directives.equal_range("show"); at != end; ++at) {
    text += "---\n# " + at->second + "\n";
    std::istringstream lines(ToText(Explain(world, KeyFrom(at->second.substr(at->second.find(' ') + 1)))));
    for (std::string line; std::getline(lines, line);) text += "# " + line + "\n";
  }
  return text;
}

class LoweringGolden : public testing::TestWithParam<std::string> {};

TEST_P(LoweringGolden, Matches) { Check(kFolder, GetParam(), Lower); }

INSTANTIATE_TEST_SUITE_P(Cases, LoweringGolden, testing::ValuesIn(CasesIn(kFolder)),
                         [](const auto& info) { return TestName(info.param); });

TEST(GoldenFolder, HasEnoughCases) { EXPECT_GE(CasesIn(kFolder).size(), 60u); }

}  // namespace
}  // namespace fairlead::golden
