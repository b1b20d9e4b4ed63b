// The ledger as the chart installs it: two replicas as the chart's ServiceAccount behind their webhooks, on a
// real API server, and two users by their client certificates. Each change that came to pass has its record,
// and nothing else has one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "crds/api/policy_change.h"
#include "crds/base/json_write.h"
#include "tests/integration/helm/helm_cluster.h"
#include "tests/integration/operator/operator_process.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kApi[] = "/apis/fairlead.dev/v1alpha1/";
constexpr char kMerge[] = "application/merge-patch+json";
constexpr char kOurs[] = "fairlead-system";

struct Replica {
  OperatorProcess process;
  const int port = FreePort();
};

class LedgerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!HelmCluster::Missing().empty()) return;
    ASSERT_NE(SharedHelmCluster(), nullptr);
    cluster().MakeNamespace(kOurs);
    Helm helm(HelmPrograms().back(), cluster().real().kubeconfig_path());
    const HelmRun run =
        helm.Run({"install", "fairlead", ChartDir(), "-n", kOurs, "--set", "webhooks.timeoutSeconds=30"});
    ASSERT_EQ(run.code, 0) << run.output;
    ASSERT_EQ(
        cluster().Apply(std::string(
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
  static void TearDownTestSuite() {
    if (!HelmCluster::Missing().empty() || SharedHelmCluster() == nullptr) return;
    EndReplicas();
    Helm helm(HelmPrograms().back(), cluster().real().kubeconfig_path());
    const HelmRun run = helm.Run({"uninstall", "fairlead", "-n", kOurs, "--wait"});
    EXPECT_EQ(run.code, 0) << run.output;
  }
  void SetUp() override {
    if (const std::string why = HelmCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_EQ(replicas().size(), 2u);
    ns_ = "ledger-" + std::to_string(++namespaces_);
    ASSERT_EQ(cluster().Apply("{apiVersion: v1, kind: Namespace, metadata: {name: " + ns_ + "}}\n---\n" +
                              "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: " + ns_ +
                              "}, spec: {ports: [{port: 80}]}}\n"),
              "");
  }
  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto& replica : replicas()) ADD_FAILURE() << replica->process.Log();
  }

  static HelmCluster& cluster() { return *SharedHelmCluster(); }
  static const TempDir& dir() {
    static const TempDir dir;
    return dir;
  }
  static std::vector<std::unique_ptr<Replica>>& replicas() {
    static std::vector<std::unique_ptr<Replica>> replicas;
    return replicas;
  }
  static Json::Value Read(const std::string& text) {
    const auto document = JsonDocument::Parse(text, 16u << 20);
    return document ? ToJsonValue(document->root()) : Json::Value();
  }

  static void StartReplicas() {
    std::vector<int> ports;
    for (int i = 0; i < 2; ++i) {
      replicas().push_back(std::make_unique<Replica>());
      Replica& replica = *replicas().back();
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
  static void EndReplicas() {
    cluster().egress().Set({});
    for (const auto& replica : replicas()) {
      replica->process.process().Signal(SIGTERM);
      EXPECT_EQ(replica->process.process().Wait(std::chrono::seconds(60)), 0) << replica->process.Log();
    }
    replicas().clear();
  }
  static double Count(const std::string& metric) {
    double sum = 0;
    for (const auto& replica : replicas()) sum += replica->process.Metric(metric);
    return sum;
  }

  static HttpReply As(const std::string& user, const std::string& method, const std::string& path,
                      const std::string& body = "", const std::string& type = "application/json") {
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
  // JSON of a policy at Service ratings; `spec`: YAML of further fields.
  static std::string Policy(const std::string& name, const std::string& spec,
                            const std::string& meta = "{}") {
    Json::Value out =
        ReadYaml("{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: " + meta +
                 ", spec: " + spec + "}")
            .at(0);
    out["metadata"]["name"] = name;
    out["spec"]["targetRefs"] = ReadYaml("[{group: '', kind: Service, name: ratings}]").at(0);
    return WriteJson(out);
  }
  std::string Policies(const std::string& name = "") const {
    return kApi + ("namespaces/" + ns_ + "/retrytimeoutpolicies") + (name.empty() ? "" : "/" + name);
  }
  static std::string AsJson(const std::string& yaml) { return WriteJson(ReadYaml(yaml).at(0)); }

  // The records of a policy, oldest first.
  static std::vector<api::PolicyChange> Records(const std::string& ns, const std::string& policy) {
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
  static bool AwaitRecords(const std::string& ns, const std::string& policy, size_t count) {
    return Eventually([&] { return Records(ns, policy).size() >= count; });
  }
  // Nothing is on its way into a record any more.
  static bool AwaitSettled() {
    return Eventually([] { return Count("fairlead_ledger_pending") == 0; });
  }
  // "Update by bob: retries.attempts 2 -> 3"
  static std::vector<std::string> InShort(const std::vector<api::PolicyChange>& records) {
    std::vector<std::string> out;
    for (const api::PolicyChange& r : records) {
      out.push_back(std::string(ToString(r.operation)) + " by " + r.by.name + " (" +
                    std::string(ToString(r.evidence)) + "): " + r.summary);
    }
    return out;
  }

  static inline int namespaces_ = 0;
  static inline std::string token_;
  std::string ns_;
};

TEST_F(LedgerTest, SaysWhoChangedWhatAndWhy) {
  const double lost = Count("fairlead_ledger_lost_total");
  HttpReply reply =
      As("alice", "POST", Policies() + "?fieldManager=kubectl-create",
         Policy("web", "{retries: {attempts: 2}}", "{annotations: {fairlead.dev/reason: 'INC-7: flaky'}}"));
  ASSERT_EQ(reply.status, 201) << reply.body;
  ASSERT_TRUE(AwaitRecords(ns_, "web", 1));
  reply = As("bob", "PATCH", Policies("web") + "?fieldManager=edit",
             AsJson("{spec: {retries: {attempts: 3}, timeouts: {request: 5s}}}"), kMerge);
  ASSERT_EQ(reply.status, 200) << reply.body;
  ASSERT_TRUE(AwaitRecords(ns_, "web", 2));

  // What changes nothing, what is not carried out, and what others refuse.
  EXPECT_EQ(As("bob", "PATCH", Policies("web"), AsJson("{spec: {retries: {attempts: 3}}}"), kMerge).status,
            200);
  EXPECT_EQ(As("bob", "PATCH", Policies("web"), AsJson("{metadata: {labels: {a: b}}}"), kMerge).status, 200);
  EXPECT_EQ(
      As("bob", "PATCH", Policies("web") + "?dryRun=All", AsJson("{spec: {retries: {attempts: 5}}}"), kMerge)
          .status,
      200);
  EXPECT_EQ(As("bob", "DELETE", Policies("web") + "?dryRun=All").status, 200);
  EXPECT_EQ(As("bob", "PATCH", Policies("web"), AsJson("{spec: {retries: {attempts: 99}}}"), kMerge).status,
            422);
  EXPECT_EQ(As("bob", "PATCH", Policies("web"),
               AsJson("{metadata: {resourceVersion: '1'}, spec: {retries: {attempts: 5}}}"), kMerge)
                .status,
            409);
  EXPECT_EQ(
      cluster().Apply(std::string(
          "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: "
          "{name: others}, webhooks: [{name: others.example.org, sideEffects: None, "
          "admissionReviewVersions: [v1], failurePolicy: Fail, clientConfig: {url: "
          "'https://127.0.0.1:1/'}, objectSelector: {matchLabels: {refuse: 'yes'}}, rules: [{apiGroups: "
          "[fairlead.dev], apiVersions: ['*'], resources: [retrytimeoutpolicies], operations: "
          "[CREATE]}]}]}")),
      "");
  ASSERT_TRUE(Eventually([&] {
    return As("bob", "POST", Policies(),
              Policy("refused", "{timeouts: {request: 1s}}", "{labels: {refuse: 'yes'}}"))
               .status == 500;
  }));

  EXPECT_EQ(As("alice", "DELETE", Policies("web")).status, 200);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 3));
  ASSERT_TRUE(AwaitSettled());
  const std::vector<api::PolicyChange> records = Records(ns_, "web");
  ASSERT_THAT(
      InShort(records),
      ElementsAre(HasSubstr("Create by alice (Admission): mode = Default, retries.attempts = 2"),
                  HasSubstr("Update by bob (Admission): retries.attempts 2 -> 3, timeouts.request = 5s"),
                  HasSubstr("Delete by alice (Admission): mode Default -> none")));
  // It may have been there and refused a moment later, where the webhook of the others was not known yet.
  for (const api::PolicyChange& r : Records(ns_, "refused")) EXPECT_EQ(r.by.name, "bob");

  EXPECT_EQ(records[0].reason, "INC-7: flaky");
  EXPECT_EQ(records[1].reason, "") << "it was given for another change";
  EXPECT_EQ(records[0].through, "kubectl-create");
  EXPECT_EQ(records[1].through, "edit");
  EXPECT_THAT(records[1].by.groups, ElementsAre("devs", "system:authenticated"));
  ASSERT_TRUE(records[1].services_before && records[1].services_after);
  EXPECT_FALSE(records[0].services_before);
  EXPECT_THAT(records[1].services_after->names, ElementsAre(ns_ + "/ratings"));
  EXPECT_EQ(records[0].after, records[1].before);
  EXPECT_EQ(records[1].after, records[2].before);
  EXPECT_EQ(records[1].before["retries"]["attempts"], 2);
  EXPECT_FALSE(records[1].request.empty());
  EXPECT_EQ(Count("fairlead_ledger_lost_total"), lost);
}

TEST_F(LedgerTest, NobodyElseWritesRecords) {
  ASSERT_EQ(As("alice", "POST", Policies(), Policy("web", "{retries: {attempts: 2}}")).status, 201);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 1));
  const std::string records = kApi + ("namespaces/" + ns_) + "/policychanges";
  const std::string name = Records(ns_, "web")[0].meta.name;
  const Json::Value mine = Read(cluster().real().Call("GET", records + "/" + name).body);
  Json::Value forged = mine;
  forged["metadata"] = Json::Value(Json::objectValue);
  forged["metadata"]["name"] = "forged";
  // The native policy is known to the API server a moment after the release.
  HttpReply reply;
  EXPECT_TRUE(Eventually([&] {
    reply = As("alice", "POST", records + "?dryRun=All", WriteJson(forged));
    return reply.status == 403 && reply.body.find("ValidatingAdmissionPolicy") != std::string::npos;
  })) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("records of changes are written and removed by Fairlead alone"));
  EXPECT_EQ(As("alice", "DELETE", records + "/" + name).status, 403);
  EXPECT_EQ(cluster().real().Call("DELETE", records + "/" + name).status, 403) << "an administrator";

  // Nothing of it is ever changed, by whomever.
  for (const char* patch :
       {"{spec: {by: {user: bob}}}", "{spec: {before: {a: b}}}", "{spec: {reason: other}}",
        "{spec: {after: {retries: {attempts: 9}}}}", "{spec: {after: null}}"}) {
    const HttpReply changed = cluster().real().Call("PATCH", records + "/" + name, AsJson(patch), kMerge);
    EXPECT_EQ(changed.status, 422) << patch << changed.body;
    EXPECT_THAT(changed.body, HasSubstr("a record is never changed")) << patch;
  }

  // It goes with its namespace.
  EXPECT_TRUE(cluster().real().Call("DELETE", "/api/v1/namespaces/" + ns_).ok());
  EXPECT_TRUE(
      Eventually([&] { return cluster().real().Call("GET", "/api/v1/namespaces/" + ns_).status == 404; }));
}

