// The webhooks as the chart installs them, two replicas behind their Service, on a real API server with 200
// creates a second, every other one invalid: one replica is killed, all are replaced. No valid object is
// refused, no invalid one admitted. The creates go by a schedule; a machine that cannot keep it makes as
// many, in more time, and says by how many it was behind.
//
// A replica that is killed takes along the reviews that it has under way: the API server does not ask
// another, but tells its caller that the webhook failed, which is no verdict; who tries again has one. Where
// replicas end as they are asked to, not even that happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <iostream>
#include <thread>

#include "crds/base/json_write.h"
#include "crds/schema/manifests.h"
#include "tests/integration/helm/helm.h"
#include "tests/integration/operator/operator_process.h"
#include "tests/support/eventually.h"
#include "tests/support/kube/egress.h"
#include "tests/support/kube/real_cluster.h"
#include "tests/support/pace.h"
#include "tests/support/tls_client.h"

namespace fairlead::testing {
namespace {

constexpr int kRate = 200;      // creates a second, by the schedule
constexpr int kUsers = 24;      // so many may wait for their verdicts
constexpr int kCreates = 1000;  // in each act, at least
constexpr char kPolicies[] = "/apis/fairlead.dev/v1alpha1/namespaces/shop/retrytimeoutpolicies";

struct Replica {
  OperatorProcess process;
  const int port = FreePort();
};

// What the users were told.
struct Told {
  std::atomic<int> asked{0}, admitted{0}, refused{0}, unanswered{0};
  int verdicts() const { return admitted + refused; }
  std::string why;  // there was no answer, the first time
};

class AvailabilityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    if (HelmPrograms().empty()) GTEST_SKIP() << "no helm: run tools/setup helm";
    RealClusterOptions options;
    options.apiserver_flags = {egress_.Flag()};
    auto cluster = RealCluster::Start(options);
    ASSERT_TRUE(cluster) << cluster.error().message;
    cluster_ = std::move(*cluster);
    Install();
  }
  void TearDown() override {
    if (HasFailure()) {
      for (const auto& replica : replicas_) ADD_FAILURE() << replica->process.Log();
    }
    egress_.Set({});
  }

  void Apply(const std::string& path, const Json::Value& object) const {
    HttpReply reply;
    EXPECT_TRUE(Eventually([&] {  // a kind that is new is not served at once
      reply = cluster_->Call("PATCH", path + "?fieldManager=tests&force=true", WriteJson(object),
                             "application/apply-patch+yaml");
      return reply.ok();
    })) << path
        << ": " << reply.body;
  }
  void ApplyYaml(const std::string& path, const std::string& yaml) const {
    Apply(path, ReadYaml(yaml).at(0));
  }
  void Install();
  // The webhooks of the chart with these values; all that it renders.
  std::map<std::string, Json::Value> Configure(const std::string& values) const {
    auto objects = Helm(HelmPrograms().back()).Template(values);
    Apply("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/fairlead",
          objects.at("ValidatingWebhookConfiguration fairlead"));
    return objects;
  }
  void StartReplica() {
    replicas_.push_back(std::make_unique<Replica>());
    Replica& replica = *replicas_.back();
    const Result<void> started = replica.process.Start(
        {.kubeconfig = cluster_->kubeconfig_path(),
         .identity = "replica-" + std::to_string(++started_),
         .flags = {"--leader-elect", "--leader-elect-lease-duration=6s", "--leader-elect-renew-deadline=4s",
                   "--leader-elect-retry-period=1s", "--webhook-secret=fairlead-webhooks",
                   "--webhook-service=fairlead-webhooks", "--webhook-configuration=fairlead",
                   "--webhook-bind-address=127.0.0.1:" + std::to_string(replica.port),
                   "--webhook-drain=3s"}});
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(Eventually([&] { return replica.process.Ready(); })) << replica.process.Log();
  }
  // Those that are there are behind the Service.
  void Route() {
    std::vector<int> ports;
    for (const auto& replica : replicas_) ports.push_back(replica->port);
    egress_.Set(std::move(ports));
  }
  void Fill() {
    while (replicas_.size() < 2) ASSERT_NO_FATAL_FAILURE(StartReplica());
    Route();
  }

