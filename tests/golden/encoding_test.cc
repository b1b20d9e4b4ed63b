// Every case of tests/golden/encoding: manifests in; the resources of each waypoint out, as Envoy's JSON.
//
// A case says which types it shows:   # show: Cluster Route
#include <envoy/service/discovery/v3/discovery.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "dataplane/envoy/planner.h"
#include "tests/golden/golden_files.h"
#include "tests/golden/golden_world.h"

namespace fairlead::golden {
namespace {

const std::string kFolder = std::string(FAIRLEAD_SOURCE_DIR) + "/tests/golden/encoding";

Json::Value MessageOf(const xds::Resource& resource) {
  ::envoy::service::discovery::v3::DeltaDiscoveryResponse response;
  EXPECT_TRUE(response.ParseFromString(resource.Wire()));
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  EXPECT_TRUE(
      google::protobuf::util::MessageToJsonString(response.resources(0).resource(), &json, options).ok());
  auto document = JsonDocument::Parse(json);
  EXPECT_TRUE(document);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

Json::Value ToJson(const xds::Audience& waypoint, const xds::Resource& resource) {
  Json::Value out(Json::objectValue);
  out["waypoint"] = waypoint.ToString();
  out["resource"] = resource.name.ToString();
  out["message"] = MessageOf(resource);
  for (const xds::ResourceName& name : resource.needs) out["needs"].append(name.ToString());
  for (const xds::Source& source : resource.sources) {
    out["sources"].append(source.object.ToString() + " @" + std::to_string(source.generation));
  }
  return out;
}

std::string Encode(const std::string& input) {
  reconcilers::World world({.root_namespace = "platform"});
  Load(input, &world);
  envoy::Planner planner({});
  planner.Plan(world.Drain());
  const std::string shown = " " + Get(DirectivesOf(input), "show") + " ";
  std::vector<Json::Value> out;
  for (const auto& [name, waypoint] : world.waypoints()) {
    for (const xds::ResourcePtr& resource : planner.ResourcesOf(name)) {
      const std::string type(xds::ToString(resource->name.type));
      if (shown.find(" " + type + " ") != std::string::npos) out.push_back(ToJson(name, *resource));
    }
  }
  return WriteYaml(out);
}

class EncodingGolden : public testing::TestWithParam<std::string> {};

TEST_P(EncodingGolden, Matches) { Check(kFolder, GetParam(), Encode); }

INSTANTIATE_TEST_SUITE_P(Cases, EncodingGolden, testing::ValuesIn(CasesIn(kFolder)),
                         [](const auto& info) { return TestName(info.param); });

TEST(EncodingFolder, HasEnoughCases) { EXPECT_GE(CasesIn(kFolder).size(), 30u); }

}  // namespace
}  // namespace fairlead::golden
