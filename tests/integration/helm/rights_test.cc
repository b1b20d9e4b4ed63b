// The chart's RBAC is enough, and no more than that: two replicas of the real operator, as the chart's
// ServiceAccount and with the flags and certificates that the chart gives them, go through a policy's life on
// a real API server. Its audit log then holds nothing refused, and a use of each verb that was granted.
#include <gmock/gmock.h>

#include <fstream>

#include "crds/base/base64.h"
#include "crds/base/clock.h"
#include "crds/base/json.h"
#include "tests/integration/helm/chart_replica.h"
#include "tests/integration/helm/helm_cluster.h"
#include "tests/integration/helm/rights_audit.h"
#include "tests/integration/operator/user_test.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

using ::testing::IsEmpty;

constexpr char kNamespace[] = "/api/v1/namespaces/fairlead-system";
constexpr char kDeployment[] = "/apis/apps/v1/namespaces/fairlead-system/deployments/fairlead";
constexpr char kLease[] = "/apis/coordination.k8s.io/v1/namespaces/fairlead-system/leases/fairlead-operator";
constexpr char kCertificates[] = "/api/v1/namespaces/fairlead-system/secrets/fairlead-webhooks";
constexpr char kRbac[] = "/apis/rbac.authorization.k8s.io/v1";

class RightsTest : public UserTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    if (const std::string why = HelmCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_NE(SharedHelmCluster(), nullptr);
    Connect(cluster().real().kubeconfig_path());
    std::ifstream log(cluster().audit_file(), std::ios::ate);
    audit_from_ = log ? static_cast<std::streamoff>(log.tellg()) : 0;
    cluster().MakeNamespace("fairlead-system");
    const HelmRun run = helm().Run({"install", "fairlead", ChartDir(), "-n", "fairlead-system", "--set",
                                    "profile=" + GetParam(), "--set", "ledger.perPolicy=1", "--set",
                                    "clusters.enabled=true"});
    ASSERT_EQ(run.code, 0) << run.output;
    const std::string ready = "/apis/fairlead.dev/v1alpha1/retrytimeoutpolicies";
    ASSERT_TRUE(Eventually([&] { return cluster().real().Call("GET", ready).ok(); }));
    ReadSecret("fairlead-xds", server_);
    ReadSecret("fairlead-xds-client", client_);
  }
  void TearDown() override {
    if (IsSkipped() || SharedHelmCluster() == nullptr) return;
    if (HasFailure()) {
      for (const auto& replica : replicas_) ADD_FAILURE() << replica->Log();
    }
    EndReplicas();
    const HelmRun run = helm().Run({"uninstall", "fairlead", "-n", "fairlead-system", "--wait"});
    EXPECT_EQ(run.code, 0) << run.output;
  }
  static HelmCluster& cluster() { return *SharedHelmCluster(); }
  Helm& helm() {
    if (!helm_) helm_ = std::make_unique<Helm>("helm3", cluster().real().kubeconfig_path());
    return *helm_;
  }

  static void ReadSecret(const std::string& name, const TempDir& dir) {
    const Json::Value secret = cluster().Get(std::string(kNamespace) + "/secrets/" + name);
    for (const std::string& file : secret["data"].getMemberNames()) {
      WriteFile(dir / file, DecodeBase64(secret["data"][file].asString()).value_or(""));
    }
  }
  void StartReplicas() {
    const HttpReply reply = cluster().real().Call(
        "POST", std::string(kNamespace) + "/serviceaccounts/fairlead/token",
        R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}})");
    const Result<JsonDocument> answer = JsonDocument::Parse(reply.body);
    ASSERT_TRUE(reply.ok() && answer) << reply.body;
    const std::string token = ToJsonValue(answer->root())["status"]["token"].asString();
    const Json::Value deployment = cluster().Get(kDeployment);
    for (int i = 0; i < deployment["spec"]["replicas"].asInt(); ++i) {
      replicas_.push_back(std::make_unique<ChartReplica>(
          deployment, cluster().real().KubeconfigForToken(token), server_.path()));
    }
    for (const auto& replica : replicas_) {
      ASSERT_TRUE(Eventually([&] { return replica->Ready(); })) << replica->Log();
    }
    cluster().egress().Set({replicas_[0]->webhook_port(), replicas_[1]->webhook_port()});
    // One leads; the other reports to it, by the certificate that they share.
    const auto count = [&](const std::string& metric) {
      return std::count_if(replicas_.begin(), replicas_.end(),
                           [&](const auto& r) { return r->Shows(metric); });
    };
    ASSERT_TRUE(Eventually([&] { return count("fairlead_leader 1") == 1; }));
    ASSERT_TRUE(Eventually([&] { return count("fairlead_replicas_reporting 1") == 1; }));
  }
  void EndReplicas() {
    cluster().egress().Set({});
    replicas_.clear();
  }
  bool AwaitReason(const std::string& policy, const std::string& type, const std::string& reason) {
    return Eventually([&] {
      const auto status = user_->StatusOf(ns_, policy);
      return status && Reason(*status, type) == reason;
    });
  }
  Audit audit() const { return ReadAudit(cluster().audit_file(), audit_from_); }
  bool AwaitUse(const std::string& what) {
    return Eventually([&] { return audit().used.contains(what); });
  }

  void LivePolicies();
  void LiveWorkspaces();
  void LiveBesideIstiod();
  void LiveClusters();
  void LiveWaypoints();

  const std::string ns_ = "rights-" + GetParam();
  std::streamoff audit_from_ = 0;
  TempDir server_, client_;  // what the Secrets hold
  std::unique_ptr<Helm> helm_;
  std::vector<std::unique_ptr<ChartReplica>> replicas_;
};

