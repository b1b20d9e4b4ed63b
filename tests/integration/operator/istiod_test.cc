// Istio mode with a real istiod, whose path is in ISTIOD_BIN: what it makes of what Fairlead writes for it.
// Nothing runs but istiod and the operator: pods are objects, a fake proxy asks for what the waypoint would,
// and istiod prints what it gives.
#include <atomic>
#include <cstdlib>
#include <map>

#include "tests/integration/operator/istio_mode_base.h"
#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRatings[] = "inbound-vip|8080|http|ratings.isle.svc.cluster.local";

std::string Program() {
  const char* path = std::getenv("ISTIOD_BIN");
  return path == nullptr ? "" : path;
}

class RealIstiodTest : public IstioModeTest {
 protected:
  static void SetUpTestSuite() {
    if (!Program().empty()) IstioModeTest::SetUpTestSuite();
  }
  void SetUp() override {
    if (Program().empty()) GTEST_SKIP() << "ISTIOD_BIN does not name an istiod";
    IstioModeTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    InstallIstio();
    ApplyYaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}\n");
    StartIstiod();
  }
  void TearDown() override {
    if (HasFailure()) ADD_FAILURE() << "--- istiod\n" << istiod_.Log();
    IstioModeTest::TearDown();
  }

  // A namespace with a waypoint in zone east-a, and Service ratings with an endpoint in each of three zones.
  void MakeIsle() {
    MakeIstioNamespace("isle");
    for (const auto& [name, region, zone] :
         {std::tuple("n1", "east", "east-a"), std::tuple("n2", "east", "east-b"),
          std::tuple("n3", "west", "west-a")}) {
      ApplyYaml(std::string("apiVersion: v1\nkind: Node\nmetadata: {name: ") + name +
                ", labels: {topology.kubernetes.io/region: " + region +
                ", topology.kubernetes.io/zone: " + zone + "}}\n");
    }
    MakeWaypointOf("isle", "waypoint", "10.1.0.9");
    MakeServiceOf("isle", "ratings", "", "http", 8080,
                  {{"10.1.0.1", "n1"}, {"10.1.0.2", "n2"}, {"10.1.0.3", "n3"}});
  }
  // What istiod deploys for a Gateway where it has templates.
  void MakeWaypointOf(const std::string& ns, const std::string& name, const std::string& ip) {
    MakeServiceOf(ns, name, "gateway.networking.k8s.io/gateway-name: " + name, "mesh", 15008, {{ip, "n1"}});
  }
  // With a pod for each address, on the node. `label`: of all; "": a label app.
  void MakeServiceOf(const std::string& ns, const std::string& name, const std::string& label,
                     const std::string& port_name, int port,
                     const std::map<std::string, std::string>& nodes) {
    const std::string labels = "{" + (label.empty() ? "app: " + name : label) + "}",
                      number = std::to_string(port);
    const std::string protocol = port_name == "http" ? "http" : "hbone";
    std::string endpoints, pods;
    for (const auto& [ip, node] : nodes) {
      const std::string pod = name + "-" + node;
      endpoints += "- {addresses: [" + ip + "], conditions: {ready: true}, nodeName: " + node +
                   ", targetRef: {kind: Pod, name: " + pod + ", namespace: " + ns + "}}\n";
      ApplyYaml("apiVersion: v1\nkind: Pod\nmetadata: {name: " + pod + ", namespace: " + ns + ", labels: " +
                labels + "}\nspec: {nodeName: " + node + ", containers: [{name: c, image: none}]}\n");
      const HttpReply runs =
          cluster().Call("PATCH", "/api/v1/namespaces/" + ns + "/pods/" + pod + "/status",
                         R"({"status":{"phase":"Running","podIP":")" + ip + R"(","podIPs":[{"ip":")" + ip +
                             R"("}],"conditions":[{"type":"Ready","status":"True"}]}})",
                         "application/merge-patch+json");
      ASSERT_EQ(runs.status, 200) << runs.body;
    }
    ApplyYaml("apiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: " + ns +
              ", labels: " + labels + "}\nspec: {selector: " + labels + ", ports: [{name: " + port_name +
              ", port: " + number + ", appProtocol: " + protocol + "}]}\n---\n" +
              "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: " + name +
              "-1, namespace: " + ns + ", labels: {kubernetes.io/service-name: " + name +
              "}}\naddressType: IPv4\nports: [{name: " + port_name + ", port: " + number +
              ", protocol: TCP}]\nendpoints:\n" + endpoints);
  }
  // The waypoint of `isle`, which asks for all that is for it.
  std::unique_ptr<FakeEnvoy> WaypointOfIsle() {
    return std::make_unique<FakeEnvoy>(FakeEnvoy::Options{
        .port = grpc_port_,
        .id = "waypoint~10.1.0.9~waypoint-n1.isle~isle.svc.cluster.local",
        .cluster = "waypoint.isle",
        .metadata =
            R"({"NAMESPACE":"isle","CLUSTER_ID":"Kubernetes","ENABLE_HBONE":"true","ISTIO_VERSION":"1.31.0",)"
            R"("LABELS":{"gateway.networking.k8s.io/gateway-name":"waypoint"}})",
        .on_response = [this](const FakeEnvoy::Received& received) {
          if (received.type == xds::Type::kEndpoints) ++pushes_;
        }});
  }

  // What istiod tells of itself: "edsz?proxyID=…".
  Json::Value Debug(const std::string& path) const {
    const HttpAnswer answer = HttpClient("127.0.0.1", http_port_).Call({.path = "/debug/" + path});
    const Result<JsonDocument> document = JsonDocument::Parse(answer.body, 64 << 20);
    return document ? ToJsonValue(document->root()) : Json::Value();
  }
  // By priority: "10.1.0.1 | 10.1.0.2 10.1.0.3"; with the weights of their places where those differ.
  std::string EndpointsGiven() const {
    const Json::Value given = Debug("edsz?proxyID=waypoint-n1.isle");
    std::map<unsigned, std::string> by_priority;
    for (const Json::Value& assignment : given["configs"]) {
      if (assignment["clusterName"] != kRatings) continue;
      for (const Json::Value& place : assignment["endpoints"]) {
        for (const Json::Value& endpoint : place["lbEndpoints"]) {
          std::string& line = by_priority[place["priority"].asUInt()];
          line += (line.empty() ? "" : " ") +
                  endpoint["endpoint"]["address"]["socketAddress"]["address"].asString();
          if (place["loadBalancingWeight"] != 1) line += "*" + place["loadBalancingWeight"].asString();
        }
      }
    }
    std::string out;
    for (const auto& [priority, line] : by_priority) out += (out.empty() ? "" : " | ") + line;
    return out;
  }
  // What is given after a push that is not among the first so many, or after another one where that is not
  // `wanted` yet. Not asked in between: what istiod is asked for while it takes a change in, it may keep in
  // its cache as it was.
  std::string GivenAfter(const FakeEnvoy& waypoint, int pushes, const std::string& wanted) const {
    std::string given;
    for (int more = 0; more < 3 && given != wanted; ++more) {
      if (!waypoint.Await([&](const auto&) { return pushes_ > pushes; })) return "nothing pushed";
      pushes = pushes_;
      given = EndpointsGiven();
    }
    return given;
  }
  // Of the policy `isle/near` as it is now: its steps that have endpoints, with their share of the requests.
  static std::string StepsTold() {
    const Json::Value policy = Get("/apis/fairlead.dev/v1alpha1/namespaces/isle/failoverpolicies/near");
    if (policy["status"]["observedGeneration"] != policy["metadata"]["generation"]) return "";
    std::string out;
    for (const Json::Value& step : policy["status"]["sources"][0]["steps"]) {
      if (step["endpoints"] == 0) continue;
      out += (out.empty() ? "" : " | ") + step["to"].asString() + ": " + step["endpoints"].asString() + " " +
             step["percent"].asString() + "%";
    }
    return out;
  }

  int grpc_port_ = 0, http_port_ = 0;
  Process istiod_;
  std::atomic<int> pushes_{0};  // of endpoints, to the waypoint

 private:
  void StartIstiod() {
    const auto at = [](int port) { return "127.0.0.1:" + std::to_string(port); };
    grpc_port_ = FreePort();
    http_port_ = FreePort();
    Result<Process> started = Process::Spawn(
        {.argv = {Program(), "discovery", "--kubeconfig", cluster().kubeconfig_path(), "--grpcAddr",
                  at(grpc_port_), "--httpAddr", at(http_port_), "--httpsAddr", "", "--secureGRPCAddr", "",
                  "--monitoringAddr", at(FreePort()), "--ctrlz_port", "0"},
         .env = {{"PILOT_ENABLE_AMBIENT", "true"},
                 {"POD_NAMESPACE", "istio-system"},
                 {"POD_NAME", "istiod-1"},
                 {"CLUSTER_ID", "Kubernetes"}},
         .log_file = dir_ / "istiod.log",
         .directory = dir_.path()});
    ASSERT_TRUE(started) << started.error().message;
    istiod_ = std::move(*started);
    HttpClient client("127.0.0.1", http_port_);
    ASSERT_TRUE(Eventually([&] { return client.Call({.path = "/ready"}).status == 200; })) << istiod_.Log();
  }
};

