// Helm: the programs helm 3 and 4, run on the chart of this checkout. For the tests of the chart.
//
//   for (const std::string& program : HelmPrograms()) {
//     Helm helm(program, cluster->kubeconfig_path());
//     HelmRun run = helm.Run({"install", "fairlead", ChartDir(), "--wait"});
//     ASSERT_EQ(run.code, 0) << run.output;
//   }
#pragma once

#include <json/json.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace fairlead::testing {

struct HelmRun {
  int code = -1;  // -2: it did not end in time
  std::string output;
};

// The cluster that is rendered for: without one, a helm that was built without its release's flags
// takes 1.20.
inline constexpr char kKubeVersion[] = "1.36.3";

class Helm {
 public:
  explicit Helm(std::string program, std::string kubeconfig = "");
  const std::string& program() const { return program_; }

  HelmRun Run(const std::vector<std::string>& arguments);
  // `helm template fairlead CHART -n fairlead-system` with these values (YAML), for a cluster of
  // kKubeVersion: the objects by "Kind name". Fails the test when helm does.
  std::map<std::string, Json::Value> Template(const std::string& values = "");
  // The same, expected to be refused: what helm says.
  std::string Refused(const std::string& values);

 private:
  const std::string program_, kubeconfig_;
  TempDir dir_;  // its home: nothing of the user's is read
};

std::vector<std::string> HelmPrograms();  // "helm3", "helm4" as far as tools/setup brought them in
std::string ChartDir();

// All documents of a YAML text; fails the test when it is none.
std::vector<Json::Value> ReadYaml(const std::string& text);
// "Kind name" of an object.
std::string IdOf(const Json::Value& object);

}  // namespace fairlead::testing
