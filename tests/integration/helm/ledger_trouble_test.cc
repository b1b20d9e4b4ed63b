// The ledger in trouble, on a real API server: records that are refused, users who ask for the same at once,
// operators that are killed. Nothing is lost without a word, and nothing is told that was not.
#include <set>

#include "crds/base/base64.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "tests/integration/helm/ledger_test_base.h"
#include "tests/unit/webhooks/request.h"

namespace fairlead::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LedgerTroubleTest : public LedgerTest {
 protected:
  // What a quota allows; its status too, which is else a controller's to write.
  void Allow(int records) const {
    const std::string quotas = "/api/v1/namespaces/" + ns_ + "/resourcequotas";
    const std::string hard = R"({"count/policychanges.fairlead.dev":")" + std::to_string(records) + "\"}";
    const std::string patch = R"({"spec":{"hard":)" + hard + "}}";
    HttpReply reply = cluster().real().Call("PATCH", quotas + "/records", patch, kMerge);
    if (reply.status == 404) {
      reply = cluster().real().Call("POST", quotas,
                                    R"({"metadata":{"name":"records"},"spec":{"hard":)" + hard + "}}");
    }
    ASSERT_TRUE(reply.ok()) << reply.body;
    const std::string used =
        R"({"count/policychanges.fairlead.dev":")" + std::to_string(Records(ns_, "web").size()) + "\"}";
    reply = cluster().real().Call("PATCH", quotas + "/records/status",
                                  R"({"status":{"hard":)" + hard + R"(,"used":)" + used + "}}", kMerge);
    ASSERT_TRUE(reply.ok()) << reply.body;
  }
  std::string Events() const {
    return cluster().real().Call("GET", "/apis/events.k8s.io/v1/namespaces/" + ns_ + "/events").body;
  }
  // What the API server would ask of a change of `web`.
  std::string Review(const std::string& user, int attempts) const {
    Json::Value old_object = Read(cluster().real().Call("GET", Policies("web")).body);
    Json::Value object = old_object;
    object["metadata"]["generation"] = object["metadata"]["generation"].asInt() + 1;
    object["spec"]["retries"]["attempts"] = attempts;
    return Request{.uid = "asked-by-" + user,
                   .operation = "UPDATE",
                   .ns = ns_,
                   .name = "web",
                   .object = WriteJson(object),
                   .old_object = WriteJson(old_object),
                   .user = user}
        .Body();
  }
  HttpReply Ask(const LedgerReplica& replica, const std::string& review) const {
    const Json::Value hooks = Read(
        cluster()
            .real()
            .Call("GET", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/fairlead")
            .body)["webhooks"];
    return HttpCall({.port = replica.port,
                     .ca_pem = DecodeBase64(hooks[0]["clientConfig"]["caBundle"].asString()).value_or(""),
                     .server_name = "fairlead-webhooks.fairlead-system.svc",
                     .method = "POST",
                     .path = "/validate",
                     .body = review});
  }
};

TEST_F(LedgerTroubleTest, ARecordThatAQuotaRefusesIsToldAndTriedAgain) {
  ASSERT_EQ(As("alice", "POST", Policies(), Policy("web", "{retries: {attempts: 2}}")).status, 201);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 1));
  const double lost = Count("fairlead_ledger_lost_total"), refused = Count("fairlead_ledger_refused_total");
  ASSERT_NO_FATAL_FAILURE(Allow(1));
  const Json::Value record =
      Read(cluster().real().Call("GET", kApi + ("namespaces/" + ns_) + "/policychanges").body)["items"][0];
  Json::Value probe = record;
  probe["metadata"] = Json::Value(Json::objectValue);
  probe["metadata"]["name"] = "probe";
  // The quota is known to the API server a moment later.
  ASSERT_TRUE(Eventually([&] {
    const HttpReply reply = HttpCall({.port = cluster().real().port(),
                                      .ca_pem = cluster().real().ca_pem(),
                                      .method = "POST",
                                      .path = kApi + ("namespaces/" + ns_) + "/policychanges?dryRun=All",
                                      .token = token_,
                                      .body = WriteJson(probe)});
    return reply.status == 403 && reply.body.find("exceeded quota") != std::string::npos;
  }));
  ASSERT_EQ(As("bob", "PATCH", Policies("web"), AsJson("{spec: {retries: {attempts: 3}}}"), kMerge).status,
            200);
  EXPECT_TRUE(Eventually([&] { return Count("fairlead_ledger_refused_total") > refused; }));
  EXPECT_GE(Count("fairlead_ledger_pending"), 1);
  EXPECT_TRUE(Eventually([&] {
    const std::string events = Events();
    return events.find("ChangeNotRecorded") != std::string::npos &&
           events.find("exceeded quota") != std::string::npos;
  })) << Events();
  EXPECT_EQ(Records(ns_, "web").size(), 1u);

  ASSERT_NO_FATAL_FAILURE(Allow(100));
  ASSERT_TRUE(AwaitRecords(ns_, "web", 2));
  EXPECT_EQ(InShort(Records(ns_, "web"))[1], "Update by bob (Admission): retries.attempts 2 -> 3");
  EXPECT_EQ(Count("fairlead_ledger_lost_total"), lost);
}

