// The policies of isolation: Fairlead's alone, by a native policy of the chart, whether or not an operator
// runs.
#include "crds/base/json_write.h"
#include "tests/integration/helm/ledger_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

class IsolationGuardTest : public LedgerTest {
 protected:
  std::string Path(const std::string& name = "") const {
    return "/apis/security.istio.io/v1/namespaces/" + ns_ + "/authorizationpolicies" +
           (name.empty() ? "" : "/" + name);
  }
  static std::string Named(const std::string& name, const std::string& labels = "{}") {
    return AsJson("{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: " + name +
                  ", labels: " + labels +
                  "}, spec: {action: DENY, rules: [{from: [{source: {namespaces: [x]}}]}]}}");
  }
  // With every right on AuthorizationPolicies, as tenants have in their namespaces.
  static HttpReply Tenant(const std::string& method, const std::string& path, const std::string& body = "") {
    return As("alice", method, path, body, method == "PATCH" ? kMerge : "application/json");
  }
  static void ExpectGuarded(const HttpReply& reply) {
    EXPECT_EQ(reply.status, 403) << reply.body;
    EXPECT_THAT(reply.body, HasSubstr("keeps the isolation of a workspace, and Fairlead alone writes it"));
  }
};

TEST_F(IsolationGuardTest, NobodyElseWritesIsolation) {
  ASSERT_EQ(
      cluster().Apply(std::string(
          "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: tenant}, rules: "
          "[{apiGroups: [security.istio.io], resources: ['*'], verbs: ['*']}]}\n---\n"
          "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: tenant}, "
          "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: tenant}, subjects: "
          "[{apiGroup: rbac.authorization.k8s.io, kind: Group, name: devs}]}\n")),
      "");
  // The native policy is known to the API server a moment after the release.
  HttpReply reply;
  ASSERT_TRUE(Eventually([&] {
    reply = Tenant("POST", Path() + "?dryRun=All", Named("fairlead-isolation"));
    return reply.status == 403;
  })) << reply.body;
  ExpectGuarded(reply);

  ASSERT_EQ(MakeWorkspace("alice").status, 201);
  const auto is_there = [&] { return cluster().real().Call("GET", Path("fairlead-isolation")).ok(); };
  ASSERT_TRUE(Eventually(is_there)) << "the operator may write it";

  ExpectGuarded(Tenant("DELETE", Path("fairlead-isolation")));
  ExpectGuarded(Tenant("DELETE", Path()));
  ExpectGuarded(Tenant("PATCH", Path("fairlead-isolation"), R"({"spec":{"rules":null}})"));
  ExpectGuarded(
      Tenant("PATCH", Path("fairlead-isolation"),
             R"({"metadata":{"annotations":{"istio.io/dry-run":"true","fairlead.dev/break-glass":"x"}}})"));
  ExpectGuarded(Tenant("POST", Path(), Named("own", "{fairlead.dev/workspace: " + ns_ + "}")));
  reply = Tenant("POST", Path(), Named("own"));
  EXPECT_EQ(reply.status, 201) << "others are theirs: " << reply.body;

  // Whoever may delete everything says why.
  ExpectGuarded(cluster().real().Call("DELETE", Path("fairlead-isolation")));
  EXPECT_TRUE(cluster()
                  .real()
                  .Call("PATCH", Path("fairlead-isolation"),
                        R"({"metadata":{"annotations":{"fairlead.dev/break-glass":"INC-7"}}})", kMerge)
                  .ok());
  EXPECT_TRUE(cluster().real().Call("DELETE", Path("fairlead-isolation")).ok());
  EXPECT_TRUE(Eventually(is_there)) << "it is written again";

  ASSERT_NO_FATAL_FAILURE(EndReplicas());
  ExpectGuarded(Tenant("DELETE", Path("fairlead-isolation")));
  ASSERT_NO_FATAL_FAILURE(StartReplicas());

  EXPECT_EQ(As("alice", "DELETE", Workspace()).status, 200);
  EXPECT_TRUE(Eventually([&] { return !is_there(); })) << "the operator may remove it";
}

}  // namespace
}  // namespace fairlead::testing
