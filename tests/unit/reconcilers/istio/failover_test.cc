// What a DestinationRule says of a FailoverPolicy, and which field it cannot say.
#include "reconcilers/istio/failover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "reconcilers/failover/steps.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::istiod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Ptr<api::FailoverPolicy> Policy(const std::string& spec) {
  const AnyObject object = ObjectOf(
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, spec: "
      "{targetRefs: [{kind: Service, name: ratings}], " +
      spec + "}}");
  const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&object);
  EXPECT_NE(policy, nullptr) << spec;
  return policy == nullptr ? std::make_shared<api::FailoverPolicy>() : *policy;
}

FailoverRule Rule(const std::string& spec) { return RuleOf(*Policy(spec)); }

// The only one of the three ways that the rule has.
std::string Way(const FailoverRule& rule) {
  std::string out;
  for (const char* way : {"distribute", "failover", "failoverPriority"}) {
    if (rule.locality.isMember(way)) out += (out.empty() ? "" : "+") + std::string(way);
  }
  return out;
}

TEST(IstioFailover, TheNearestFirstIsSaidByLabelsOfPlaces) {
  const FailoverRule rule = Rule("minHealthyPercent: 70");
  EXPECT_EQ(
      WriteJson(rule.locality),
      R"({"enabled":true,"failoverPriority":["topology.kubernetes.io/region","topology.kubernetes.io/zone"]})");
  EXPECT_THAT(rule.limits, IsEmpty());
}

TEST(IstioFailover, OutlierDetectionIsWholeAndNeverPanics) {
  const FailoverRule rule = Rule(
      "outlierDetection: {consecutiveErrors: 0, interval: 250ms, baseEjectionTime: 1m30s, "
      "maxEjectionPercent: 10}");
  EXPECT_EQ(
      WriteJson(rule.outlier),
      R"({"baseEjectionTime":"90s","consecutive5xxErrors":0,"interval":"0.250s","maxEjectionPercent":10,"minHealthPercent":0})");
}

TEST(IstioFailover, AShareOfHealthyEndpointsIsThatOfTheProxies) {
  EXPECT_THAT(Rule("minHealthyPercent: 72").limits, IsEmpty());
  EXPECT_THAT(Rule("minHealthyPercent: 73").limits,
              ElementsAre(HasSubstr("spec.minHealthyPercent is not carried")));
  EXPECT_THAT(Rule("minHealthyPercent: 1").limits, ElementsAre(HasSubstr("instead it is 71")));
}

TEST(IstioFailover, EachPolicyIsSaidInOneWay) {
  struct Case {
    const char* localities;
    const char* way;
    const char* limit;  // part of the only one; "": none
  };
  constexpr const char* kNearest = "failoverPriority";
  for (
      const Case& c : std::initializer_list<Case>{
          {"{from: {}, steps: [{to: [{region: e, weight: 30}, {region: w, weight: 70}]}]}", "distribute", ""},
          {"{from: {region: e}, steps: [{to: [{region: e}]}]}", "distribute", "places without a rule"},
          {"{from: {region: e}, steps: [{to: [{region: e}]}]}, {from: {region: e, zone: e1}, steps: [{to: "
           "[{region: e}]}]}",
           kNearest, "localities[1] is not carried, nor is any other: the sources of rules may not overlap"},
          {"{from: {region: e}, steps: [{to: [{region: e, weight: 60}, {region: e, zone: e1, weight: 40}]}]}",
           kNearest, "places of one step may not overlap"},
          {"{from: {region: e}, steps: [{to: [{region: e}, {region: w}]}]}", kNearest,
           "places of one step have weights"},
          {"{from: {region: e}, steps: [{to: [{region: w}]}]}", "failover", "any other region comes last"},
          {"{from: {region: e}, steps: [{to: [{region: w}]}, {to: [{region: s}]}]}", "failover",
           "names one region after the own"},
          {"{from: {region: e}, steps: [{to: [{region: w, zone: w1}]}]}", kNearest,
           "from region to region only"},
          {"{from: {region: e, zone: e1}, steps: [{to: [{region: e, zone: e2}]}]}", kNearest,
           "from region to region only"},
          {"{from: {region: e}, steps: [{to: [{region: w, weight: 100}]}, {to: [{region: s}]}]}", "failover",
           "names one region"},
          {"{from: {region: e}, steps: [{to: [{region: e, weight: 50}, {region: w, weight: 50}]}, {to: "
           "[{region: s}]}]}",
           kNearest, "weights or an order of steps, not both; instead the same zone comes first"},
          {"{from: {region: e}, steps: [{to: [{region: w}]}]}, {from: {region: w}, steps: [{to: [{region: "
           "w}]}]}",
           kNearest, "not one here and the other there"},
          {"{from: {region: e}, steps: [{to: [{cluster: far}]}]}", kNearest, "places name no clusters"},
      }) {
    const FailoverRule rule = Rule(std::string("localities: [") + c.localities + "]");
    EXPECT_EQ(Way(rule), c.way) << c.localities;
    if (*c.limit == '\0') {
      EXPECT_THAT(rule.limits, IsEmpty()) << c.localities;
    } else {
      EXPECT_THAT(rule.limits, ElementsAre(HasSubstr(c.limit))) << c.localities;
    }
  }
}