TEST_F(LedgerTroubleTest, WhoeverAskedForTheSameAtAnotherReplicaIsNamed) {
  ASSERT_EQ(As("alice", "POST", Policies(), Policy("web", "{retries: {attempts: 2}}")).status, 201);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 1));
  const std::string carol = Review("carol", 3), dave = Review("dave", 3), eve = Review("eve", 4);
  for (const auto& [replica, review] : {std::pair(0, carol), {1, dave}, {0, eve}}) {
    const HttpReply reply = Ask(*replicas().at(replica), review);
    ASSERT_EQ(reply.status, 200) << reply.body;
    ASSERT_THAT(reply.body, HasSubstr(R"("allowed":true)"));
  }
  ASSERT_EQ(As("bob", "PATCH", Policies("web"), AsJson("{spec: {retries: {attempts: 3}}}"), kMerge).status,
            200);
  const std::set<std::string> asked = {"bob", "carol", "dave"};
  std::set<std::string> named;
  EXPECT_TRUE(Eventually([&] {
    const std::vector<api::PolicyChange> records = Records(ns_, "web");
    if (records.size() != 2) return false;
    named = {records[1].also_asked.begin(), records[1].also_asked.end()};
    named.insert(records[1].by.name);
    return named == asked;
  })) << ::testing::PrintToString(named);
  ASSERT_TRUE(AwaitSettled());
  EXPECT_EQ(Records(ns_, "web")[1].also_asked.size(), 2u);
}

TEST_F(LedgerTroubleTest, ADeletionIsTakenBackWithLabelsAndAnnotations) {
  const std::string guest = Guest(), web = "rtp/" + ns_ + "/web";
  ASSERT_EQ(As("alice", "POST", Policies(),
               Policy("web", "{retries: {attempts: 2}}",
                      "{labels: {team: shop}, annotations: {note: mine, fairlead.dev/reason: INC-7, "
                      "kubectl.kubernetes.io/last-applied-configuration: '{}'}}"))
                .status,
            201);
  ASSERT_EQ(As("bob", "DELETE", Policies("web")).status, 200);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 2));
  Ran ran = RunCtl(guest, {"revert", web, "--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran.text;
  EXPECT_THAT(ran.text, HasSubstr("dry run: the API server would take it; nothing is written"));
  EXPECT_EQ(cluster().real().Call("GET", Policies("web")).status, 404);
  ran = RunCtl(guest, {"revert", web});
  ASSERT_EQ(ran.code, 0) << ran.text;
  const Json::Value meta = Read(cluster().real().Call("GET", Policies("web")).body)["metadata"];
  EXPECT_EQ(WriteJson(meta["labels"]), R"({"team":"shop"})");
  EXPECT_EQ(meta["annotations"].getMemberNames(), (std::vector<std::string>{"fairlead.dev/reason", "note"}));
  EXPECT_THAT(meta["annotations"]["fairlead.dev/reason"].asString(), HasSubstr("reverts "));
}

// Who changed it may be unknown where a replica died that knew; that it was changed may not, nor anything
// that was not.
TEST_F(LedgerTroubleTest, KilledReplicasLoseNoChangeAndMakeNoneUp) {
  ASSERT_EQ(As("alice", "POST", Policies(), Policy("web", "{retries: {attempts: 0}}")).status, 201);
  ASSERT_TRUE(AwaitRecords(ns_, "web", 1));  // the ledger has begun
  const std::vector<std::string> policies = {"a", "b", "c", "d"};
  const auto kill = [&] {
    KillReplicas();
    StartReplicas();
  };
  for (const std::string& policy : policies)
    ASSERT_EQ(As("alice", "POST", Policies(), Policy(policy, "{retries: {attempts: 1}}")).status, 201);
  ASSERT_NO_FATAL_FAILURE(kill());
  for (const std::string& policy : policies) {
    // Of several changes that nobody saw there is one record.
    ASSERT_TRUE(AwaitRecords(ns_, policy, 1)) << policy;
    ASSERT_EQ(As("bob", "PATCH", Policies(policy), AsJson("{spec: {retries: {attempts: 2}}}"), kMerge).status,
              200);
  }
  ASSERT_NO_FATAL_FAILURE(kill());
  for (const std::string& policy : policies) {
    ASSERT_TRUE(AwaitRecords(ns_, policy, 2)) << policy;
    ASSERT_EQ(As("carol", "DELETE", Policies(policy)).status, 200);
  }
  ASSERT_NO_FATAL_FAILURE(kill());
  for (const std::string& policy : policies) {
    ASSERT_TRUE(AwaitRecords(ns_, policy, 3)) << policy;
    const std::vector<api::PolicyChange> records = Records(ns_, policy);
    ASSERT_EQ(records.size(), 3u) << policy;
    const std::pair<const char*, const char*> told[] = {
        {"Create", "alice"}, {"Update", "bob"}, {"Delete", "carol"}};
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(ToString(records[i].operation), told[i].first) << policy;
      const bool known = records[i].evidence == api::PolicyChange::Evidence::kAdmission;
      EXPECT_EQ(records[i].by.name, known ? told[i].second : "") << policy;
    }
    EXPECT_EQ(records[0].after["retries"]["attempts"], 1);
    EXPECT_EQ(records[1].after["retries"]["attempts"], 2);
    EXPECT_EQ(records[2].before["retries"]["attempts"], 2);
  }
  ASSERT_TRUE(AwaitSettled());
  EXPECT_EQ(Records(ns_, "web").size(), 1u);
}

}  // namespace
}  // namespace fairlead::testing
