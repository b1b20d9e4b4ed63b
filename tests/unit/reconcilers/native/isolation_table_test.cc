// The decision table of docs/tenancy.md, cell by cell: by the words of the API, and by what isolation lowers
// to.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/tenancy/may_call.h"
#include "tests/unit/reconcilers/native/lowered_mesh.h"

namespace fairlead::testing {
namespace {

Mesh Shop() {
  Mesh out;
  MeshWorkspace shop{"shop", {"shop", "shop-api"}, api::Isolation::kEnforced, {}, {}, {{"edge", "gateway"}}};
  api::SharedResources exported{{"pay"}, {}};
  for (const char* name : {"ratings", "orders", "stock"})
    exported.resources.push_back({"Service", name, "", {}});
  shop.export_to.push_back(exported);
  MeshWorkspace pay{"pay", {"pay"}, api::Isolation::kEnforced, {{{"shop"}, {}}}, {}, {}};
  MeshWorkspace other{"other", {"other"}, api::Isolation::kEnforced, {{{"shop"}, {}}}, {}, {}};
  out.workspaces = {shop, pay, other};
  out.waypoints = {{"shop", "waypoint"}, {"platform", "waypoint"}};
  const auto add = [&](const std::string& name, int waypoint) {
    out.services.push_back({"shop", name, {}, Labels{{"app", name}}, waypoint});
    out.pods.push_back({"shop", Labels{{"app", name}, {"version", "v1"}}});
  };
  add("ratings", -1);
  add("reviews", -1);
  add("orders", 0);
  add("ledger", 0);
  add("stock", 1);
  add("books", 1);
  return out;
}

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    const size_t begin = cell.find_first_not_of(' '), end = cell.find_last_not_of(' ');
    out.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
  }
  return out;
}

// Of the documentation, with the head first.
std::vector<std::vector<std::string>> Table() {
  std::ifstream file(std::string(FAIRLEAD_SOURCE_DIR) + "/docs/tenancy.md");
  std::vector<std::vector<std::string>> out;
  for (std::string line; std::getline(file, line);) {
    const bool head = line.starts_with("| caller |");
    if (head || (!out.empty() && line.starts_with("|"))) {
      if (!line.starts_with("|---")) out.push_back(Cells(line));
    } else if (!out.empty()) {
      break;
    }
  }
  return out;
}

MeshAccount CallerOf(const std::string& text) {
  const size_t slash = text.find('/');
  return slash == std::string::npos ? MeshAccount{}
                                    : MeshAccount{text.substr(0, slash), text.substr(slash + 1)};
}

TEST(IsolationTable, IsWhatTheDocumentationSays) {
  const Mesh mesh = Shop();
  const LoweredMesh lowered = Lower(mesh);
  const IstioAccess access = AccessBy(lowered.objects);
  const auto table = Table();
  ASSERT_EQ(table.size(), 7u);
  for (size_t row = 1; row < table.size(); ++row) {
    const MeshAccount caller = CallerOf(table[row][0]);
    for (size_t column = 1; column < table[0].size(); ++column) {
      const MeshService& service = mesh.services[column - 1];
      const MeshPod& pod = mesh.pods[column - 1];
      ASSERT_EQ(service.name, table[0][column]);
      const bool expected = table[row][column] == "yes";
      EXPECT_EQ(MayCall(mesh, caller, service, pod), expected) << table[row][0] << " -> " << service.name;
      EXPECT_EQ(access.MayCall(mesh, caller, service, pod), expected)
          << table[row][0] << " -> " << service.name;
      // Around the waypoint goes nobody from outside but ingress: the first row and the fourth.
      if (service.waypoint < 0) continue;
      EXPECT_EQ(access.ReachesPod(caller, pod), row == 1 || row == 4) << table[row][0];
    }
  }
  EXPECT_TRUE(lowered.limits.empty());
}

TEST(IsolationTable, APolicyOfTheUserStaysAsTight) {
  const Mesh mesh = Shop();
  std::vector<Json::Value> policies;
  for (const auto& object : Lower(mesh).objects) {
    if (object.kind == "AuthorizationPolicy") policies.push_back(object.object);
  }
  Json::Value own(Json::objectValue), source(Json::objectValue), rule(Json::objectValue);
  own["metadata"]["namespace"] = "shop";
  own["spec"]["action"] = "ALLOW";
  source["source"]["principals"].append("cluster.local/ns/shop-api/sa/frontend");
  rule["from"].append(source);
  own["spec"]["rules"].append(rule);
  policies.push_back(own);
  const IstioAccess access(policies);
  EXPECT_TRUE(access.ReachesPod({"shop-api", "frontend"}, mesh.pods[0]));
  EXPECT_FALSE(access.ReachesPod({"shop-api", "default"}, mesh.pods[0]));
  EXPECT_FALSE(access.ReachesPod({"pay", "default"}, mesh.pods[0]));
}

TEST(IsolationTable, AuditAndOffRefuseNothing) {
  for (const api::Isolation isolation : {api::Isolation::kAudit, api::Isolation::kOff}) {
    Mesh mesh = Shop();
    mesh.workspaces[0].isolation = isolation;
    const LoweredMesh lowered = Lower(mesh);
    EXPECT_TRUE(AccessBy(lowered.objects).MayCall(mesh, {"edge", "other"}, mesh.services[3], mesh.pods[3]));
  }
}

}  // namespace
}  // namespace fairlead::testing
