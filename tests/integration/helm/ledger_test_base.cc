#include "tests/integration/helm/ledger_test_base.h"

#include <csignal>
#include <map>

#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::testing {

Ran RunCtl(const std::string& kubeconfig, std::vector<std::string> words) {
  const TempDir dir;
  words.insert(words.begin(), FAIRLEAD_BINARY_DIR "/bin/fairleadctl");
  words.insert(words.end(), {"--kubeconfig", kubeconfig});
  Result<Process> process = Process::Spawn({.argv = words, .log_file = dir / "log"});
  EXPECT_TRUE(process) << process.error().message;
  if (!process) return {};
  Ran out;
  out.code = process->Wait(std::chrono::seconds(60)).value_or(-1);
  out.text = ReadFile(dir / "log");
  return out;
}

std::string LedgerTest::Guest() {
  EXPECT_EQ(
      cluster().Apply(std::string(
          "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: guest}, "
          "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: dev}, subjects: "
          "[{apiGroup: rbac.authorization.k8s.io, kind: User, name: guest}]}")),
      "");
  WriteFile(dir() / "guest.kubeconfig", cluster().real().KubeconfigForToken("guest"));
  return dir() / "guest.kubeconfig";
}

void LedgerTest::SetUpTestSuite() {
  if (!HelmCluster::Missing().empty()) return;
  ASSERT_NE(SharedHelmCluster(), nullptr);
  cluster().MakeNamespace(kOurs);
  Helm helm(HelmPrograms().back(), cluster().real().kubeconfig_path());
  const HelmRun run =
      helm.Run({"install", "fairlead", ChartDir(), "-n", kOurs, "--set", "webhooks.timeoutSeconds=30"});
  ASSERT_EQ(run.code, 0) << run.output;
  ASSERT_EQ(cluster().Apply(std::string(
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: dev}, rules: "
                "[{apiGroups: [fairlead.dev], resources: ['*'], verbs: ['*']}]}\n---\n"
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: dev}, "
                "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: dev}, subjects: "
                "[{apiGroup: rbac.authorization.k8s.io, kind: Group, name: devs}]}\n")),
            "");
  const HttpReply reply = cluster().real().Call(
      "POST", std::string("/api/v1/namespaces/") + kOurs + "/serviceaccounts/fairlead/token",
      R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}})");
  ASSERT_TRUE(reply.ok()) << reply.body;
  token_ = Read(reply.body)["status"]["token"].asString();
  WriteFile(dir() / "kubeconfig", cluster().real().KubeconfigForToken(token_));
  StartReplicas();
}

HttpReply LedgerTest::MakeWorkspace(const std::string& user) const {
  return As(user, "POST", std::string(kApi) + "workspaces",
            AsJson("{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + ns_ +
                   "}, spec: {namespaces: [{names: [" + ns_ + "]}]}}"));
}

void LedgerTest::TearDownTestSuite() {
  if (!HelmCluster::Missing().empty() || SharedHelmCluster() == nullptr) return;
  EndReplicas();
  Helm helm(HelmPrograms().back(), cluster().real().kubeconfig_path());
  const HelmRun run = helm.Run({"uninstall", "fairlead", "-n", kOurs, "--wait"});
  EXPECT_EQ(run.code, 0) << run.output;
}