// A policy from nothing to a proxy that has it, and what else is written: a status of each kind, Events that
// are told anew after a restart, the Lease that somebody deletes.
void RightsTest::LivePolicies() {
  MakeNamespace(ns_);
  MakeService(ns_, "ratings");
  MakePolicy(ns_, "quick", "ratings", "timeouts: {request: 1s}");
  MakePolicy(ns_, "lost", "ghost", "timeouts: {request: 1s}");
  ApplyYaml("apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: " +
            ns_ + "}\nspec: {targetRefs: [{group: \"\", kind: Service, name: ratings}]}\n");
  FakeEnvoy envoy({.port = replicas_[1]->xds_port(),
                   .id = "w-1",
                   .cluster = ns_ + "/waypoint",
                   .tls_ca = ReadFile(client_ / "ca.crt"),
                   .tls_certificate = ReadFile(client_ / "tls.crt"),
                   .tls_key = ReadFile(client_ / "tls.key"),
                   .tls_server_name = "fairlead.fairlead-system.svc"});
  ASSERT_TRUE(AwaitReason("quick", "Programmed", "Programmed"));
  ASSERT_TRUE(AwaitReason("lost", "Accepted", "TargetNotFound"));
  ASSERT_TRUE(AwaitUse("fairlead.dev/failoverpolicies/status patch"));

  // They were judged, by the Service, with certificates of our own; which are put back when somebody deletes
  // them.
  EXPECT_TRUE(std::any_of(replicas_.begin(), replicas_.end(), [](const auto& r) {
    return r->Counts(
        R"(fairlead_webhook_reviews_total{kind="RetryTimeoutPolicy",operation="CREATE",verdict="allowed"})");
  }));
  const Json::Value keys = cluster().Get(kCertificates)["data"];
  EXPECT_TRUE(keys.isMember("tls.key"));
  cluster().Delete(kCertificates);
  ASSERT_TRUE(Eventually([&] { return cluster().Get(kCertificates)["data"] == keys; }));

  cluster().Delete(kLease);
  ASSERT_TRUE(Eventually([] { return !cluster().Get(kLease)["spec"]["holderIdentity"].asString().empty(); }));

  // An Event is told before the status is written, and best effort: where one was lost, the next round has
  // it.
  for (int round = 0; round < 3 && !audit().used.contains("events.k8s.io/events patch"); ++round) {
    MakeService(ns_, "ghost");
    ASSERT_TRUE(AwaitReason("lost", "Accepted", "Accepted"));
    EndReplicas();
    ASSERT_NO_FATAL_FAILURE(StartReplicas());
    cluster().Delete("/api/v1/namespaces/" + ns_ + "/services/ghost");
    ASSERT_TRUE(AwaitReason("lost", "Accepted", "TargetNotFound"));
  }
  // Its records: one of each change, of which the newest is kept.
  ASSERT_TRUE(AwaitUse("fairlead.dev/policychanges create"));
  DeletePolicy(ns_, "quick");
  ASSERT_TRUE(AwaitUse("fairlead.dev/policychanges delete"));
}