  // A connection of somebody who creates policies.
  TlsClient User() const { return TlsClient({.port = cluster_->port(), .ca_pem = cluster_->ca_pem()}); }
  static TlsReply Create(TlsClient* user, const std::string& name, const std::string& timeout) {
    return user->Post(
        kPolicies,
        R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":")" + name +
            R"("},"spec":{"targetRefs":[{"group":"","kind":"Service","name":"ratings"}],)" +
            R"("timeouts":{"request":")" + timeout + R"("}}})",
        "operator");
  }
  // As the user guest, who may write Services and Namespaces, or operator, who may change Workspaces too.
  HttpReply As(const std::string& user, const std::string& method, const std::string& path,
               const std::string& yaml) const {
    return HttpCall({.port = cluster_->port(),
                     .ca_pem = cluster_->ca_pem(),
                     .method = method,
                     .path = path,
                     .token = user,
                     .content_type = method == "PATCH" ? "application/merge-patch+json" : "application/json",
                     .body = WriteJson(ReadYaml(yaml).at(0)),
                     .timeout_seconds = 60});
  }
  // Until there is a verdict.
  static void Ask(TlsClient* user, const std::string& name, bool valid, Told* told) {
    ++told->asked;
    const auto answered = [&] {
      const TlsReply reply = Create(user, name, valid ? "5s" : "31s");
      if (reply.status == 500 || reply.status == 503) {
        if (++told->unanswered == 1) told->why = reply.body;
        return false;
      }
      EXPECT_EQ(reply.status, valid ? 201 : 403) << reply.body;
      ++(reply.status == 201 ? told->admitted : told->refused);
      return true;
    };
    EXPECT_TRUE(Eventually(answered)) << name;
  }
  // Users ask while `act` is played, and kCreates times at least.
  void While(const std::string& act_name, Told* told, const std::function<void()>& act) {
    std::atomic<bool> done{false};
    Pace pace(kRate);
    std::vector<std::thread> users;
    for (int user = 0; user < kUsers; ++user) {
      users.emplace_back([&] {
        TlsClient connection = User();
        for (size_t turn; (turn = pace.Take()) < kCreates || !done;) {
          const bool valid = turn % 2 == 0;
          Ask(&connection, (valid ? "v-" : "x-") + act_name + "-" + std::to_string(turn), valid, told);
        }
      });
    }
    AwaitVerdicts(*told, kRate);
    act();
    const int made = told->asked;
    const size_t due = pace.due();
    done = true;
    for (std::thread& user : users) user.join();
    std::cout << act_name << ": " << made << " creates while " << due << " were due\n";
    RecordProperty(act_name + "_due", static_cast<int>(due));
    RecordProperty(act_name + "_made", made);
    EXPECT_LE(static_cast<size_t>(made), due) << "the schedule is kept";
    EXPECT_GE(told->asked.load(), kCreates);
    EXPECT_EQ(told->verdicts(), told->asked.load());
    const std::string stored = cluster_->Call("GET", kPolicies).body;
    EXPECT_EQ(stored.find("\"x-"), std::string::npos);
  }
  // So many more of them, whatever the time that takes.
  static void AwaitVerdicts(const Told& told, int more) {
    const int before = told.verdicts();
    EXPECT_TRUE(Eventually([&] { return told.verdicts() >= before + more; }, std::chrono::seconds(120)));
  }

  Egress egress_;
  std::unique_ptr<RealCluster> cluster_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  int started_ = 0;
};

