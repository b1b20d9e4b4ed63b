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
      {"image: {repository: \"reg/x:1.2\"}", "at '/image/repository': 'reg/x:1.2'"},
      {"image: {repository: \"reg/x@sha256:12\"}", "at '/image/repository'"},
      {"image: {repository: registry.example.com/Mesh/x}", "at '/image/repository'"},
      {"image: {repository: \"https://registry.example.com/x\"}", "at '/image/repository'"},
      {"image: {repository: \"\"}", "at '/image/repository'"},
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
  });
}

TEST_F(ChartTest, ImagesAndNamesStayWhatTheyAre) {
  WithEach([](Helm& helm) {
    for (const std::string repository :
         {"fairlead-operator", "registry.example.com/mesh/fairlead-operator", "localhost:5000/a_b/c__d--e.f",
          "Registry.Example.com:443/x", "[2001:db8::1]:5000/x"}) {
      const auto objects = helm.Template("image: {repository: \"" + repository + "\", tag: v1}");
      EXPECT_EQ(objects.at("Deployment fairlead")["spec"]["template"]["spec"]["containers"][0]["image"],
                repository + ":v1");
    }
    // Names that YAML would take for something else, but for their quotes.
    const auto objects = helm.Template(
        "image: {repository: \"12\", tag: \"34\", pullSecrets: [\"1\"]}\npriorityClassName: \"true\"\n"
        "xds: {tls: {secretName: \"2\"}}\nwebhooks: {clientCA: {configMapName: \"3\", key: \"4.0\"}}");
    const Json::Value& pod = objects.at("Deployment fairlead")["spec"]["template"]["spec"];
    EXPECT_EQ(pod["containers"][0]["image"], "12:34");
    EXPECT_EQ(pod["priorityClassName"], "true");
    EXPECT_EQ(pod["volumes"][0]["secret"]["secretName"], "2");
    EXPECT_EQ(pod["volumes"][1]["configMap"]["name"], "3");
    EXPECT_EQ(pod["volumes"][1]["configMap"]["items"][0]["key"], "4.0");
    EXPECT_EQ(objects.at("ServiceAccount fairlead")["imagePullSecrets"][0]["name"], "1");
  });
}

// Else the pods would end as soon as they start, over and over, and the message be in their logs alone.
TEST_F(ChartTest, WhatTheOperatorWouldNotStartWithIsRefused) {
  struct Case {
    std::string values;
    std::vector<std::string> flags;
    std::string said;
  };
  const std::string lease = "--leader-elect-lease-duration=", deadline = "--leader-elect-renew-deadline=",
                    period = "--leader-elect-retry-period=", waypoint = "--waypoint-plaintext-address=";
  const std::vector<Case> cases = {
      {"leaderElection: {renewDeadline: 15s}",
       {deadline + "15s"},
       "leaderElection.renewDeadline: 15s must be less than leaderElection.leaseDuration (15s)"},
      {"leaderElection: {leaseDuration: 1m30s, renewDeadline: 90001ms}",
       {lease + "1m30s", deadline + "90001ms"},
       "leaderElection.renewDeadline: 90001ms must be less than leaderElection.leaseDuration (1m30s)"},
      {"leaderElection: {retryPeriod: 0010s}",
       {period + "0010s"},
       "leaderElection.retryPeriod: 0010s must be less than leaderElection.renewDeadline (10s)"},
      {"leaderElection: {retryPeriod: 0h}",
       {period + "0h"},
       "leaderElection.retryPeriod: 0h must be more than 0s"},
      {"clusters: {staleLimit: 0m0s}",
       {"--cluster-stale-limit=0m0s"},
       "clusters.staleLimit: 0m0s must be more than 0s"},
      {"waypoints: {plaintextAddress: \"300.0.0.1:80\"}",
       {waypoint + "300.0.0.1:80"},
       "waypoints.plaintextAddress: 300.0.0.1 is not an IP address"},
      {"waypoints: {plaintextAddress: \"[1::2::3]:80\"}",
       {waypoint + "[1::2::3]:80"},
       "waypoints.plaintextAddress: [1::2::3] is not an IP address"},
      {"waypoints: {plaintextAddress: \"[1:2:3]:80\"}",
       {waypoint + "[1:2:3]:80"},
       "waypoints.plaintextAddress: [1:2:3] is not an IP address"},
      {"waypoints: {plaintextAddress: \":65536\"}",
       {waypoint + ":65536"},
       "waypoints.plaintextAddress: 65536 is not a port"},
  };
  TempDir dir;
  for (const Case& wrong : cases) {
    std::vector<std::string> argv = {FAIRLEAD_BINARY_DIR "/bin/fairlead-operator"};
    argv.insert(argv.end(), wrong.flags.begin(), wrong.flags.end());
    Result<Process> process = Process::Spawn({.argv = argv, .log_file = dir / "log"});
    ASSERT_TRUE(process);
    EXPECT_EQ(process->Wait(std::chrono::seconds(60)), 2) << wrong.values << process->Log();
  }
  WithEach([&](Helm& helm) {
    for (const Case& wrong : cases) EXPECT_THAT(helm.Refused(wrong.values), HasSubstr(wrong.said));
    for (const char* good :
         {"leaderElection: {leaseDuration: 2m, renewDeadline: 1m59s999ms, retryPeriod: 1ms}",
          "leaderElection: {leaseDuration: 1h, renewDeadline: 59m, retryPeriod: 0009s}",
          "clusters: {enabled: true, staleLimit: 1ms}", "waypoints: {plaintextAddress: \"[fe80::1:2]:80\"}",
          "waypoints: {plaintextAddress: \"[1:2:3:4:5:6:7:8]:80\"}",
          "waypoints: {plaintextAddress: \"localhost:65535\"}", "waypoints: {plaintextAddress: \":80\"}"})
      helm.Template(good);
  });
}

