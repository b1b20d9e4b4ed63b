// Whose a host or an address is that somebody's object names: looked up among what is stored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/reach/judge.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"
#include "tests/unit/reconcilers/reach/read_yaml.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::HasSubstr;

class HostReachTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"shop", "pay"}) {
      Apply("{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + std::string(name) +
            "}, spec: {namespaces: [{names: [" + name + ", " + name + "-api]}]}}");
    }
    Apply(
        "{apiVersion: v1, kind: Service, metadata: {name: charge, namespace: pay}, spec: {clusterIP: "
        "10.96.0.5, ports: [{port: 80}]}}");
    Apply(
        "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: "
        "10.96.0.7, ports: [{port: 80}]}}");
    world_.Drain();
  }
  void Apply(const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    ASSERT_FALSE(IsInvalid(object)) << yaml;
    world_.Apply(object);
  }
  void Entry(const std::string& ns, const std::string& spec) {
    Apply("{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: bank, namespace: " + ns +
          "}, spec: {" + spec + "}}");
  }
  std::string Said(const std::string& yaml) const {
    return JudgeForeign(world_.view(), {.before = std::nullopt, .after = ForeignOf(yaml)}).message;
  }
  std::string To(const std::string& host) const {
    return Said(
        "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: vs, namespace: "
        "shop}, spec: {hosts: [web], http: [{route: [{destination: {host: '" +
        host + "'}}]}]}}");
  }
  std::string At(const std::string& spec) const {
    return Said(
        "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: se, namespace: "
        "shop}, spec: {hosts: [se.example], exportTo: ['.'], " +
        spec + "}}");
  }

  World world_{WorldOptions{}};
};

TEST_F(HostReachTest, AHostIsWhoseEntrySaysIt) {
  EXPECT_EQ(To("bank.example"), "") << "nobody's";
  Entry("pay", "hosts: [bank.example]");
  EXPECT_EQ(
      To("bank.example"),
      "VirtualService shop/vs is in workspace shop and reaches beyond it: "
      "spec.http[0].route[0].destination.host: ServiceEntry pay/bank (host bank.example) is of workspace "
      "pay: pay does not export it to shop (spec.exportTo of its WorkspaceSettings), and shop does not "
      "import it from pay (spec.importFrom of its WorkspaceSettings)");
  Entry("pay", "hosts: [bank.example], exportTo: [shop-api]");
  EXPECT_EQ(To("bank.example"), "") << "it is not seen from there";
  Entry("pay", "hosts: [bank.example], exportTo: [shop]");
  EXPECT_THAT(To("bank.example"), HasSubstr("ServiceEntry pay/bank"));
  Entry("shop-api", "hosts: [bank.example]");
  EXPECT_EQ(To("bank.example"), "") << "the own workspace says it, too";
  world_.Remove({Kind::kServiceEntry, "shop-api", "bank"});
  EXPECT_THAT(To("bank.example"), HasSubstr("ServiceEntry pay/bank"));
  world_.Remove({Kind::kServiceEntry, "pay", "bank"});
  EXPECT_EQ(To("bank.example"), "");
}

// What callers of others get is not changed, whoever says the host as well.
TEST_F(HostReachTest, AnOwnEntryGivesNoRightToAHostForAll) {
  Entry("shop-api", "hosts: [bank.example]");
  EXPECT_THAT(
      Said("{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: dr, namespace: "
           "shop}, spec: {host: bank.example}}"),
      HasSubstr("host bank.example is not of this workspace, and callers of all others would get this"));
  Entry("pay", "hosts: [bank.example]");
  EXPECT_THAT(
      Said("{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: dr, namespace: "
           "shop}, spec: {host: bank.example}}"),
      HasSubstr("ServiceEntry pay/bank (host bank.example) is of workspace pay; say exportTo"));
}

TEST_F(HostReachTest, AnAddressIsWhoseServiceHasIt) {
  EXPECT_THAT(At("addresses: [10.96.0.5]"),
              HasSubstr("spec.addresses[0]: Service pay/charge (10.96.0.5) is of workspace pay: "));
  EXPECT_THAT(At("addresses: [10.0.0.1, '::ffff:10.96.0.5']"),
              HasSubstr("spec.addresses[1]: Service pay/charge"));
  EXPECT_THAT(At("addresses: [10.96.0.0/16]"), HasSubstr("Service pay/charge (10.96.0.0/16)"));
  EXPECT_THAT(At("endpoints: [{address: 10.96.0.5}]"),
              HasSubstr("spec.endpoints[0].address: Service pay/charge"));
  for (const char* name :
       {"charge.pay", "charge.pay.svc", "charge.pay.svc.cluster.local", "a.charge.pay.svc."}) {
    EXPECT_THAT(At("endpoints: [{address: " + std::string(name) + "}]"), HasSubstr("Service pay/charge"))
        << name;
  }
  for (const char* own : {"10.96.0.7", "web", "web.shop", "203.0.113.1", "db.example", "eu.db.example",
                          "unix:///run/db.sock"}) {
    EXPECT_EQ(At("addresses: [10.96.0.7, 203.0.113.1], endpoints: [{address: '" + std::string(own) + "'}]"),
              "")
        << own;
  }
}

TEST_F(HostReachTest, SoManyServicesAreLookedAtAndNoMore) {
  for (int i = 0; i < 4200; ++i) {
    Apply("{apiVersion: v1, kind: Service, metadata: {name: s" + std::to_string(i) +
          ", namespace: free}, spec: {clusterIP: 10.97." + std::to_string(i / 250) + "." +
          std::to_string(i % 250) + ", ports: [{port: 80}]}}");
  }
  EXPECT_EQ(At("addresses: [10.97.0.0/20]"), "") << "nobody's, for own callers";
  EXPECT_THAT(
      At("addresses: [10.97.0.0/16]"),
      HasSubstr("spec.addresses[0]: there are too many Services in 10.97.0.0/16 to look at each: name "
                "narrower ranges"));
  EXPECT_THAT(At("addresses: [10.97.0.0/20, 10.97.0.0/20]"),
              HasSubstr("spec.addresses[1]: there are too many"));
}

}  // namespace
}  // namespace fairlead::reconcilers