// What the chart brings, and a workspace whose roles let the user write timeouts up to 30 s.
void AvailabilityTest::Install() {
  for (const std::string& manifest : CrdManifests()) {
    const Json::Value crd = ReadYaml(manifest).at(0);
    Apply("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + crd["metadata"]["name"].asString(),
          crd);
  }
  for (const std::string ns : {"shop", "fairlead-system"}) {
    ApplyYaml("/api/v1/namespaces/" + ns, "{apiVersion: v1, kind: Namespace, metadata: {name: " + ns + "}}");
  }
  const auto objects = Configure("webhooks: {timeoutSeconds: 30}");
  const std::string ours = "/api/v1/namespaces/fairlead-system/";
  Apply(ours + "secrets/fairlead-webhooks", objects.at("Secret fairlead-webhooks"));
  Apply(ours + "services/fairlead-webhooks", objects.at("Service fairlead-webhooks"));
  ApplyYaml(
      "/apis/fairlead.dev/v1alpha1/workspaces/shop",
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {namespaces: "
      "[{names: "
      "[shop]}], roles: [{name: developers, subjects: [{kind: User, name: operator}], allow: [{kinds: "
      "[RetryTimeoutPolicy], fields: [spec.timeouts], bounds: {spec.timeouts.request: {max: 30s}}}]}]}}");
  const std::string rbac = "/apis/rbac.authorization.k8s.io/v1/";
  ApplyYaml(
      rbac + "clusterroles/developer",
      "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: developer}, rules: "
      "[{apiGroups: [fairlead.dev], resources: ['*'], verbs: ['*']}]}");
  ApplyYaml(
      rbac + "clusterrolebindings/developer",
      "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: developer}, "
      "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: developer}, subjects: [{kind: "
      "User, name: operator}]}");
  ApplyYaml(rbac + "clusterroles/core",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: core}, rules: "
            "[{apiGroups: [''], resources: [services, namespaces], verbs: ['*']}]}");
  ApplyYaml(
      rbac + "clusterrolebindings/core",
      "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: core}, "
      "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: core}, subjects: [{kind: "
      "User, name: operator}, {kind: User, name: guest}]}");
  ASSERT_NO_FATAL_FAILURE(Fill());
  // The API server knows the certificates, and the replicas the workspace.
  TlsClient user = User();
  ASSERT_TRUE(Eventually([&] { return Create(&user, "first", "5s").status == 201; }));
  ASSERT_TRUE(Eventually([&] { return Create(&user, "never", "31s").status == 403; }));
}

TEST_F(AvailabilityTest, OneIsKilled) {
  Told told;
  While("killed", &told, [&] {
    for (int round = 0; round < 2; ++round) {  // the second time most likely the leader
      replicas_.front()->process.process().Kill();
      AwaitVerdicts(told, kRate);  // by the other one
      replicas_.erase(replicas_.begin());
      ASSERT_NO_FATAL_FAILURE(Fill());
    }
  });
  RecordProperty("unanswered", told.unanswered);
}

// With failurePolicy Ignore a request that is inside the killed process is left to the CRDs and to the native
// policies: nobody is told of the death, and what is refused stays refused.
TEST_F(AvailabilityTest, OneIsKilledAndNobodyNoticesWherePoliciesMayPassUnjudged) {
  Configure("webhooks: {timeoutSeconds: 30, failurePolicy: Ignore}");
  egress_.Set({});
  TlsClient user = User();
  EXPECT_TRUE(Eventually([&] { return Create(&user, "unjudged", "5s").status == 201; })) << "it is in force";
  EXPECT_TRUE(Eventually([&] { return Create(&user, "never", "31s").status == 403; }))
      << "so are the native ones";
  Route();
  Told told;
  While("unnoticed", &told, [&] {
    for (int round = 0; round < 4; ++round) {
      replicas_.front()->process.process().Kill();
      AwaitVerdicts(told, kRate);
      replicas_.erase(replicas_.begin());
      ASSERT_NO_FATAL_FAILURE(Fill());
    }
  });
  EXPECT_EQ(told.unanswered.load(), 0) << told.why;
}