// What a workspace's roles come to is written, put right when somebody changes it, and removed.
void RightsTest::LiveWorkspaces() {
  const std::string name = ns_ + "-team", ns = ns_ + "-held";
  ApplyYaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns +
            "}\n---\napiVersion: fairlead.dev/v1alpha1\nkind: WorkspaceSettings\nmetadata: {name: settings, "
            "namespace: " +
            ns + "}\nspec: {}\n---\napiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " +
            name + "}\nspec: {namespaces: [{names: [" + ns +
            "]}], isolation: \"Off\", roles: [{name: devs, subjects: [{kind: Group, name: devs}], "
            "allow: [{kinds: [RetryTimeoutPolicy]}]}]}\n");
  const std::string group = "/apis/admissionregistration.k8s.io/v1/";
  const std::string policy = group + "validatingadmissionpolicies/retrytimeoutpolicies.rights.fairlead.dev";
  const std::string binding =
      group + "validatingadmissionpolicybindings/" + name + ".retrytimeoutpolicies.rights.fairlead.dev";
  const std::string role = std::string(kRbac) + "/namespaces/" + ns + "/roles/fairlead-role-devs";
  const std::string grant = std::string(kRbac) + "/namespaces/" + ns + "/rolebindings/fairlead-role-devs";
  for (const std::string& path : {policy, binding, role, grant}) {
    ASSERT_TRUE(Eventually([&] { return !cluster().Get(path).isNull(); })) << path;
  }
  ASSERT_TRUE(AwaitUse("fairlead.dev/workspaces/status patch"));
  ASSERT_TRUE(AwaitUse("fairlead.dev/workspacesettings/status patch"));
  // Something beside ours, so that less is judged, or nothing refused: the object is ours as a whole.
  const auto spec = [](const std::string& path) { return cluster().Get(path)["spec"]; };
  const Json::Value refuses = spec(binding)["validationActions"];
  const auto change = [](const std::string& path, const std::string& patch) {
    return cluster().real().Call("PATCH", path, patch, "application/merge-patch+json").ok();
  };
  ASSERT_TRUE(change(policy, R"({"spec":{"matchConditions":[{"name":"never","expression":"false"}]}})"));
  ASSERT_TRUE(change(binding, R"({"spec":{"validationActions":["Audit"]}})"));
  EXPECT_TRUE(Eventually([&] { return spec(policy)["matchConditions"].empty(); }));
  EXPECT_TRUE(Eventually([&] { return spec(binding)["validationActions"] == refuses; }));
  cluster().Delete("/apis/fairlead.dev/v1alpha1/workspaces/" + name);
  for (const std::string& path : {policy, binding, role, grant}) {
    ASSERT_TRUE(Eventually([&] { return cluster().Get(path).isNull(); })) << path;
  }
}