// As the priorities of a real istiod: tests/integration/operator/istiod_test.cc.
TEST(IstioFailover, WhatItsProxiesKeepIsToldPlaceByPlace) {
  const failover::Members members{{"10.0.0.1", 80, {"", "e", "e1", "a"}, {}},
                                  {"10.0.0.2", 80, {"", "e", "e1", "b"}, {}},
                                  {"10.0.0.3", 80, {"", "e", "e2", ""}, {}},
                                  {"10.0.0.4", 80, {"", "w", "w1", ""}, {}},
                                  {"10.0.0.5", 80, {"", "s", "s1", ""}, {}}};
  const auto steps = [&](const std::string& localities, const api::Locality& from) {
    const api::FailoverPolicy kept = AsCarried(*Policy("localities: [" + localities + "]"), [] {
      return std::set<api::Locality>{{"c", "e", "e1", "a"}, {"c", "e", "e2", ""}, {"c", "s", "s1", ""}};
    });
    std::string out;
    for (const failover::Step& step : failover::PlanFailover(kept, {from, {}}, members).steps) {
      size_t count = 0;
      for (const failover::Part& part : step.parts) count += part.members.size();
      out += (out.empty() ? "" : " | ") + step.name + ": " + std::to_string(count);
    }
    return out;
  };
  const std::string regions = "{from: {region: e}, steps: [{to: [{region: w}]}]}";
  EXPECT_EQ(steps(regions, {"c", "e", "e1", "a"}), "e/e1/a: 1 | e/e1: 1 | e: 1 | w: 1 | any: 1");
  EXPECT_EQ(steps(regions, {"c", "e", "e2", ""}), "e/e2: 1 | e: 2 | w: 1 | any: 1");
  EXPECT_EQ(steps(regions, {"c", "e", "e9", ""}), "e: 3 | w: 1 | any: 1") << "no place that is known";
  EXPECT_EQ(steps(regions, {"c", "s", "s1", ""}), "same zone: 1 | same region: 0 | any: 4")
      << "no rule for it";
  const std::string weights =
      "{from: {region: e}, steps: [{to: [{region: e, weight: 60}, {region: w, weight: 40}]}]}";
  EXPECT_EQ(steps(weights, {"c", "e", "e1", "a"}), "e 60%, w 40%: 4");
  EXPECT_EQ(steps(weights, {"c", "s", "s1", ""}), "any: 5") << "to all alike";
  EXPECT_EQ(steps("{from: {}, steps: [{to: [{region: w}]}]}", {"c", "s", "s1", ""}), "w: 1");
}

TEST(IstioFailover, PortsThatAgreeAreSaidOnce) {
  const auto one = Policy("minHealthyPercent: 70"), other = Policy("priorityLabels: [version]");
  Json::Value policy(Json::objectValue);
  AddFailover({{80, nullptr}, {81, nullptr}}, &policy);
  EXPECT_TRUE(policy.empty());
  AddFailover({{80, one}, {81, one}}, &policy);
  EXPECT_THAT(policy.getMemberNames(), ElementsAre("loadBalancer", "outlierDetection"));
  policy = Json::Value(Json::objectValue);
  AddFailover({{80, one}, {81, nullptr}, {82, other}}, &policy);
  EXPECT_THAT(policy.getMemberNames(), ElementsAre("portLevelSettings"));
  ASSERT_EQ(policy["portLevelSettings"].size(), 2u);
  EXPECT_EQ(policy["portLevelSettings"][1]["port"]["number"], 82);
}

}  // namespace
}  // namespace fairlead::reconcilers::istiod