TEST_F(ChartTest, PortsThatMeetAndValuesWithoutEffectAreRefusedAllAtOnce) {
  using ::testing::AllOf;
  WithEach([](Helm& helm) {
    EXPECT_THAT(helm.Refused("metrics: {port: 15012}\nwebhooks: {port: 8081}\nclusters: {staleLimit: 0s}"),
                AllOf(HasSubstr("\nmetrics.port: 15012 is xds.port too\n"),
                      HasSubstr("\nwebhooks.port: 8081 is the port of the probes\n"),
                      HasSubstr("\nclusters.staleLimit: 0s must be more than 0s")));
    EXPECT_THAT(helm.Refused("webhooks: {port: 15012}"), HasSubstr("webhooks.port: 15012 is xds.port too"));
    EXPECT_THAT(helm.Refused("xds: {port: 8081}"), HasSubstr("xds.port: 8081 is the port of the probes"));
    EXPECT_THAT(helm.Refused("metrics: {enabled: false, port: 15012}"), HasSubstr("metrics.port: 15012"));
    EXPECT_THAT(helm.Refused("webhooks: {certificates: secret}"),
                HasSubstr("webhooks.secretName: webhooks.certificates=secret needs the name of one"));
    EXPECT_THAT(
        helm.Refused("webhooks: {secretName: mine, caBundle: \"-----BEGIN CERTIFICATE-----\\naGk=\\n"
                     "-----END CERTIFICATE-----\", certManager: {issuerName: corp}, clientCA: {key: a}}"),
        AllOf(
            HasSubstr("webhooks.secretName: has no effect with webhooks.certificates=own; say "),
            HasSubstr("webhooks.caBundle: has no effect with webhooks.certificates=own; say "),
            HasSubstr("webhooks.certManager.issuerName: has no effect with webhooks.certificates=own; say "),
            HasSubstr("webhooks.clientCA.key: has no effect without ")));
    EXPECT_THAT(
        helm.Refused("webhooks: {certificates: certManager, certManager: {issuerKind: ClusterIssuer}}"),
        HasSubstr("webhooks.certManager.issuerKind: ClusterIssuer has no effect without "));
    // What is off may be as it was, so that one value turns it off and on.
    for (const char* off : {"xds: {enabled: false, port: 8080}",
                            "webhooks: {enabled: false, port: 8080, secretName: mine, clientCA: {key: a}}"})
      helm.Template(off);
  });
}

}  // namespace
}  // namespace fairlead::testing
