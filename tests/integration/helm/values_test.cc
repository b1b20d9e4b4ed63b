// Which values the chart takes, and how it refuses others.
#include <gmock/gmock.h>

#include <set>

#include "crds/base/json_write.h"
#include "tests/integration/helm/chart_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

Json::Value Values() { return ReadYaml(ReadFile(ChartDir() + "/values.yaml")).at(0); }
Json::Value Schema() { return ReadYaml(ReadFile(ChartDir() + "/values.schema.json")).at(0); }

// A map that is not empty is none.
void ForEachLeaf(const Json::Value& value, const std::vector<std::string>& path,
                 const std::function<void(const std::vector<std::string>&, const Json::Value&)>& visit) {
  if (!value.isObject() || value.empty()) return visit(path, value);
  for (const std::string& name : value.getMemberNames()) {
    std::vector<std::string> inner = path;
    inner.push_back(name);
    ForEachLeaf(value[name], inner, visit);
  }
}

// Every object of a schema that lists properties takes no other; `seen` gets the paths of those without any
// inside.
void CheckSchema(const Json::Value& schema, const std::string& path, std::set<std::string>* seen) {
  if (!schema.isMember("properties")) {
    seen->insert(path);
    return;
  }
  EXPECT_EQ(schema["additionalProperties"], false) << path;
  for (const std::string& name : schema["properties"].getMemberNames()) {
    CheckSchema(schema["properties"][name], path.empty() ? name : path + "." + name, seen);
  }
}

TEST_F(ChartTest, TheSchemaCoversEveryValueAndNothingElse) {
  std::set<std::string> in_schema, in_values;
  CheckSchema(Schema(), "", &in_schema);
  ForEachLeaf(Values(), {}, [&](const std::vector<std::string>& path, const Json::Value&) {
    in_values.insert(Joined(path, "."));
  });
  // Helm's own, and quantities that have no default.
  in_values.insert({"global", "resources.limits.cpu"});
  for (const char* part : {"requests", "limits"}) {
    in_values.insert(std::string("resources.") + part + ".ephemeral-storage");
  }
  EXPECT_EQ(in_schema, in_values);
}

TEST_F(ChartTest, AWrongTypeOfAnyValueIsRefusedWithItsPath) {
  Json::Value wrong;
  std::vector<std::string> paths;
  ForEachLeaf(Values(), {}, [&](const std::vector<std::string>& path, const Json::Value& value) {
    Json::Value* at = &wrong;
    for (const std::string& name : path) at = &(*at)[name];
    if (value.isObject()) {
      (*at)["inner"].append(1);  // Helm itself keeps a map a map
      paths.push_back("/" + Joined(path, "/") + "/inner");
    } else {
      value.isArray() ? void(*at = "text") : void(at->append(1));
      paths.push_back("/" + Joined(path, "/"));
    }
  });
  WithEach([&](Helm& helm) {
    const std::string said = helm.Refused(WriteJson(wrong));
    for (const std::string& path : paths) EXPECT_THAT(said, HasSubstr("'" + path + "'"));
  });
}

TEST_F(ChartTest, AWrongValueIsRefusedWithItsPath) {
  const std::map<std::string, std::string> wrong = {
      {"profile: ambient", "at '/profile': value must be one of 'default', 'istio'"},
      {"replica: 3", "additional properties 'replica' not allowed"},
      {"replicas: 0", "at '/replicas'"},
      {"image: {digest: \"sha256:12\"}", "at '/image/digest'"},
      {"image: {repository: \"a b\"}", "at '/image/repository'"},
      {"xds: {port: 80}", "at '/xds/port'"},
      {"xds: {tls: {secret: x}}", "at '/xds/tls': additional properties 'secret' not allowed"},
      {"xds: {tls: {secretName: X_Y}}", "at '/xds/tls/secretName'"},
      {"leaderElection: {leaseDuration: 15 seconds}", "at '/leaderElection/leaseDuration'"},
      {"waypoints: {plaintextAddress: everywhere}", "at '/waypoints/plaintextAddress'"},
      {"podDisruptionBudget: {maxUnavailable: 0}", "at '/podDisruptionBudget/maxUnavailable'"},
      {"topologySpread: {zone: Maybe}", "at '/topologySpread/zone'"},
      {"tolerations: [{key: a, effect: Never}]", "at '/tolerations/0/effect'"},
      {"tolerations: [{keys: a}]", "at '/tolerations/0': additional properties 'keys' not allowed"},
      {"resources: {limits: {memory: much}}", "at '/resources/limits/memory'"},
      {"resources: {requests: {gpu: 1}}", "additional properties 'gpu' not allowed"},
      {"nodeSelector: {pool: 3}", "at '/nodeSelector/pool': got number, want string"},
      {"log: {level: trace}", "at '/log/level'"},
      {"webhooks: {certificates: mine}", "at '/webhooks/certificates'"},
      {"webhooks: {caBundle: hello}", "at '/webhooks/caBundle'"},
      {"webhooks: {clientCA: {key: a/b}}", "at '/webhooks/clientCA/key'"},
      {"webhooks: {clientCA: {secretName: X_Y}}", "at '/webhooks/clientCA/secretName'"},
      {"webhooks: {failurePolicy: Allow}", "at '/webhooks/failurePolicy'"},
      {"ledger: {perPolicy: 0}", "at '/ledger/perPolicy'"},
      {"clusterDomain: \"-\"", "at '/clusterDomain'"},
  };
  // All in one run each: the schema tells all errors at once. Those that share a key with another go alone.
  WithEach([&](Helm& helm) {
    std::map<std::string, std::string> round;  // by top-level key
    const auto refuse = [&] {
      std::string values;
      for (const auto& [key, text] : round) values += text + "\n";
      const std::string said = helm.Refused(values);
      for (const auto& [key, text] : round) EXPECT_THAT(said, HasSubstr(wrong.at(text))) << text;
      round.clear();
    };
    for (const auto& [text, message] : wrong) {
      const std::string key = text.substr(0, text.find(':'));
      if (round.contains(key)) refuse();
      round[key] = text;
    }
    refuse();
    EXPECT_THAT(helm.Refused("metrics: {port: 15012}"), HasSubstr("metrics.port: 15012 is xds.port too"));
    EXPECT_THAT(helm.Refused("webhooks: {port: 15012}"), HasSubstr("webhooks.port: 15012 is xds.port too"));
    EXPECT_THAT(helm.Refused("webhooks: {certificates: secret}"),
                HasSubstr("webhooks.secretName: webhooks.certificates=secret needs the name of one"));
    EXPECT_THAT(helm.Refused("xds: {port: 8081}"), HasSubstr("xds.port: 8081 is the port of the probes"));
  });
}

}  // namespace
}  // namespace fairlead::testing