TEST_F(LedgerTest, KeepsTheNewestOfEachPolicy) {
  ASSERT_EQ(As("alice", "POST", Policies(), Policy("web", "{retries: {attempts: 0}}")).status, 201);
  for (int attempts = 1; attempts <= 7; ++attempts) {
    const std::string patch = "{spec: {retries: {attempts: " + std::to_string(attempts) + "}}}";
    ASSERT_EQ(As(attempts % 2 ? "bob" : "alice", "PATCH", Policies("web"), AsJson(patch), kMerge).status,
              200);
  }
  const auto newest = ElementsAre("Update by alice (Admission): retries.attempts 3 -> 4",
                                  "Update by bob (Admission): retries.attempts 4 -> 5",
                                  "Update by alice (Admission): retries.attempts 5 -> 6",
                                  "Update by bob (Admission): retries.attempts 6 -> 7");
  EXPECT_TRUE(Eventually([&] { return ::testing::Value(InShort(Records(ns_, "web")), newest); }));
  EXPECT_THAT(InShort(Records(ns_, "web")), newest);
}

TEST_F(LedgerTest, WorkspacesAreRecordedBesideTheOperator) {
  const std::string workspaces = std::string(kApi) + "workspaces";
  ASSERT_EQ(As("alice", "POST", workspaces,
               AsJson("{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + ns_ +
                      "}, spec: {namespaces: [{names: [" + ns_ + "]}]}}"))
                .status,
            201);
  ASSERT_TRUE(AwaitRecords(kOurs, ns_, 1));
  EXPECT_EQ(As("bob", "DELETE", workspaces + "/" + ns_).status, 200);
  ASSERT_TRUE(AwaitRecords(kOurs, ns_, 2));
  const auto records = Records(kOurs, ns_);
  EXPECT_THAT(InShort(records),
              ElementsAre(HasSubstr("Create by alice (Admission)"), HasSubstr("Delete by bob (Admission)")));
  EXPECT_EQ(records[0].object.ns, "");
  EXPECT_THAT(records[0].services_after->names, ElementsAre(ns_ + "/ratings"));
}