// The objects for istiod are made, changed and removed.
void RightsTest::LiveBesideIstiod() {
  const std::string ns = ns_ + "-beside";
  const std::string objects = "/apis/networking.istio.io/v1/namespaces/" + ns + "/";
  ApplyYaml(
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns +
      ", labels: {istio.io/use-waypoint: waypoint}}\n---\n"
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: " +
      ns +
      "}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: "
      "HBONE}]}\n");
  MakeService(ns, "ratings");
  MakePolicy(ns, "quick", "ratings",
             "timeouts: {request: 2s}, retries: {attempts: 2, budget: {percent: 30}}");
  const auto there = [&](const std::string& path) { return !cluster().Get(objects + path).isNull(); };
  ASSERT_TRUE(Eventually([&] { return there("virtualservices/fairlead-ratings"); }));
  ASSERT_TRUE(Eventually([&] { return there("destinationrules/fairlead-ratings"); }));
  DeletePolicy(ns, "quick");
  ASSERT_TRUE(Eventually([&] { return !there("virtualservices/fairlead-ratings"); }));
  ASSERT_TRUE(Eventually([&] { return !there("destinationrules/fairlead-ratings"); }));
}

// Another cluster, which is this very one: it is read, lost and read again; kept when the operator ends, and
// known by that when it starts without a way to it; and forgotten.
void RightsTest::LiveClusters() {
  const std::string secret = std::string(kNamespace) + "/secrets/clusters";
  const auto name = [&](const std::string& token) {
    const std::string kubeconfig =
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: "
        "u}}]\n"
        "clusters: [{name: c, cluster: {server: \"" +
        cluster().real().server() +
        "\", certificate-authority-data: " + EncodeBase64(cluster().real().ca_pem()) +
        "}}]\nusers: [{name: u, user: {token: " + token + "}}]\n";
    ApplyYaml(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: clusters, namespace: fairlead-system, labels: "
        "{istio/multiCluster: \"true\"}}\ndata: {west: " +
        EncodeBase64(kubeconfig) + "}\n");
  };
  const auto fresh = [&] {
    return Eventually([&] {
      return std::all_of(replicas_.begin(), replicas_.end(), [](const auto& replica) {
        return replica->Shows(R"(fairlead_cluster_state{cluster="west",state="fresh"} 1)");
      });
    });
  };
  name("admin");
  ASSERT_TRUE(fresh());
  name("nobody");
  ASSERT_TRUE(AwaitUse("/configmaps create"));
  name("admin");
  ASSERT_TRUE(fresh());
  const int64_t kept = Clock::System().WallNow().seconds;  // what is known at the end is newer
  ASSERT_TRUE(Eventually([&] { return Clock::System().WallNow().seconds > kept; }));
  EndReplicas();
  ASSERT_TRUE(AwaitUse("/configmaps update"));
  name("nobody");
  ASSERT_NO_FATAL_FAILURE(StartReplicas());
  ASSERT_TRUE(Eventually([&] {
    return std::all_of(replicas_.begin(), replicas_.end(),
                       [](const auto& r) { return r->Shows(R"(fairlead_cluster_kept{cluster="west"} 1)"); });
  }));
  ASSERT_TRUE(AwaitUse("/configmaps get"));
  cluster().Delete(secret);
  ASSERT_TRUE(AwaitUse("/configmaps delete"));
}