void LedgerTest::SetUp() {
  if (const std::string why = HelmCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
  ASSERT_EQ(replicas().size(), 2u);
  ns_ = "ledger-" + std::to_string(++namespaces_);
  ASSERT_EQ(cluster().Apply("{apiVersion: v1, kind: Namespace, metadata: {name: " + ns_ + "}}\n---\n" +
                            "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: " + ns_ +
                            "}, spec: {ports: [{port: 80}]}}\n"),
            "");
}

void LedgerTest::TearDown() {
  if (!HasFailure()) return;
  for (const auto& replica : replicas()) ADD_FAILURE() << replica->process.Log();
}

const TempDir& LedgerTest::dir() {
  static const TempDir dir;
  return dir;
}

std::vector<std::unique_ptr<LedgerReplica>>& LedgerTest::replicas() {
  static std::vector<std::unique_ptr<LedgerReplica>> replicas;
  return replicas;
}

Json::Value LedgerTest::Read(const std::string& text) {
  const auto document = JsonDocument::Parse(text, 16u << 20);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

void LedgerTest::StartReplicas() {
  std::vector<int> ports;
  for (int i = 0; i < 2; ++i) {
    replicas().push_back(std::make_unique<LedgerReplica>());
    LedgerReplica& replica = *replicas().back();
    const Result<void> started = replica.process.Start(
        {.kubeconfig = dir() / "kubeconfig",
         .identity = "replica-" + std::to_string(i),
         .flags = {"--namespace=fairlead-system", "--leader-elect", "--leader-elect-lease-duration=6s",
                   "--leader-elect-renew-deadline=4s", "--leader-elect-retry-period=1s",
                   "--webhook-secret=fairlead-webhooks", "--webhook-service=fairlead-webhooks",
                   "--webhook-configuration=fairlead",
                   "--webhook-bind-address=127.0.0.1:" + std::to_string(replica.port), "--webhook-drain=0s",
                   "--ledger", "--ledger-per-policy=4"}});
    ASSERT_TRUE(started) << started.error().message;
    ports.push_back(replica.port);
  }
  for (const auto& replica : replicas()) {
    ASSERT_TRUE(Eventually([&] { return replica->process.Ready(); })) << replica->process.Log();
  }
  cluster().egress().Set(ports);
  ASSERT_TRUE(Eventually([] { return Count("fairlead_leader") == 1; }));
  // The API server knows the certificates, and both replicas answer.
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(Eventually([] {
      return As("alice", "POST", std::string(kApi) + "namespaces/default/retrytimeoutpolicies?dryRun=All",
                Policy("probe", "{timeouts: {request: 1s}}"))
          .ok();
    }));
  }
}

void LedgerTest::EndReplicas() {
  cluster().egress().Set({});
  for (const auto& replica : replicas()) {
    replica->process.process().Signal(SIGTERM);
    EXPECT_EQ(replica->process.process().Wait(std::chrono::seconds(60)), 0) << replica->process.Log();
  }
  replicas().clear();
}

void LedgerTest::KillReplicas() {
  cluster().egress().Set({});
  for (const auto& replica : replicas()) replica->process.process().Signal(SIGKILL);
  for (const auto& replica : replicas()) replica->process.process().Wait(std::chrono::seconds(60));
  replicas().clear();
}

double LedgerTest::Count(const std::string& metric) {
  double sum = 0;
  for (const auto& replica : replicas()) sum += replica->process.Metric(metric);
  return sum;
}

HttpReply LedgerTest::As(const std::string& user, const std::string& method, const std::string& path,
                         const std::string& body, const std::string& type) {
  static std::map<std::string, KeyPair> pairs;
  if (!pairs.contains(user)) pairs[user] = cluster().real().IssueClient(user, "devs");
  return HttpCall({.port = cluster().real().port(),
                   .ca_pem = cluster().real().ca_pem(),
                   .certificate_pem = pairs[user].certificate_pem,
                   .key_pem = pairs[user].key_pem,
                   .method = method,
                   .path = path,
                   .content_type = type,
                   .body = body,
                   .timeout_seconds = 60});
}

std::string LedgerTest::Policy(const std::string& name, const std::string& spec, const std::string& meta) {
  Json::Value out =
      ReadYaml("{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: " + meta +
               ", spec: " + spec + "}")
          .at(0);
  out["metadata"]["name"] = name;
  out["spec"]["targetRefs"] = ReadYaml("[{group: '', kind: Service, name: ratings}]").at(0);
  return WriteJson(out);
}

std::string LedgerTest::AsJson(const std::string& yaml) { return WriteJson(ReadYaml(yaml).at(0)); }

std::vector<api::PolicyChange> LedgerTest::Records(const std::string& ns, const std::string& policy) {
  std::vector<api::PolicyChange> out;
  const HttpReply reply = cluster().real().Call(
      "GET", kApi + ("namespaces/" + ns) + "/policychanges?labelSelector=fairlead.dev/policy=" + policy);
  const auto document = JsonDocument::Parse(reply.body, 16u << 20);
  EXPECT_TRUE(reply.ok() && document) << reply.body;
  if (!document) return out;
  for (JsonNode item : document->root().Find("items")->Items()) {
    Result<api::PolicyChange> change = api::ParsePolicyChange(item);
    EXPECT_TRUE(change) << change.error().message;
    if (change) out.push_back(*std::move(change));
  }
  const auto order = [](const api::PolicyChange& c) {
    return std::pair(c.operation == api::PolicyChange::Operation::kDelete, c.object.generation);
  };
  std::sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return out;
}

bool LedgerTest::AwaitRecords(const std::string& ns, const std::string& policy, size_t count) {
  return Eventually([&] { return Records(ns, policy).size() >= count; });
}

bool LedgerTest::AwaitSettled() {
  return Eventually([] { return Count("fairlead_ledger_pending") == 0; });
}

std::vector<std::string> LedgerTest::InShort(const std::vector<api::PolicyChange>& records) {
  std::vector<std::string> out;
  for (const api::PolicyChange& r : records) {
    out.push_back(std::string(ToString(r.operation)) + " by " + r.by.name + " (" +
                  std::string(ToString(r.evidence)) + "): " + r.summary);
  }
  return out;
}

}  // namespace fairlead::testing