struct Ran {
  int code = -1;
  std::string text;  // stdout and stderr
};

// As the user guest, by its token.
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

TEST_F(LedgerTest, HistoryAndRevertByTheCommandLine) {
  ASSERT_EQ(
      cluster().Apply(std::string(
          "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: guest}, "
          "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: dev}, subjects: "
          "[{apiGroup: rbac.authorization.k8s.io, kind: User, name: guest}]}")),
      "");
  const std::string guest = dir() / "guest.kubeconfig", web = "rtp/" + ns_ + "/web";
  WriteFile(guest, cluster().real().KubeconfigForToken("guest"));
  ASSERT_EQ(As("alice", "POST", Policies(), Policy("web", "{retries: {attempts: 2}}")).status, 201);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 1));
  ASSERT_EQ(
      As("bob", "PATCH", Policies("web"),
         AsJson("{metadata: {annotations: {fairlead.dev/reason: more}, labels: {a: b}}, spec: {retries: "
                "{attempts: 3}}}"),
         kMerge)
          .status,
      200);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 2));
  const std::string second = Records(ns_, "web")[1].meta.name;
  const std::string told = "Update RetryTimeoutPolicy " + ns_ + "/web by bob";

  Ran ran = RunCtl(guest, {"history", "policy", web});
  EXPECT_EQ(ran.code, 0) << ran.text;
  EXPECT_THAT(ran.text, AllOf(HasSubstr(told), HasSubstr("spec.retries.attempts  2 -> 3"),
                              HasSubstr("by alice"), HasSubstr("reason  more")));
  EXPECT_LT(ran.text.find("by bob"), ran.text.find("by alice")) << "newest first";
  ran = RunCtl(guest, {"history", "service", ns_ + "/ratings", "--since", "1h"});
  EXPECT_THAT(ran.text, HasSubstr(told));

  ran = RunCtl(guest, {"revert", web, "--dry-run"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.text, AllOf(HasSubstr("spec.retries.attempts  3 -> 2"), HasSubstr("nothing is written")));
  ran = RunCtl(guest, {"revert", web});
  EXPECT_EQ(ran.code, 0) << ran.text;
  EXPECT_THAT(ran.text, HasSubstr("written, generation 3"));
  ASSERT_TRUE(AwaitRecords(ns_, "web", 3));
  const api::PolicyChange reverted = Records(ns_, "web")[2];
  EXPECT_EQ(InShort({reverted})[0], "Update by guest (Admission): retries.attempts 3 -> 2");
  EXPECT_EQ(reverted.reason, "reverts " + second);
  EXPECT_EQ(reverted.through, "fairleadctl-revert");
  EXPECT_EQ(Read(cluster().real().Call("GET", Policies("web")).body)["metadata"]["labels"]["a"], "b");

  // A deletion is taken back, and what admission refuses is said whole.
  ASSERT_EQ(As("alice", "DELETE", Policies("web")).status, 200);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 4));
  const std::string workspace = std::string(kApi) + "workspaces/" + ns_;
  ASSERT_EQ(As("alice", "POST", std::string(kApi) + "workspaces",
               AsJson("{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + ns_ +
                      "}, spec: {namespaces: [{names: [" + ns_ +
                      "]}], roles: [{name: writers, subjects: [{kind: User, name: alice}], allow: [{kinds: "
                      "[RetryTimeoutPolicy]}]}]}}"))
                .status,
            201);
  ASSERT_TRUE(Eventually([&] {
    return As("bob", "POST", Policies() + "?dryRun=All", Policy("other", "{retries: {attempts: 2}}"))
               .status == 403;
  }));
  ran = RunCtl(guest, {"revert", web});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.text, AllOf(HasSubstr("denied"), HasSubstr("guest")));
  ASSERT_EQ(As("alice", "DELETE", workspace).status, 200);
  ASSERT_TRUE(Eventually([&] {
    ran = RunCtl(guest, {"revert", web});
    return ran.code == 0;
  })) << ran.text;
  EXPECT_THAT(ran.text, HasSubstr("created"));
  EXPECT_EQ(Read(cluster().real().Call("GET", Policies("web")).body)["spec"]["retries"]["attempts"], 2);
  EXPECT_EQ(RunCtl(guest, {"revert", "rtp/" + ns_ + "/nobody"}).code, 1);
}

