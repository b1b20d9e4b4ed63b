// AuthorizationPolicies of which something is enforced by nobody, told as warnings and by lint.
#include "reconcilers/reach/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"
#include "tests/unit/reconcilers/reach/read_yaml.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string AccessPolicy(const std::string& spec, const std::string& meta = "") {
  return "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: shop" +
         (meta.empty() ? "" : ", " + meta) + "}, spec: {" + spec + "}}";
}
std::string AtService(const std::string& name) {
  return AccessPolicy("action: DENY, targetRefs: [{group: '', kind: Service, name: " + name +
                      "}], rules: [{to: [{operation: {methods: [GET]}}]}]");
}

class AccessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Apply(
        "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {namespaces: "
        "[{names: [shop]}], waypoints: Auto}}");
    Apply(
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/dataplane-mode: "
        "ambient}}}");
    Service("bare", "");
    Service("out", "istio.io/use-waypoint: none");
    Service("lost", "istio.io/use-waypoint: gone");
    Service("served", "istio.io/use-waypoint: waypoint");
    Service("headless", "istio.io/use-waypoint: waypoint", "None");
    Apply(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: waypoint, namespace: "
        "shop}, "
        "spec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: "
        "HBONE}]}}");
    Apply(
        "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: entry, namespace: shop}, "
        "spec: {hosts: [a.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}}");
  }
  void Apply(const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    ASSERT_FALSE(IsInvalid(object)) << yaml;
    world_.Apply(object);
    world_.Drain();
  }
  void Service(const std::string& name, const std::string& labels, const std::string& ip = "10.0.0.1") {
    Apply("{apiVersion: v1, kind: Service, metadata: {name: " + name + ", namespace: shop, labels: {" +
          labels + "}}, spec: {clusterIP: " + ip + ", ports: [{name: http, port: 80}]}}");
  }
  // "FL003 spec.targetRefs[0]: …; …"
  std::vector<std::string> Notes(const std::string& after, const std::string& before = "") const {
    std::optional<Foreign> old;
    if (!before.empty()) old = ForeignOf(before);
    return Lines(NotesOn(world_.view(), ForeignOf(after), old ? &*old : nullptr));
  }
  static std::vector<std::string> Lines(const std::vector<AccessNote>& notes) {
    std::vector<std::string> out;
    for (const AccessNote& note : notes)
      out.push_back(ToString(note.code) + " " + note.field + ": " + note.message + "; " + note.fix);
    return out;
  }

  World world_{WorldOptions{}};
};

TEST_F(AccessTest, AServiceWithoutAWaypointEnforcesNothing) {
  EXPECT_THAT(
      Notes(AtService("bare")),
      ElementsAre("FL003 spec.targetRefs[0]: Service shop/bare: no waypoint serves it: set the label "
                  "istio.io/use-waypoint on the Service or on Namespace shop; or name one for all services "
                  "of workspace shop in spec.defaults.waypoint of its WorkspaceSettings (waypoints: Auto "
                  "makes none for an AuthorizationPolicy alone); until one does, nobody enforces this "
                  "policy there"));
  EXPECT_THAT(
      Notes(AtService("out")),
      ElementsAre("FL003 spec.targetRefs[0]: Service shop/out: it is opted out of waypoints: its label "
                  "istio.io/use-waypoint is none; until one does, nobody enforces this policy there"));
  EXPECT_THAT(Notes(AtService("lost")),
              ElementsAre(HasSubstr("Gateway shop/gone, does not exist: create it")));
  EXPECT_THAT(Notes(AtService("headless")),
              ElementsAre(HasSubstr("FL003 spec.targetRefs[0]: Service shop/headless: "
                                    "it is headless")));
  EXPECT_THAT(
      Notes(AtService("nowhere")),
      ElementsAre("FL002 spec.targetRefs[0]: Service shop/nowhere: it does not exist; until it does, nobody "
                  "enforces this policy there"));
  EXPECT_THAT(Notes(AtService("served")), IsEmpty());
  // An ALLOW that nobody enforces lets everybody in.
  EXPECT_THAT(
      Notes(AccessPolicy("targetRefs: [{kind: Service, name: bare}, {kind: Service, name: served}], rules: "
                         "[{from: [{source: {namespaces: [a]}}]}]")),
      ElementsAre(HasSubstr("FL003 spec.targetRefs[0]: ")));
  EXPECT_THAT(Notes(AccessPolicy("targetRef: {group: networking.istio.io, kind: ServiceEntry, name: entry}")),
              ElementsAre(HasSubstr("FL003 spec.targetRef: ServiceEntry shop/entry: no waypoint serves it")));
  EXPECT_THAT(
      Notes(AccessPolicy("targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]")),
      IsEmpty());
}