// The status tells what istiod does with the policy, also where that is not what the policy asks for.
TEST_F(RealIstiodTest, WaypointsSendWhereTheStatusSays) {
  MakeIsle();
  const auto waypoint = WaypointOfIsle();
  ASSERT_TRUE(
      waypoint->Await([](const FakeEnvoy::State& s) { return s.Has(xds::Type::kEndpoints, kRatings); }));
  const std::string to_near =
      "{region: east, zone: east-a, weight: 60}, {region: east, zone: east-b, weight: 30}";
  const auto from_east = [](const std::string& steps) {
    return "localities: [{from: {region: east}, steps: " + steps + "}]";
  };
  struct Case {
    std::string spec, given, told;
  };
  for (const Case& c : {
           Case{"minHealthyPercent: 70", "10.1.0.1 | 10.1.0.2 | 10.1.0.3",
                "same zone: 1 100% | same region: 1 0% | any: 1 0%"},
           Case{"priorityLabels: [topology.kubernetes.io/region]", "10.1.0.1 10.1.0.2 | 10.1.0.3",
                "same topology.kubernetes.io/region: 2 100% | any: 1 0%"},
           // Shares by weight.
           Case{from_east("[{to: [{region: east, weight: 75}, {region: west, weight: 25}]}]"),
                "10.1.0.1*38 10.1.0.2*38 10.1.0.3*25", "east 75%, west 25%: 3 100%"},
           Case{"localities: [{from: {region: east, zone: east-a}, steps: [{to: [" + to_near +
                    ", {region: west, weight: 10}]}]}]",
                "10.1.0.1*60 10.1.0.2*30 10.1.0.3*10", "east/east-a 60%, east/east-b 30%, west 10%: 3 100%"},
           // The waypoint is in no place that a rule is for.
           Case{"localities: [{from: {region: west}, steps: [{to: [{region: west, weight: 50}, {region: "
                "east, weight: "
                "50}]}]}]",
                "10.1.0.1 10.1.0.2 10.1.0.3", "any: 3 100%"},
           // From region to region, where the zone still comes first.
           Case{from_east("[{to: [{region: east}]}, {to: [{region: west}]}]"),
                "10.1.0.1 | 10.1.0.2 | 10.1.0.3", "east/east-a: 1 100% | east: 1 0% | west: 1 0%"},
           Case{from_east("[{to: [{region: south}]}]"), "10.1.0.1 | 10.1.0.2 | 10.1.0.3",
                "east/east-a: 1 100% | east: 1 0% | any: 1 0%"},
           // What a DestinationRule cannot say.
           Case{from_east("[{to: [{region: west}]}, {to: [{region: east}]}]"),
                "10.1.0.1 | 10.1.0.2 | 10.1.0.3", "same zone: 1 100% | same region: 1 0% | any: 1 0%"},
       }) {
    const int before = pushes_;
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: isle}\n"
        "spec: {targetRefs: [{group: \"\", kind: Service, name: ratings}], " +
        c.spec + "}\n");
    EXPECT_EQ(GivenAfter(*waypoint, before, c.given), c.given) << c.spec;
    EXPECT_TRUE(Eventually([&] { return StepsTold() == c.told; })) << c.spec << "\n" << StepsTold();
  }
  const int before = pushes_;
  const std::string alike = "10.1.0.1 10.1.0.2 10.1.0.3";
  cluster().Call("DELETE", "/apis/fairlead.dev/v1alpha1/namespaces/isle/failoverpolicies/near");
  EXPECT_EQ(GivenAfter(*waypoint, before, alike), alike);
}