// Where no webhook is asked, and while no replica is there.
TEST_F(LedgerTest, WhatNobodyJudgedIsRecordedWithoutAName) {
  const std::string exempt = std::string(kApi) + "namespaces/" + kOurs + "/retrytimeoutpolicies";
  const std::string a = "a-" + ns_, b = "b-" + ns_, c = "c-" + ns_;
  ASSERT_EQ(
      As("alice", "POST", exempt + "?fieldManager=argocd", Policy(a, "{retries: {attempts: 1}}")).status,
      201);
  ASSERT_EQ(As("alice", "POST", exempt, Policy(b, "{retries: {attempts: 1}}")).status, 201);
  ASSERT_TRUE(AwaitRecords(kOurs, a, 1));
  ASSERT_TRUE(AwaitRecords(kOurs, b, 1));
  EXPECT_THAT(InShort(Records(kOurs, a)), ElementsAre(HasSubstr("Create by  (Watch): ")));
  EXPECT_EQ(Records(kOurs, a)[0].through, "argocd");
  ASSERT_EQ(As("alice", "PATCH", exempt + "/" + a, AsJson("{spec: {retries: {attempts: 2}}}"), kMerge).status,
            200);
  ASSERT_TRUE(AwaitRecords(kOurs, a, 2));
  EXPECT_EQ(InShort(Records(kOurs, a))[1], "Update by  (Watch): retries.attempts 1 -> 2");

  ASSERT_NO_FATAL_FAILURE(EndReplicas());
  ASSERT_EQ(As("alice", "PATCH", exempt + "/" + a, AsJson("{spec: {retries: {attempts: 3}}}"), kMerge).status,
            200);
  ASSERT_EQ(As("alice", "PATCH", exempt + "/" + a, AsJson("{spec: {retries: {attempts: 4}}}"), kMerge).status,
            200);
  ASSERT_EQ(As("alice", "DELETE", exempt + "/" + b).status, 200);
  ASSERT_EQ(As("alice", "POST", exempt, Policy(c, "{retries: {attempts: 1}}")).status, 201);
  ASSERT_NO_FATAL_FAILURE(StartReplicas());
  ASSERT_TRUE(AwaitRecords(kOurs, a, 3));
  ASSERT_TRUE(AwaitRecords(kOurs, b, 2));
  ASSERT_TRUE(AwaitRecords(kOurs, c, 1));
  EXPECT_EQ(InShort(Records(kOurs, a))[2], "Update by  (Comparison): retries.attempts 2 -> 4");
  EXPECT_THAT(InShort(Records(kOurs, b))[1], HasSubstr("Delete by  (Comparison): "));
  EXPECT_EQ(Records(kOurs, b)[1].before["retries"]["attempts"], 1);
  EXPECT_THAT(InShort(Records(kOurs, c)), ElementsAre(HasSubstr("Create by  (Comparison): ")));

  // A restart by itself makes none.
  ASSERT_TRUE(AwaitSettled());
  for (const std::string& policy : {a, c})
    EXPECT_EQ(As("alice", "DELETE", exempt + "/" + policy).status, 200);
  ASSERT_TRUE(AwaitRecords(kOurs, a, 4));
  ASSERT_TRUE(AwaitRecords(kOurs, c, 2));
  EXPECT_EQ(Records(kOurs, c).size(), 2u);
}

}  // namespace
}  // namespace fairlead::testing
