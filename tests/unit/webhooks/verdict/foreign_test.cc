// Objects of somebody else's API, as admission holds them; what tenancy has against them is tested beside
// reconcilers/reach.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "reconcilers/world.h"
#include "tests/unit/webhooks/verdict/judge_request.h"
#include "webhooks/review/verdict.h"
#include "webhooks/verdict/judge.h"
#include "webhooks/verdict/world_view.h"

namespace fairlead::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Request;

// shop and pay, each with a namespace of its name and those with its label.
const reconcilers::World& Tenants() {
  static const auto kWorld = [] {
    auto world = std::make_unique<reconcilers::World>(reconcilers::WorldOptions{});
    for (const char* name : {"shop", "pay"}) {
      const std::string json =
          R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"Workspace","metadata":{"name":")" +
          std::string(name) + R"("},"spec":{"namespaces":[{"names":[")" + name +
          R"("]},{"selector":{"matchLabels":{"team":")" + name + R"("}}}]}})";
      world->Apply(ParseObject(Kind::kWorkspace, JsonDocument::Parse(json)->root()).object);
      const std::string ns =
          R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + std::string(name) + R"("}})";
      world->Apply(ParseObject(Kind::kNamespace, JsonDocument::Parse(ns)->root()).object);
    }
    world->Drain();
    return world;
  }();
  return *kWorld;
}

class UnknowingView final : public NoView {
 public:
  std::optional<reconcilers::ForeignRuling> OnForeign(const reconcilers::ForeignChange&) const override {
    return std::nullopt;
  }
};

Verdict Judged(const Request& request) { return testing::JudgeRequest(request, WorldView(Tenants())); }

std::string Route(const std::string& backend_ns, const std::string& meta = "") {
  return R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"web","namespace":"shop")" +
         (meta.empty() ? "" : "," + meta) +
         R"(},"spec":{"rules":[{"backendRefs":[{"name":"a","namespace":")" + backend_ns + R"("}]}]}})";
}
std::string Namespace(const std::string& labels) {
  return R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"free","labels":{)" + labels + "}}}";
}
Request OfRoute(const std::string& operation, std::string object, std::string old_object) {
  return {.kind = Kind::kHTTPRoute,
          .version = "v1",
          .operation = operation,
          .name = "web",
          .object = std::move(object),
          .old_object = std::move(old_object)};
}
constexpr char kMasters[] = "\"system:masters\"";
constexpr char kReason[] = R"("annotations":{"fairlead.dev/break-glass":"incident 7"})";
constexpr char kLeaving[] = R"("deletionTimestamp":"2026-01-01T00:00:00Z")";

TEST(ForeignObjects, ThatReachOutAreForbidden) {
  const Verdict verdict = Judged(OfRoute("CREATE", Route("pay"), "null"));
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.code, 403);
  EXPECT_EQ(verdict.reason, "Forbidden");
  EXPECT_EQ(verdict.rule, "reaches-out");
  EXPECT_THAT(verdict.message, HasSubstr("spec.rules[0].backendRefs[0]: Service pay/a is of workspace pay"));
}

TEST(ForeignObjects, OthersAreNobodysBusiness) {
  EXPECT_EQ(Judged(OfRoute("CREATE", Route("shop"), "null")).rule, "not-ours");
  EXPECT_EQ(Judged(OfRoute("UPDATE", Route("shop"), Route("pay"))).rule, "not-ours");
  EXPECT_EQ(Judged(OfRoute("DELETE", "null", Route("pay"))).rule, "not-ours");
  EXPECT_EQ(Judged(OfRoute("UPDATE", Route("pay", kLeaving), Route("shop", kLeaving))).rule, "not-ours")
      << "it only waits for its finalizers";
  Request status = OfRoute("UPDATE", Route("pay"), Route("shop"));
  status.subresource = "status";
  EXPECT_EQ(Judged(status).rule, "not-ours");
}

TEST(ForeignObjects, NamespacesMoveByWhoeverMayChangeWorkspaces) {
  // The API server names a Namespace as its own namespace.
  const Request move{.kind = Kind::kNamespace,
                     .version = "v1",
                     .operation = "UPDATE",
                     .ns = "free",
                     .name = "free",
                     .object = Namespace(R"("team":"pay")"),
                     .old_object = Namespace("")};
  const Verdict verdict = Judged(move);
  EXPECT_EQ(verdict.rule, "moves-namespace");
  EXPECT_EQ(verdict.code, 403);
  EXPECT_EQ(verdict.message,
            "Namespace free: these labels move it into workspace pay; that is for whoever may update "
            "workspaces.fairlead.dev");
}

TEST(ForeignObjects, AnAdministratorBreaksTheGlassWithAReason) {
  Request request = OfRoute("CREATE", Route("pay"), "null");
  request.groups = kMasters;
  EXPECT_FALSE(Judged(request).allowed) << "no reason is given";
  request.object = Route("pay", kReason);
  const Verdict verdict = Judged(request);
  EXPECT_TRUE(verdict.allowed);
  EXPECT_EQ(verdict.rule, "reaches-out");
  EXPECT_EQ(verdict.broken_glass, "incident 7");
  EXPECT_THAT(verdict.warnings, ElementsAre(HasSubstr("is of workspace pay")));
  request.groups = "\"devs\"";
  EXPECT_FALSE(Judged(request).allowed) << "a reason makes no administrator";
}

std::string AuthorizationPolicy(const std::string& meta, const std::string& spec) {
  return R"({"apiVersion":"security.istio.io/v1","kind":"AuthorizationPolicy","metadata":{"name":"web","namespace":"shop")" +
         (meta.empty() ? "" : "," + meta) + R"(},"spec":{)" + spec + "}}";
}

// Nothing of it is a reason to refuse.
TEST(ForeignObjects, AccessRulesThatNobodyEnforcesAreTold) {
  constexpr char kDeny[] = R"("action":"DENY","rules":[{}])";
  constexpr char kTried[] = R"("annotations":{"istio.io/dry-run":"true"})";
  Request request = OfRoute("UPDATE", AuthorizationPolicy(kTried, kDeny), AuthorizationPolicy("", kDeny));
  request.other_group = "security.istio.io";
  request.other_kind = "AuthorizationPolicy";
  const Verdict verdict = Judged(request);
  EXPECT_TRUE(verdict.allowed);
  EXPECT_EQ(verdict.rule, "not-ours");
  EXPECT_THAT(
      verdict.warnings,
      ElementsAre(HasSubstr("FL036 metadata.annotations[istio.io/dry-run]: waypoints, and ztunnels")));
  request.old_object = request.object;
  EXPECT_THAT(Judged(request).warnings, ::testing::IsEmpty());
  request.object = AuthorizationPolicy("", R"("targetRefs":[{"group":"","kind":"Service","name":"gone"}])");
  EXPECT_THAT(Judged(request).warnings,
              ElementsAre(HasSubstr("FL002 spec.targetRefs[0]: Service shop/gone: it does not exist")));
}

TEST(ForeignObjects, WhatIsNotKnownIsNotLetThrough) {
  const Verdict verdict = testing::JudgeRequest(OfRoute("CREATE", Route("shop"), "null"), UnknowingView());
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.code, 503);
  EXPECT_EQ(verdict.rule, "tenancy-unknown");
  EXPECT_THAT(verdict.message, HasSubstr("try again"));
}

}  // namespace
}  // namespace fairlead::webhooks