TEST_F(RealIstiodTest, WaypointsRepeatWhatMayBeRepeatedAndLeaveOutWhatFails) {
  MakeIsle();
  const auto waypoint = WaypointOfIsle();
  MakePolicy("isle", "quick", "ratings",
             "timeouts: {request: 1500ms}, retries: {attempts: 2, \"on\": [GatewayError]}");
  ApplyYaml(
      "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: "
      "isle}\nspec: "
      "{targetRefs: [{group: \"\", kind: Service, name: ratings}], outlierDetection: {consecutiveErrors: "
      "2}}\n");
  // Its listener has the routes inside.
  const auto given = [&] { return WriteJson(Debug("config_dump?proxyID=waypoint-n1.isle")); };
  EXPECT_TRUE(Eventually([&] {
    const std::string all = given();
    return all.find("port-8080-repeatable") != std::string::npos &&
           all.find("\"consecutive5xx\":2,") != std::string::npos;
  }));
  const std::string all = given();
  const size_t repeatable = all.find("\"name\":\"port-8080-repeatable\""),
               rest = all.find("\"name\":\"port-8080\"");
  ASSERT_LT(repeatable, rest) << "the first that fits is taken";
  EXPECT_THAT(all.substr(repeatable, rest - repeatable),
              AllOf(HasSubstr("\"numRetries\":2"), HasSubstr("\"retryOn\":\"gateway-error\""),
                    HasSubstr("\"timeout\":\"1.500s\"")));
  EXPECT_THAT(all.substr(rest, all.find(']', rest) - rest),
              AllOf(HasSubstr("\"timeout\":\"1.500s\""), Not(HasSubstr("retryPolicy"))));
  EXPECT_THAT(all, HasSubstr("GET|HEAD|OPTIONS|TRACE|PUT|DELETE"));
}

