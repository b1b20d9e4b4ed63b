// What is known of the objects that were written for workspaces.
#include "operator/app/tenancy_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/crds/cases.h"

namespace fairlead::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kRoles = 4;

TenancyObject Role(const std::string& ns, const std::string& workspace, const std::string& version,
                   const std::string& verb = "get") {
  return TenancyObject::Of(
      kRoles, testing::ParseJsonValue(
                  R"({"metadata":{"name":"r","namespace":")" + ns + R"(","uid":"u","resourceVersion":")" +
                  version + R"(","generation":3,"creationTimestamp":"2026-01-01T00:00:00Z","labels":)" +
                  R"({"fairlead.dev/workspace":")" + workspace + R"("}},"rules":[{"verbs":[")" + verb +
                  R"("]}],"status":{"x":1}})"));
}

class TenancyObjectsTest : public ::testing::Test {
 protected:
  TenancyObjectsTest() : objects_([this](const std::set<std::string>& t) { touched_ = t; }) {}
  std::set<std::string> Touched() { return std::exchange(touched_, {}); }

  std::set<std::string> touched_;
  TenancyObjects objects_;
};

TEST_F(TenancyObjectsTest, GivesBackWhatCounts) {
  objects_.Upsert(kRoles, Role("web", "shop", "7"));
  const std::vector<Json::Value> of = objects_.Of("shop");
  ASSERT_EQ(of.size(), 1U);
  EXPECT_EQ(of[0]["kind"], "Role");
  EXPECT_EQ(of[0]["apiVersion"], "rbac.authorization.k8s.io/v1");
  EXPECT_EQ(of[0]["metadata"]["resourceVersion"], "7");
  EXPECT_EQ(of[0]["metadata"]["uid"], "u");
  EXPECT_EQ(of[0]["rules"][0]["verbs"][0], "get");
  EXPECT_FALSE(of[0].isMember("status"));
  EXPECT_EQ(objects_.Find(of[0]), of[0]);
}

TEST_F(TenancyObjectsTest, WhatIsKnownAlreadyIsNoNews) {
  objects_.Upsert(kRoles, Role("web", "shop", "7"));
  EXPECT_THAT(Touched(), ElementsAre("shop"));
  objects_.Upsert(kRoles, Role("web", "shop", "7"));
  EXPECT_THAT(Touched(), IsEmpty());
  objects_.Upsert(kRoles, Role("web", "shop", "8", "list"));
  EXPECT_THAT(Touched(), ElementsAre("shop"));
}

TEST_F(TenancyObjectsTest, AnObjectThatChangesHandsTouchesBoth) {
  objects_.Upsert(kRoles, Role("web", "shop", "7"));
  objects_.Upsert(kRoles, Role("web", "pay", "8"));
  EXPECT_THAT(Touched(), ElementsAre("pay", "shop"));
  EXPECT_THAT(objects_.Workspaces(), ElementsAre("pay"));
  EXPECT_THAT(objects_.WorkspacesIn("web"), ElementsAre("pay"));
  objects_.Delete(kRoles, Role("web", "pay", "9"));
  EXPECT_THAT(objects_.Workspaces(), IsEmpty());
}

TEST_F(TenancyObjectsTest, AListIsTheWholeOfItsKind) {
  objects_.Upsert(kRoles, Role("web", "shop", "7"));
  objects_.Replace(kRoles, {Role("till", "pay", "8")});
  EXPECT_THAT(Touched(), ElementsAre("pay", "shop"));
  EXPECT_THAT(objects_.Workspaces(), ElementsAre("pay"));
  EXPECT_EQ(objects_.Counts()[kRoles], 1U);
}

// What a watch tells while a write is under way counts more than the reply, which may be older.
TEST_F(TenancyObjectsTest, AWatchCountsMoreThanAReply) {
  const Json::Value wished = Role("web", "shop", "1").Read();
  objects_.BeginWrite(kRoles, wished);
  objects_.Upsert(kRoles, Role("web", "shop", "9", "list"));
  objects_.Wrote(kRoles, Role("web", "shop", "8").Read());
  EXPECT_EQ(objects_.Find(wished)->operator[]("metadata")["resourceVersion"], "9");
}

}  // namespace
}  // namespace fairlead::app
