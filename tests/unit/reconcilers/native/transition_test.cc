#include "reconcilers/native/transition.h"

#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "crds/base/yaml.h"

namespace fairlead::reconcilers {
namespace {

using Verb = Write::Verb;

Json::Value Yaml(const std::string& text) {
  const auto documents = ParseYaml(text);
  const auto json = JsonDocument::Parse(documents->front().json);
  return ToJsonValue(json->root());
}

Json::Value Policy(const std::string& namespaces, const std::string& more = "action: DENY",
                   const std::string& annotations = "{}") {
  return Yaml("{kind: AuthorizationPolicy, metadata: {name: p, namespace: a, annotations: " + annotations +
              "}, spec: {" + more + ", rules: [{from: [{source: {notNamespaces: " + namespaces + "}}]}]}}");
}

std::string InWords(const std::vector<Write>& writes) {
  std::string out;
  for (const Write& write : writes) {
    out += std::to_string(write.phase) + (write.verb == Verb::kDelete ? " delete " : " apply ");
    const Json::Value& spec = write.object["spec"];
    const Json::Value& list =
        write.object.isMember("subjects") ? write.object["subjects"]
        : spec.isMember("matchResources")
            ? spec["matchResources"]["namespaceSelector"]["matchExpressions"][0]["values"]
            : spec["rules"][0]["from"][0]["source"]["notNamespaces"];
    out += WriteJson(list) + "; ";
  }
  return out;
}

TEST(Transition, WhatNarrowsOrWidensIsWrittenOnce) {
  EXPECT_EQ(InWords(StepsOf(Policy("[a, b]"), Policy("[a]"))), "1 apply [\"a\"]; ");
  EXPECT_EQ(InWords(StepsOf(Policy("[a]"), Policy("[a, b]"))), "3 apply [\"a\",\"b\"]; ");
  EXPECT_EQ(InWords(StepsOf({}, Policy("[a]"))), "1 apply [\"a\"]; ");
  EXPECT_EQ(InWords(StepsOf(Policy("[a]"), {})), "3 delete [\"a\"]; ");
  EXPECT_TRUE(StepsOf(Policy("[a]"), Policy("[a]")).empty());
}

TEST(Transition, WhatDoesBothIsWrittenTwice) {
  EXPECT_EQ(InWords(StepsOf(Policy("[a, b]"), Policy("[a, c]"))), "1 apply [\"a\"]; 3 apply [\"a\",\"c\"]; ");
}

TEST(Transition, EnforcementBeginsFirstAndEndsLast) {
  const Json::Value off = Policy("[a]", "action: AUDIT"), on = Policy("[a]");
  const Json::Value dry = Policy("[a]", "action: DENY", "{istio.io/dry-run: 'true'}");
  EXPECT_EQ(StepsOf(off, on).front().phase, 1);
  EXPECT_EQ(StepsOf(on, off).front().phase, 3);
  EXPECT_EQ(StepsOf(dry, on).front().phase, 1);
  EXPECT_EQ(StepsOf(on, dry).front().phase, 3);
}

TEST(Transition, APolicyThatSomebodyBentIsPutRightAtOnce) {
  EXPECT_EQ(InWords(StepsOf(Policy("[x]"), Policy("[a]"))), "1 apply [\"a\"]; ");
}

TEST(Transition, ABindingHoldsInTheNamespacesOfBothFirst) {
  const auto binding = [](const std::string& namespaces) {
    return Yaml(
        "{kind: ValidatingAdmissionPolicyBinding, metadata: {name: b}, spec: {matchResources: "
        "{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: " +
        namespaces + "}]}}}}");
  };
  EXPECT_EQ(InWords(StepsOf(binding("[a, b]"), binding("[b, c]"))),
            "1 apply [\"a\",\"b\",\"c\"]; 3 apply [\"b\",\"c\"]; ");
  EXPECT_EQ(InWords(StepsOf(binding("[a]"), binding("[a, b]"))), "1 apply [\"a\",\"b\"]; ");
}

TEST(Transition, ARoleIsNeverBoundToSubjectsThatItIsNotFor) {
  const auto binding = [](const std::string& subjects) {
    return Yaml("{kind: RoleBinding, metadata: {name: r, namespace: a}, subjects: " + subjects + "}");
  };
  EXPECT_EQ(InWords(StepsOf(binding("[u, v]"), binding("[v, w]"))),
            "1 apply [\"v\"]; 3 apply [\"v\",\"w\"]; ");
  EXPECT_EQ(StepsOf({}, Yaml("{kind: Role}")).front().phase, 2);
  EXPECT_EQ(StepsOf({}, binding("[x]")).front().phase, 3);
  EXPECT_EQ(StepsOf(binding("[x]"), {}).front().phase, 1);
}

}  // namespace
}  // namespace fairlead::reconcilers
