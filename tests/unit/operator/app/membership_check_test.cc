// What World saw of who has a namespace, against an API server where something has happened since.
#include "operator/app/membership_check.h"

#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/schema/manifests.h"
#include "operator/kube/config.h"
#include "operator/kube/cpprest_transport.h"
#include "tests/support/apiserver/server.h"
#include "tests/unit/operator/app/sample_world.h"

namespace fairlead::app {
namespace {

std::string NamespaceYaml(const std::string& name, const std::string& team) {
  return "{apiVersion: v1, kind: Namespace, metadata: {name: " + name + ", labels: {team: " + team + "}}}\n";
}
std::string WorkspaceYaml(const std::string& name, const std::string& team, const std::string& labels = "") {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + name + ", labels: {" +
         labels + "}}, spec: {namespaces: [{selector: {matchLabels: {team: " + team + "}}}]}}\n";
}

class MembershipCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = apiserver::ApiServer::Start();
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    transport_ = *kube::MakeTransport(*kube::ParseKubeconfig({{"kubeconfig", server_->kubeconfig()}}));
    client_ = std::make_unique<kube::Client>(transport_.get());
    for (const std::string& manifest : CrdManifests()) Apply(manifest);
    Apply(NamespaceYaml("web", "shop"));
    Apply(NamespaceYaml("free", "nobody"));
    Apply(WorkspaceYaml("shop", "shop"));
    Apply(WorkspaceYaml("pay", "pay"));
  }
  void Apply(const std::string& yaml) {
    const Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
    ASSERT_TRUE(documents);
    for (const YamlDocument& document : *documents) {
      const auto applied = server_->Apply(*apiserver::ParseJson(document.json));
      ASSERT_TRUE(applied) << applied.error().message;
    }
  }
  void Remove(Kind kind, const std::string& name) {
    const kube::ObjectName object{kube::ResourceOf(kind), "", name};
    const Result<AnyObject> there = client_->Get(kind, {"", name});
    ASSERT_TRUE(there);
    ASSERT_TRUE(client_->Delete(object, {.uid = MetaOf(*there).uid}));
  }
  // As the watches have told it by now.
  MembershipCheck Seen(const std::set<std::string>& namespaces,
                       const std::set<std::string>& workspaces = {}) {
    reconcilers::World world({});
    for (const Kind kind : {Kind::kNamespace, Kind::kWorkspace}) {
      const Result<std::vector<AnyObject>> objects = client_->List(kind);
      EXPECT_TRUE(objects);
      if (objects) world.Replace(kind, *objects);
    }
    world.Drain();
    MembershipCheck check;
    check.Look(world, namespaces, workspaces);
    return check;
  }
  bool IsTrue(const MembershipCheck& check) {
    const Result<bool> out = check.IsTrue(client_.get());
    EXPECT_TRUE(out);
    return out && *out;
  }

  std::unique_ptr<apiserver::ApiServer> server_;
  std::unique_ptr<kube::HttpTransport> transport_;
  std::unique_ptr<kube::Client> client_;
};

TEST_F(MembershipCheckTest, WhatNobodyTouchedIsTrueAndNothingIsAskedWithoutAMove) {
  EXPECT_TRUE(IsTrue(Seen({"web", "free", "absent"}, {"shop"})));
  const MembershipCheck none = Seen({}, {"shop"});
  EXPECT_TRUE(none.empty());
}

TEST_F(MembershipCheckTest, NamespaceCountsByItsLabels) {
  const MembershipCheck check = Seen({"web"});
  Apply(NamespaceYaml("web", "pay"));
  EXPECT_FALSE(IsTrue(check));
  Apply(NamespaceYaml("web", "shop"));
  EXPECT_TRUE(IsTrue(check)) << "it is as it was";
  Remove(Kind::kNamespace, "web");
  EXPECT_FALSE(IsTrue(check));
}

TEST_F(MembershipCheckTest, HolderCountsByItsSpec) {
  const MembershipCheck check = Seen({"web"});
  Apply(WorkspaceYaml("shop", "shop", "seen: often"));
  Apply(WorkspaceYaml("late", "late"));
  EXPECT_TRUE(IsTrue(check)) << "labels of a Workspace and other Workspaces say nothing of it";
  Apply(WorkspaceYaml("shop", "other"));
  EXPECT_FALSE(IsTrue(check));
}

TEST_F(MembershipCheckTest, WhoHadItCountsToo) {
  const MembershipCheck check = Seen({"web"}, {"pay"});
  Remove(Kind::kWorkspace, "pay");
  EXPECT_FALSE(IsTrue(check));
}

TEST_F(MembershipCheckTest, WhereNobodyHasItAnyWorkspaceMayHaveClaimedIt) {
  const MembershipCheck check = Seen({"free"});
  EXPECT_TRUE(IsTrue(check));
  Apply(WorkspaceYaml("late", "nobody"));
  EXPECT_FALSE(IsTrue(check));
}

TEST_F(MembershipCheckTest, ManyAreListed) {
  std::set<std::string> names;
  for (int i = 0; i < 40; ++i) {
    names.insert("web-" + std::to_string(i));
    Apply(NamespaceYaml("web-" + std::to_string(i), "shop"));
  }
  names.insert("absent");
  const MembershipCheck check = Seen(names);
  server_->audit().Clear();
  EXPECT_TRUE(IsTrue(check));
  EXPECT_LE(server_->audit().Records().size(), 2U);
  Apply(NamespaceYaml("web-7", "pay"));
  EXPECT_FALSE(IsTrue(check));
}

TEST_F(MembershipCheckTest, WhoCannotBeAskedIsAnError) {
  const MembershipCheck check = Seen({"web"});
  server_.reset();
  EXPECT_FALSE(check.IsTrue(client_.get()));
}

}  // namespace
}  // namespace fairlead::app
