// The ledger as the chart installs it, on a real API server. Each change that came to pass has its record,
// and nothing else has one.
#include <fstream>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "tests/integration/helm/ledger_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
      ElementsAre(HasSubstr("Create by alice (Admission): retries.attempts = 2, targetRefs = "),
                  HasSubstr("Update by bob (Admission): retries.attempts 2 -> 3, timeouts.request = 5s"),
                  HasSubstr("Delete by alice (Admission): retries.attempts 3 -> none")));
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

// How often the operator did that to the namespace's objects, with success, by the audit log.
int Writes(const std::string& audit_file, const std::string& ns, const std::string& verb,
           const std::string& resource, const std::string& subresource = "") {
  int count = 0;
  std::ifstream log(audit_file);
  for (std::string line; std::getline(log, line);) {
    const Result<JsonDocument> document = JsonDocument::Parse(line);
    if (!document) continue;  // it is being written
    const Json::Value event = ToJsonValue(document->root());
    const Json::Value& object = event["objectRef"];
    const bool hit = object["namespace"] == ns && event["verb"] == verb && object["resource"] == resource &&
                     object["subresource"].asString() == subresource;
    count += hit && event["responseStatus"]["code"].asInt() < 300;
  }
  return count;
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
  // A change is two writes at most: one record, and one status where that differs.
  const std::string audit = cluster().audit_file();
  EXPECT_TRUE(Eventually([&] { return Writes(audit, ns_, "create", "policychanges") == 8; }));
  EXPECT_LE(Writes(audit, ns_, "patch", "retrytimeoutpolicies", "status"), 8);
}

TEST_F(LedgerTest, WorkspacesAreRecordedBesideTheOperator) {
  ASSERT_EQ(MakeWorkspace("alice").status, 201);
  ASSERT_TRUE(AwaitRecords(kOurs, ns_, 1));
  EXPECT_EQ(As("bob", "DELETE", Workspace()).status, 200);
  ASSERT_TRUE(AwaitRecords(kOurs, ns_, 2));
  const auto records = Records(kOurs, ns_);
  EXPECT_THAT(InShort(records),
              ElementsAre(HasSubstr("Create by alice (Admission)"), HasSubstr("Delete by bob (Admission)")));
  EXPECT_EQ(records[0].object.ns, "");
  EXPECT_THAT(records[0].services_after->names, ElementsAre(ns_ + "/ratings"));
}

TEST_F(LedgerTest, HistoryAndRevertByTheCommandLine) {
  const std::string guest = Guest(), web = "rtp/" + ns_ + "/web";
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
  for (const char* how : {"--dry-run", "--mode=built-in"}) {
    ran = RunCtl(guest, {"revert", web, how});
    EXPECT_EQ(ran.code, 1) << how;
    EXPECT_THAT(ran.text, AllOf(HasSubstr("denied"), HasSubstr("guest"))) << how;
  }
  ASSERT_EQ(As("alice", "DELETE", workspace).status, 200);
  ASSERT_TRUE(Eventually([&] {
    ran = RunCtl(guest, {"revert", web});
    return ran.code == 0;
  })) << ran.text;
  EXPECT_THAT(ran.text, HasSubstr("created"));
  EXPECT_EQ(Read(cluster().real().Call("GET", Policies("web")).body)["spec"]["retries"]["attempts"], 2);
  EXPECT_EQ(RunCtl(guest, {"revert", "rtp/" + ns_ + "/nobody"}).code, 1);
}

TEST_F(LedgerTest, SettingsOfAWorkspaceAreRecordedToo) {
  const std::string settings = kApi + ("namespaces/" + ns_) + "/workspacesettings";
  ASSERT_EQ(
      As("alice", "POST", settings,
         AsJson("{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: own}, spec: "
                "{exportTo: [{workspaces: [pay]}]}}"))
          .status,
      201);
  ASSERT_TRUE(AwaitRecords(ns_, "own", 1));
  ASSERT_EQ(As("bob", "PATCH", settings + "/own", AsJson("{spec: {defaults: {requestTimeout: 5s}}}"), kMerge)
                .status,
            200);
  ASSERT_TRUE(AwaitRecords(ns_, "own", 2));
  EXPECT_THAT(InShort(Records(ns_, "own")),
              ElementsAre(HasSubstr("Create by alice (Admission): exportTo = "),
                          "Update by bob (Admission): defaults.requestTimeout = 5s"));
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