// A waypoint is made for a Service and a ServiceEntry, they get the label once istiod, which the test plays,
// says that it is ready, and lose it again.
void RightsTest::LiveWaypoints() {
  const std::string name = ns_ + "-auto";
  const std::string workspace = "/apis/fairlead.dev/v1alpha1/workspaces/" + name;
  const std::string gateway =
      "/apis/gateway.networking.k8s.io/v1/namespaces/" + name + "/gateways/fairlead-waypoint";
  const std::vector<std::string> services = {
      "/api/v1/namespaces/" + name + "/services/ratings",
      "/apis/networking.istio.io/v1/namespaces/" + name + "/serviceentries/abroad"};
  ApplyYaml(
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name +
      "}\n---\napiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " + name +
      "}\nspec: {namespaces: [{names: [" + name +
      "]}], waypoints: Auto}\n---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
      "metadata: {name: abroad, namespace: " +
      name +
      "}\nspec: {hosts: [abroad.example], exportTo: [.], addresses: [240.0.0.9], resolution: STATIC, ports: "
      "[{number: 80, "
      "name: http, protocol: HTTP}], endpoints: [{address: 10.9.9.9}]}\n---\n"
      "apiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: slow, namespace: " +
      name +
      "}\nspec: {targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: abroad}], timeouts: "
      "{request: 9s}}\n");
  MakeService(name, "ratings");
  MakePolicy(name, "quick", "ratings", "timeouts: {request: 2s}");
  ASSERT_TRUE(Eventually([&] { return !cluster().Get(gateway).isNull(); }));
  const std::string generation = cluster().Get(gateway)["metadata"]["generation"].asString();
  ASSERT_TRUE(
      cluster()
          .real()
          .Call("PATCH", gateway + "/status",
                R"({"status":{"conditions":[{"type":"Programmed","status":"True","reason":"Programmed",)"
                R"("message":"","lastTransitionTime":"2026-11-22T05:00:00Z","observedGeneration":)" +
                    generation + "}]}}",
                "application/merge-patch+json")
          .ok());
  const auto label = [](const std::string& path) {
    return cluster().Get(path)["metadata"]["labels"]["istio.io/use-waypoint"].asString();
  };
  for (const std::string& path : services)
    ASSERT_TRUE(Eventually([&] { return label(path) == "fairlead-waypoint"; })) << path;
  cluster().Delete(workspace);
  for (const std::string& path : services)
    ASSERT_TRUE(Eventually([&] { return label(path).empty(); })) << path;
  ASSERT_TRUE(Eventually([&] { return cluster().Get(gateway).isNull(); }));
}

TEST_P(RightsTest, AreThoseThatAreUsed) {
  ASSERT_NO_FATAL_FAILURE(StartReplicas());
  ASSERT_NO_FATAL_FAILURE(LivePolicies());
  ASSERT_NO_FATAL_FAILURE(LiveWorkspaces());
  if (GetParam() == "istio") {
    ASSERT_NO_FATAL_FAILURE(LiveBesideIstiod());
    ASSERT_NO_FATAL_FAILURE(LiveWaypoints());
  }
  ASSERT_NO_FATAL_FAILURE(LiveClusters());

  std::set<std::string> granted = Granted(cluster().Get(std::string(kRbac) + "/clusterroles/fairlead"));
  granted.merge(Granted(cluster().Get(std::string(kRbac) + "/namespaces/fairlead-system/roles/fairlead")));
  const Audit seen = audit();
  EXPECT_THAT(seen.refused, IsEmpty());
  std::set<std::string> idle;
  std::set_difference(granted.begin(), granted.end(), seen.used.begin(), seen.used.end(),
                      std::inserter(idle, idle.end()));
  // What it holds only to give it on, or so that an admission policy may read it.
  const std::set<std::string> given = {"fairlead.dev/retrytimeoutpolicies", "fairlead.dev/failoverpolicies",
                                       "fairlead.dev/workspacesettings", "fairlead.dev/workspaces",
                                       // Of workspaces that are isolated, or export.
                                       "security.istio.io/authorizationpolicies",
                                       "gateway.networking.k8s.io/referencegrants"};
  std::erase_if(idle,
                [&](const std::string& right) { return given.contains(right.substr(0, right.find(' '))); });
  for (const char* right :
       {"fairlead.dev/policychanges get", "/services get", "discovery.k8s.io/endpointslices get",
        "gateway.networking.k8s.io/gateways get", "gateway.networking.k8s.io/grpcroutes get",
        "gateway.networking.k8s.io/httproutes get", "networking.istio.io/serviceentries get"})
    idle.erase(right);  // to be given on, too
  // Where users ask two replicas for the same at once, as in ledger_trouble_test.cc, by the same rights.
  idle.erase("fairlead.dev/policychanges patch");
  EXPECT_THAT(idle, IsEmpty()) << "granted, and never used";
}

INSTANTIATE_TEST_SUITE_P(Profiles, RightsTest, ::testing::Values("default", "istio"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace fairlead::testing