TEST_F(RealIstiodTest, AWaypointThatAWorkspaceAsksForServesOnceItRuns) {
  ApplyYaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: reef}\n");
  MakeServiceOf("reef", "ratings", "", "http", 8080, {{"10.2.0.1", "n1"}});
  ApplyYaml(
      "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: reef}\n"
      "spec: {namespaces: [{names: [reef]}], isolation: Enforced, waypoints: Auto}\n");
  MakePolicy("reef", "quick", "ratings", "timeouts: {request: 1500ms}");
  // By istiod's own account: who serves the Service, and which rules ztunnel has for the namespace.
  const auto served_by = [&] {
    const Json::Value all = Debug("ambientz");
    for (const Json::Value& service : all["services"]) {
      if (service["hostname"] == "ratings.reef.svc.cluster.local")
        return service["waypoint"]["hostname"]["hostname"].asString();
    }
    return std::string("none of its services");
  };
  const auto isolated = [&] {
    const Json::Value all = Debug("ambientz");
    return std::any_of(all["policies"].begin(), all["policies"].end(), [](const Json::Value& policy) {
      return policy["namespace"] == "reef" && policy["action"] == "DENY";
    });
  };
  const auto condition = [](const std::string& type) {
    const Json::Value gateway =
        Get("/apis/gateway.networking.k8s.io/v1/namespaces/reef/gateways/fairlead-waypoint");
    for (const Json::Value& one : gateway["status"]["conditions"]) {
      if (one["type"] == type) return one["status"].asString();
    }
    return std::string();
  };
  ASSERT_TRUE(
      Eventually([&] { return condition("Accepted") == "True" && condition("Programmed") == "False"; }));
  ASSERT_TRUE(Eventually(isolated));
  EXPECT_EQ(served_by(), "") << "nothing runs yet";

  MakeWaypointOf("reef", "fairlead-waypoint", "10.2.0.9");
  ASSERT_TRUE(Eventually([&] { return condition("Programmed") == "True"; }));
  EXPECT_TRUE(Eventually([&] { return served_by() == "fairlead-waypoint.reef.svc.cluster.local"; }))
      << served_by();
  EXPECT_TRUE(isolated());

  DeletePolicy("reef", "quick");
  EXPECT_TRUE(Eventually([&] { return served_by().empty(); })) << served_by();
  EXPECT_TRUE(isolated());
}

}  // namespace
}  // namespace fairlead::testing
