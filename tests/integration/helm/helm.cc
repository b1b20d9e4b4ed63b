#include "tests/integration/helm/helm.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml.h"

namespace fairlead::testing {
namespace {

std::string PathOf(const std::string& program) {
  const char* cache = std::getenv("FAIRLEAD_CACHE");
  const char* home = std::getenv("HOME");
  const std::string base =
      cache != nullptr ? cache : std::string(home == nullptr ? "" : home) + "/.cache/fairlead";
  return base + "/current/bin/" + program;
}

}  // namespace

Helm::Helm(std::string program, std::string kubeconfig)
    : program_(std::move(program)), kubeconfig_(std::move(kubeconfig)) {}

HelmRun Helm::Run(const std::vector<std::string>& arguments) {
  SpawnOptions spawn;
  spawn.argv = {PathOf(program_)};
  spawn.argv.insert(spawn.argv.end(), arguments.begin(), arguments.end());
  spawn.env = {{"HOME", dir_.path()}, {"KUBECONFIG", kubeconfig_.empty() ? "/dev/null" : kubeconfig_}};
  spawn.log_file = dir_ / "out.log";
  std::filesystem::remove(spawn.log_file);
  Result<Process> process = Process::Spawn(spawn);
  if (!process) return {-1, process.error().message};
  HelmRun run;
  run.code = process->Wait(std::chrono::seconds(300)).value_or(-2);
  run.output = ReadFile(spawn.log_file);
  return run;
}

std::map<std::string, Json::Value> Helm::Template(const std::string& values) {
  WriteFile(dir_ / "values.yaml", values);
  const HelmRun run = Run({"template", "fairlead", ChartDir(), "--kube-version", kKubeVersion, "-n",
                           "fairlead-system", "-f", dir_ / "values.yaml"});
  EXPECT_EQ(run.code, 0) << program_ << ": " << run.output;
  std::map<std::string, Json::Value> out;
  if (run.code != 0) return out;
  for (Json::Value& object : ReadYaml(run.output)) {
    const std::string id = IdOf(object);
    EXPECT_FALSE(out.contains(id)) << id << " is there twice";
    out[id] = std::move(object);
  }
  return out;
}

std::string Helm::Refused(const std::string& values) {
  WriteFile(dir_ / "values.yaml", values);
  const HelmRun run =
      Run({"template", "fairlead", ChartDir(), "--kube-version", kKubeVersion, "-f", dir_ / "values.yaml"});
  EXPECT_EQ(run.code, 1) << program_ << " takes\n" << values;
  return run.output;
}

std::vector<std::string> HelmPrograms() {
  std::vector<std::string> out;
  for (const char* program : {"helm3", "helm4"}) {
    if (access(PathOf(program).c_str(), X_OK) == 0) out.emplace_back(program);
  }
  return out;
}

std::string ChartDir() { return FAIRLEAD_SOURCE_DIR "/helm/fairlead"; }

std::vector<Json::Value> ReadYaml(const std::string& text) {
  std::vector<Json::Value> out;
  const Result<std::vector<YamlDocument>> documents = ParseYaml(text);
  EXPECT_TRUE(documents) << documents.error().message << "\n" << text;
  if (!documents) return out;
  for (const YamlDocument& document : *documents) {
    const Result<JsonDocument> json = JsonDocument::Parse(document.json, 16u << 20);
    EXPECT_TRUE(json) << json.error().message;
    if (json) out.push_back(ToJsonValue(json->root()));
  }
  return out;
}

std::string IdOf(const Json::Value& object) {
  return object["kind"].asString() + " " + object["metadata"]["name"].asString();
}

}  // namespace fairlead::testing
