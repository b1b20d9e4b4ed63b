// What RoleBindings give that are left over: the Workspace is changed or gone, and no operator has taken away
// yet what its roles gave. A real API server refuses what they do not allow, at every moment until the
// operator, in the order of its writes, is through.
#include <gmock/gmock.h>

#include <functional>

#include "crds/base/json_write.h"
#include "reconcilers/native/rights_objects.h"
#include "reconcilers/native/transition.h"
#include "tests/integration/tenancy/native_rights.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kPolicies[] = "/apis/fairlead.dev/v1alpha1/namespaces/left/retrytimeoutpolicies";
constexpr char kWorkspace[] = "/apis/fairlead.dev/v1alpha1/workspaces/left";
constexpr char kTimeouts[] = R"("timeouts":{"request":"2s"})", kRetries[] = R"("retries":{"attempts":2})";
constexpr char kGone[] = "no params found";  // the API server's words for a Workspace that is not there

std::string Policy(const std::string& name, const std::string& fields) {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":")" + name +
         R"(","annotations":{"fairlead.dev/break-glass":"test"}},"spec":{"targetRefs":[{"kind":"Service",)" +
         R"("name":"ratings"}],)" + fields + "}}";
}

// The Workspace "left" with two roles: dave's may write timeouts, sam's retries.
class RightsLeft : public NativeRights {
 protected:
  void SetUp() override {
    NativeRights::SetUp();
    if (IsSkipped()) return;
    auto workspace = bench_->Add(R"(
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: left}
spec:
  namespaces: [{names: [left]}]
  roles:
  - {name: devs, subjects: [{kind: User, name: dave}], allow: [{kinds: [RetryTimeoutPolicy], fields: [spec.timeouts]}]}
  - {name: tuners, subjects: [{kind: User, name: sam}], allow: [{kinds: [RetryTimeoutPolicy], fields: [spec.retries]}]}
)",
                                 {"left"});
    ASSERT_TRUE(workspace) << workspace.error().message;
    objects_ = reconcilers::LowerRights(**workspace, {"left"});
    ASSERT_TRUE(Eventually([&] {
      const HttpReply reply = Create("dave", kRetries);
      return reply.status == 403 && reply.body.find("does not let") != std::string::npos;
    }));
    ASSERT_TRUE(Eventually([&] { return Create("dave", kTimeouts).ok() && Create("sam", kRetries).ok(); }));
    const HttpReply both =
        As("root", "POST", kPolicies, Policy("both", std::string(kTimeouts) + "," + kRetries));
    ASSERT_TRUE(both.ok()) << both.body;
  }

  // What the operator does when it is back, one write after the other.
  void TakeAway(const std::function<void()>& after_each) {
    for (const reconcilers::Write& write : reconcilers::PlanWrites(objects_, {})) {
      ASSERT_EQ(write.verb, reconcilers::Write::Verb::kDelete);
      const HttpReply reply = bench_->Delete(write.object);
      ASSERT_TRUE(reply.ok()) << reply.body;
      after_each();
    }
    objects_.clear();
  }
  void TearDown() override {
    if (IsSkipped()) return;
    bench_->cluster().Call("DELETE", kWorkspace);
    TakeAway([] {});
    std::string last;
    EXPECT_TRUE(Eventually([&] {
      const Json::Value list = ParseJsonValue(bench_->cluster().Call("GET", kPolicies).body);
      for (const Json::Value& item : list["items"]) {
        const std::string name = item["metadata"]["name"].asString();
        last = bench_->cluster().Call("DELETE", std::string(kPolicies) + "/" + name).body;
      }
      return list["items"].empty();
    })) << last;
  }

  static HttpReply As(const std::string& user, const std::string& method, const std::string& path,
                      const std::string& body = "") {
    const RightsCaller caller{user, user, {user == "root" ? "system:masters" : "others"}};
    return bench_->CallAs(caller, method, path, body);
  }
  HttpReply Create(const std::string& user, const std::string& fields) {
    return As(user, "POST", kPolicies, Policy("left-" + std::to_string(++names_), fields));
  }
  // By rights, or because there is no Workspace to judge by, which the API server calls invalid.
  static bool IsRefused(const HttpReply& reply) {
    return reply.status == 403 || (reply.status == 422 && reply.body.find(kGone) != std::string::npos);
  }
  // What dave's role did not allow.
  void ExpectClosed() {
    const HttpReply created = Create("dave", kRetries), deleted = As("dave", "DELETE", Both());
    EXPECT_TRUE(IsRefused(created)) << created.status << " " << created.body;
    EXPECT_TRUE(IsRefused(deleted)) << deleted.status << " " << deleted.body;
    Json::Value both = ParseJsonValue(As("root", "GET", Both()).body);
    both["spec"]["retries"]["attempts"] = 5;
    const HttpReply updated = As("dave", "PUT", Both(), WriteJson(both));
    EXPECT_TRUE(IsRefused(updated)) << updated.status << " " << updated.body;
  }
  static std::string Both() { return kPolicies + std::string("/both"); }
  // Closed until the API server has seen the change, and from then on.
  void AwaitClosed(const std::string& user, const std::string& fields, const std::string& words) {
    std::string last;
    EXPECT_TRUE(Eventually([&] {
      ExpectClosed();
      last = Create(user, fields).body;
      return last.find(words) != std::string::npos || HasFailure();
    })) << last;
    ExpectClosed();
  }

  std::vector<reconcilers::OwnedObject> objects_;

 private:
  int names_ = 0;
};