TEST_F(AvailabilityTest, AllAreReplacedOneByOne) {
  Told told;
  While("replaced", &told, [&] {
    for (int round = 0; round < 2; ++round) {
      ASSERT_NO_FATAL_FAILURE(StartReplica());
      const std::unique_ptr<Replica> old = std::move(replicas_.front());
      replicas_.erase(replicas_.begin());
      old->process.process().Signal(SIGTERM);  // and its endpoint goes a moment later
      Route();
      EXPECT_EQ(old->process.process().Wait(std::chrono::seconds(60)), 0) << old->process.Log();
    }
  });
  EXPECT_EQ(told.unanswered.load(), 0) << told.why;
}

// Objects that are not ours, where they reach another workspace; and what goes on when nobody answers.
TEST_F(AvailabilityTest, OthersKindsAreJudgedWhereTheyReachOut) {
  ApplyYaml("/apis/fairlead.dev/v1alpha1/workspaces/pay",
            "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: pay}, spec: {namespaces: "
            "[{names: [pay]}, {selector: {matchLabels: {team: pay}}}]}}");
  ApplyYaml("/api/v1/namespaces/pay", "{apiVersion: v1, kind: Namespace, metadata: {name: pay}}");
  ApplyYaml("/api/v1/namespaces/free", "{apiVersion: v1, kind: Namespace, metadata: {name: free}}");
  const auto service = [&](const std::string& name, const std::string& labels) {
    return As("guest", "POST", "/api/v1/namespaces/shop/services",
              "{apiVersion: v1, kind: Service, metadata: {name: " + name + ", labels: {" + labels +
                  "}}, spec: {ports: [{port: 80}]}}");
  };
  const std::string elsewhere = "istio.io/use-waypoint: waypoint, istio.io/use-waypoint-namespace: pay";
  const std::string denied =
      "admission webhook \\\"waypoints.fairlead.dev\\\" denied the request: Service shop/stolen is in "
      "workspace "
      "shop and reaches beyond it: metadata.labels[istio.io/use-waypoint]: Gateway pay/waypoint is of "
      "workspace pay, and waypoints are not shared: use one of this workspace, or of a namespace of no "
      "workspace";
  HttpReply reply;
  ASSERT_TRUE(Eventually([&] {  // the replicas know of the workspace in a moment
    reply = service("stolen", elsewhere);
    if (reply.ok()) cluster_->Call("DELETE", "/api/v1/namespaces/shop/services/stolen");
    return reply.status == 403;
  })) << reply.body;
  EXPECT_THAT(reply.body, ::testing::HasSubstr(denied));
  EXPECT_EQ(service("own", "istio.io/use-waypoint: waypoint").status, 201);

  const std::string labels = "{metadata: {labels: {team: pay}}}";
  reply = As("guest", "PATCH", "/api/v1/namespaces/free", labels);
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, ::testing::HasSubstr(
                              "admission webhook \\\"namespaces.fairlead.dev\\\" denied the request: "
                              "Namespace free: these labels move it into workspace pay; that is for whoever "
                              "may update workspaces.fairlead.dev"));
  EXPECT_EQ(As("guest", "PATCH", "/api/v1/namespaces/free", "{metadata: {labels: {a: b}}}").status, 200);
  EXPECT_EQ(As("operator", "PATCH", "/api/v1/namespaces/free", labels).status, 200);

  replicas_.clear();
  Route();
  EXPECT_EQ(service("ordinary", "app: web").status, 201) << "no webhook is asked";
  EXPECT_EQ(service("stolen", elsewhere).status, 500) << "what nobody judges is not let through";
  EXPECT_EQ(As("operator", "PATCH", "/api/v1/namespaces/free", "{metadata: {labels: {team: null}}}").status,
            200);
}

}  // namespace
}  // namespace fairlead::testing