TEST_F(AccessTest, ADefaultOfTheWorkspaceServes) {
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: shop}, "
      "spec: "
      "{defaults: {waypoint: waypoint}}}");
  EXPECT_THAT(Notes(AtService("bare")), IsEmpty());
  EXPECT_THAT(Notes(AtService("out")), ElementsAre(HasSubstr("opted out")));
}

TEST_F(AccessTest, ADryRunIsToldOnce) {
  const std::string deny = "action: DENY, rules: [{from: [{source: {namespaces: [a]}}]}]";
  const auto tried = [](const std::string& said) {
    return "annotations: {istio.io/dry-run: '" + said + "'}";
  };
  const auto told = ElementsAre(
      "FL036 metadata.annotations[istio.io/dry-run]: waypoints, and ztunnels of 1.29 and newer, only log "
      "what it "
      "would refuse, and let it in; take the annotation away to enforce the policy");
  for (const char* yes : {"true", "True", "TRUE", "t", "T", "1"}) {
    EXPECT_THAT(Notes(AccessPolicy(deny, tried(yes))), told) << yes;
    EXPECT_THAT(Notes(AccessPolicy(deny, tried(yes)), AccessPolicy(deny)), told) << yes;
    EXPECT_THAT(Notes(AccessPolicy(deny, tried(yes)), AccessPolicy(deny, tried("true"))), IsEmpty()) << yes;
  }
  for (const char* no : {"false", "", "yes", "0", "tRUE"}) {
    EXPECT_THAT(Notes(AccessPolicy(deny, tried(no))), IsEmpty()) << no;
  }
  EXPECT_THAT(Notes(AccessPolicy("rules: [{}]", tried("true"))),
              ElementsAre(HasSubstr("where no other ALLOW policy is in force let everybody in")));
}

TEST_F(AccessTest, ADenyWithoutRulesIsAsGoodAsNone) {
  const std::string deny = AccessPolicy("action: DENY, rules: [{}]");
  const auto told = ElementsAre(HasSubstr("FL036 spec.rules: a DENY without rules matches nothing"));
  EXPECT_THAT(Notes(AccessPolicy("action: DENY"), deny), told);
  EXPECT_THAT(Notes(AccessPolicy("action: DENY, rules: []"), deny), told);
  EXPECT_THAT(Notes(AccessPolicy("action: DENY, rules: []"), AccessPolicy("action: DENY")), IsEmpty());
  EXPECT_THAT(Notes(deny, AccessPolicy("action: DENY")), IsEmpty());
  EXPECT_THAT(Notes(AccessPolicy("rules: []")), IsEmpty()) << "an ALLOW of nobody refuses all";
}

// Lint tells rules that admission refuses as well, and nothing of what isolation writes.
TEST_F(AccessTest, LintTellsAllOfIt) {
  EXPECT_THAT(
      Lines(LintAccess(world_.view(), ForeignOf(AccessPolicy("action: CUSTOM, provider: {name: x}")))),
      ElementsAre(HasSubstr("FL036 spec.action: CUSTOM is done by waypoints only")));
  EXPECT_THAT(Lines(LintAccess(world_.view(), ForeignOf(AtService("bare")))),
              ElementsAre(HasSubstr("FL003 ")));
  EXPECT_THAT(Lines(LintAccess(world_.view(),
                               ForeignOf(AccessPolicy("action: AUDIT, rules: [{}]",
                                                      "labels: {app.kubernetes.io/managed-by: fairlead, "
                                                      "fairlead.dev/workspace: shop}")))),
              IsEmpty());
}

}  // namespace
}  // namespace fairlead::reconcilers