TEST_F(RightsLeft, ARoleThatIsTakenAwayGrantsNothingMore) {
  const HttpReply patched = bench_->cluster().Call(
      "PATCH", kWorkspace,
      R"({"spec":{"roles":[{"name":"devs","subjects":[{"kind":"User","name":"dave"}],"allow":[{"kinds":)"
      R"(["RetryTimeoutPolicy"],"fields":["spec.timeouts"]}]}]}})",
      "application/merge-patch+json");
  ASSERT_TRUE(patched.ok()) << patched.body;
  AwaitClosed("sam", kRetries, "spec.retries.attempts is not granted");
  EXPECT_TRUE(Create("dave", kTimeouts).ok()) << "what the others have stays";
}

TEST_F(RightsLeft, AWorkspaceThatLostItsRolesGrantsNothingUntilItIsBoundNoMore) {
  const HttpReply patched = bench_->cluster().Call("PATCH", kWorkspace, R"({"spec":{"roles":null}})",
                                                   "application/merge-patch+json");
  ASSERT_TRUE(patched.ok()) << patched.body;
  AwaitClosed("dave", kTimeouts, "spec.timeouts.request is not granted");
  // With a reason, and by those who clean up, all goes on.
  EXPECT_TRUE(Create("root", kRetries).ok());
  const RightsCaller cleaner{"", "system:serviceaccount:kube-system:namespace-controller", {}};
  const HttpReply cleaned = bench_->CallAs(cleaner, "DELETE", Both());
  EXPECT_TRUE(cleaned.ok()) << cleaned.body;
}

TEST_F(RightsLeft, AWorkspaceThatIsGoneGrantsNothingUntilItsRoleBindingsAreGone) {
  ASSERT_TRUE(bench_->cluster().Call("DELETE", kWorkspace).ok());
  AwaitClosed("dave", kTimeouts, kGone);
  // Nobody is asked who it is: the same holds for administrators, and for a namespace that goes.
  EXPECT_THAT(MessageOf(Create("root", kTimeouts)), HasSubstr(kGone));
  TakeAway([&] { ExpectClosed(); });
  // And then all is Kubernetes' own again.
  EXPECT_TRUE(Eventually([&] { return Create("root", kTimeouts).ok(); }));
  EXPECT_THAT(MessageOf(Create("dave", kTimeouts)), HasSubstr("cannot create resource"));
  const RightsCaller cleaner{"", "system:serviceaccount:kube-system:namespace-controller", {}};
  const HttpReply cleaned = bench_->CallAs(cleaner, "DELETE", Both());
  EXPECT_TRUE(cleaned.ok()) << cleaned.body;
}

}  // namespace
}  // namespace fairlead::testing
