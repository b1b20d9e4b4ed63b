// What one workspace may say about another's services, in the words of other people's APIs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/yaml.h"
#include "reconcilers/reach/judge.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/reach/read_yaml.h"

namespace fairlead::reconcilers {
namespace {

// shop and pay are tenants, and so is bank, which shares its Service api with shop; pay exports its Service
// open to shop, which does not import it; shop imports from books, which does not export. kube-system is
// nobody's.
constexpr char kWorkspaces[] = R"(
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: shop}
spec: {namespaces: [{names: [shop, shop-web]}, {selector: {matchLabels: {team: shop}}}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: pay}
spec: {namespaces: [{names: [pay]}, {selector: {matchLabels: {team: pay}}}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: bank}
spec: {namespaces: [{names: [bank]}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: books}
spec: {namespaces: [{names: [books]}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: WorkspaceSettings
metadata: {name: shop, namespace: shop}
spec:
  importFrom:
  - {workspaces: [bank], resources: [{kind: Service, name: api}]}
  - {workspaces: [books]}
---
apiVersion: fairlead.dev/v1alpha1
kind: WorkspaceSettings
metadata: {name: bank, namespace: bank}
spec:
  exportTo:
  - {workspaces: [shop], resources: [{kind: Service, name: api}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: WorkspaceSettings
metadata: {name: pay, namespace: pay}
spec: {exportTo: [{workspaces: [shop], resources: [{name: open}]}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop-web}
---
apiVersion: v1
kind: Namespace
metadata: {name: pay}
---
apiVersion: v1
kind: Namespace
metadata: {name: bank}
---
apiVersion: v1
kind: Namespace
metadata: {name: books}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: bank}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: vault, namespace: bank}
spec: {ports: [{port: 80}]}
)";

struct Case {
  std::string name;
  std::string before;  // YAML; empty: the object is created
  std::string after;
  std::string rule;
  std::string message = {};  // whole; empty: not asked
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

std::string VirtualService(const std::string& spec, const std::string& ns = "shop") {
  return "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: vs, namespace: " + ns +
         "}, spec: {" + spec + "}}";
}
std::string Rule(const std::string& spec) {
  return "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: dr, namespace: shop}, "
         "spec: {" +
         spec + "}}";
}
std::string Entry(const std::string& spec) {
  return "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: se, namespace: shop}, "
         "spec: {" +
         spec + "}}";
}
std::string Route(const std::string& spec, const std::string& kind = "HTTPRoute") {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: " + kind +
         ", metadata: {name: web, namespace: shop}, spec: {" + spec + "}}";
}
std::string Access(const std::string& spec, const std::string& ns = "shop") {
  return "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: deny, namespace: " +
         ns + "}, spec: {" + spec + "}}";
}
std::string Ns(const std::string& name, const std::string& labels) {
  return "{apiVersion: v1, kind: Namespace, metadata: {name: " + name + ", labels: {" + labels + "}}}";
}
std::string Service(const std::string& labels) {
  return "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, labels: {" + labels + "}}}";
}

std::vector<Case> Hosts() {
  const std::string confine = "; say exportTo: [\".\"] to mean callers of this namespace only";
  return {
      {"OwnShortName", "", VirtualService("hosts: [web]"), ""},
      {"OwnFullName", "", VirtualService("hosts: [web.shop-web.svc.cluster.local]"), ""},
      {"AllOfAnOwnNamespace", "", VirtualService("hosts: ['*.shop-web.svc.cluster.local']"), ""},
      {"AnothersHost", "", VirtualService("hosts: [web, api.pay.svc.cluster.local]"), kReachesOut,
       "VirtualService shop/vs is in workspace shop and reaches beyond it: spec.hosts[1]: Service pay/api is "
       "of "
       "workspace pay" +
           confine},
      {"AnothersHostInShort", "", VirtualService("hosts: [api.pay.svc]"), kReachesOut},
      {"AllOfAnothersNamespace", "", VirtualService("hosts: ['*.pay.svc.cluster.local']"), kReachesOut,
       "VirtualService shop/vs is in workspace shop and reaches beyond it: spec.hosts[0]: all services of "
       "namespace "
       "pay is of workspace pay" +
           confine},
      {"EveryHost", "", VirtualService("hosts: ['*']"), kReachesOut,
       "VirtualService shop/vs is in workspace shop and reaches beyond it: spec.hosts[0]: host * is not of "
       "this "
       "workspace, and callers of all others would get this" +
           confine},
      {"EveryHostOfTheCluster", "", VirtualService("hosts: ['*.svc.cluster.local']"), kReachesOut},
      {"ThePlatformsHost", "", VirtualService("hosts: [kube-dns.kube-system.svc.cluster.local]"), kReachesOut,
       "VirtualService shop/vs is in workspace shop and reaches beyond it: spec.hosts[0]: Service "
       "kube-system/kube-dns "
       "is in a namespace of no workspace, which is the platform's" +
           confine},
      {"ExternalHostForAll", "", VirtualService("hosts: [api.example.com]"), kReachesOut},
      {"ExternalHostForOwnCallers", "", VirtualService("hosts: [api.example.com], exportTo: ['.', shop-web]"),
       ""},
      {"ExternalHostForOthersToo", "", VirtualService("hosts: [api.example.com], exportTo: ['.', pay]"),
       kReachesOut},
      {"ExternalHostForNobody", "", VirtualService("hosts: [api.example.com], exportTo: ['~']"), ""},
      {"AtAGatewayOnly", "", VirtualService("hosts: ['*'], gateways: [ingress/public]"), ""},
      {"AtAGatewayAndTheMesh", "", VirtualService("hosts: ['*'], gateways: [ingress/public, mesh]"),
       kReachesOut},
      {"AnothersHostForOwnCallers", "", VirtualService("hosts: [api.pay.svc.cluster.local], exportTo: ['.']"),
       kReachesOut,
       "VirtualService shop/vs is in workspace shop and reaches beyond it: spec.hosts[0]: Service pay/api is "
       "of "
       "workspace pay: shop does not import it from pay (spec.importFrom of its WorkspaceSettings)"},
      {"SharedHostForOwnCallers", "", VirtualService("hosts: [api.bank.svc.cluster.local], exportTo: ['.']"),
       ""},
      {"SharedHostForAll", "", VirtualService("hosts: [api.bank.svc.cluster.local]"), kReachesOut},
      {"RuleForAnothersHost", "",
       Rule("host: api.pay.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}"), kReachesOut},
      {"RuleForTheOwnHost", "", Rule("host: web"), ""},
      {"EntryForAnothersHost", "", Entry("hosts: [api.pay.svc.cluster.local], resolution: STATIC"),
       kReachesOut},
      {"EntryForAnExternalHost", "", Entry("hosts: [api.example.com]"), kReachesOut},
      {"EntryForOwnCallers", "", Entry("hosts: [api.example.com], exportTo: ['.']"), ""},
      {"OfNoWorkspace", "", VirtualService("hosts: ['*']", "kube-system"), ""},
  };
}

std::vector<Case> Backends() {
  return {
      {"Own", "",
       Route("rules: [{backendRefs: [{name: a, port: 80}, {name: b, namespace: shop-web, port: 80}]}]"), ""},
      {"Anothers", "",
       Route("rules: [{backendRefs: [{name: a}]}, {backendRefs: [{name: x, namespace: pay}]}]"), kReachesOut,
       "HTTPRoute shop/web is in workspace shop and reaches beyond it: spec.rules[1].backendRefs[0]: Service "
       "pay/x is "
       "of workspace pay: shop does not import it from pay (spec.importFrom of its WorkspaceSettings)"},
      {"OfOneThatExportsNothing", "", Route("rules: [{backendRefs: [{name: x, namespace: books}]}]"),
       kReachesOut,
       "HTTPRoute shop/web is in workspace shop and reaches beyond it: spec.rules[0].backendRefs[0]: Service "
       "books/x "
       "is of workspace books: books does not export it to shop (spec.exportTo of its WorkspaceSettings)"},
      {"Shared", "", Route("rules: [{backendRefs: [{name: api, namespace: bank, port: 80}]}]"), ""},
      {"NotSharedThoughOthersAre", "", Route("rules: [{backendRefs: [{name: vault, namespace: bank}]}]"),
       kReachesOut,
       "HTTPRoute shop/web is in workspace shop and reaches beyond it: spec.rules[0].backendRefs[0]: Service "
       "bank/vault is of workspace bank: what the two share does not hold it: name it in spec.exportTo and "
       "spec.importFrom"},
      {"Mirrored", "",
       Route("rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: x, namespace: "
             "pay}}}]}]"),
       kReachesOut},
      {"MirroredByABackend", "",
       Route("rules: [{backendRefs: [{name: a, filters: [{type: RequestMirror, requestMirror: {backendRef: "
             "{name: x, "
             "namespace: pay}}}]}]}]"),
       kReachesOut},
      {"ByHostname", "",
       Route("rules: [{backendRefs: [{group: networking.istio.io, kind: Hostname, name: "
             "x.pay.svc.cluster.local}]}]"),
       kReachesOut},
      {"OfGRPC", "", Route("rules: [{backendRefs: [{name: x, namespace: pay}]}]", "GRPCRoute"), kReachesOut},
      {"OfTCP", "", Route("rules: [{backendRefs: [{name: x, namespace: pay}]}]", "TCPRoute"), kReachesOut},
      {"OfVirtualService", "",
       VirtualService("hosts: [web], http: [{route: [{destination: {host: x.pay.svc.cluster.local}}]}]"),
       kReachesOut},
      {"OfVirtualServiceAtAGateway", "",
       VirtualService(
           "hosts: [a.b], gateways: [g], tcp: [{route: [{destination: {host: x.pay.svc.cluster.local}}]}]"),
       kReachesOut},
      {"MirrorOfVirtualService", "",
       VirtualService("hosts: [web], http: [{mirrors: [{destination: {host: x.pay.svc.cluster.local}}]}]"),
       kReachesOut},
      {"Delegate", "", VirtualService("hosts: [web], http: [{delegate: {name: d, namespace: pay}}]"),
       kReachesOut},
      {"ParentOfAnother", "", Route("parentRefs: [{group: '', kind: Service, name: x, namespace: pay}]"),
       kReachesOut},
      {"ParentShared", "", Route("parentRefs: [{group: '', kind: Service, name: api, namespace: bank}]"), ""},
      {"AnIngressGateway", "", Route("parentRefs: [{name: public, namespace: pay}]"), ""},
      {"ThePlatformsBackend", "", Route("rules: [{backendRefs: [{name: x, namespace: kube-system}]}]"), ""},
  };
}

std::vector<Case> Labels() {
  return {
      {"OwnWaypoint", "", Service("istio.io/use-waypoint: waypoint"), ""},
      {"NoWaypoint", "", Service("istio.io/use-waypoint: none, istio.io/use-waypoint-namespace: pay"), ""},
      {"AnothersWaypoint", "",
       Service("istio.io/use-waypoint: waypoint, istio.io/use-waypoint-namespace: pay"), kReachesOut,
       "Service shop/web is in workspace shop and reaches beyond it: metadata.labels[istio.io/use-waypoint]: "
       "Gateway "
       "pay/waypoint is of workspace pay, and waypoints are not shared: use one of this workspace, or of a "
       "namespace "
       "of no workspace"},
      {"ThePlatformsWaypoint", "",
       Service("istio.io/use-waypoint: waypoint, istio.io/use-waypoint-namespace: kube-system"), ""},
      {"AnothersWaypointForANamespace", Ns("shop", ""),
       Ns("shop", "istio.io/use-waypoint: waypoint, istio.io/use-waypoint-namespace: pay"), kReachesOut},
      {"MovedIn", Ns("free", ""), Ns("free", "team: pay"), kMovesNamespace,
       "Namespace free: these labels move it into workspace pay; that is for whoever may update "
       "workspaces.fairlead.dev"},
      {"MovedOut", Ns("ledger", "team: pay"), Ns("ledger", ""), kMovesNamespace,
       "Namespace ledger: these labels move it out of workspace pay; that is for whoever may update "
       "workspaces.fairlead.dev"},
      {"MovedAcross", Ns("ledger", "team: pay"), Ns("ledger", "team: shop"), kMovesNamespace,
       "Namespace ledger: these labels move it out of workspace pay into workspace shop; that is for whoever "
       "may "
       "update workspaces.fairlead.dev"},
      {"CreatedInside", "", Ns("free", "team: pay"), kMovesNamespace},
      {"CreatedByItsName", "", Ns("pay", ""), ""},
      {"OtherLabels", Ns("ledger", "team: pay"), Ns("ledger", "team: pay, a: b"), ""},
      {"HeldByItsNameWhateverTheLabels", Ns("bank", ""), Ns("bank", "a: b"), ""},
  };
}

std::vector<Case> Rules() {
  const std::string l7 = "action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]";
  return {
      {"DenyOfRequests", "", Access(l7), kSilentRule,
       "AuthorizationPolicy shop/deny would be accepted and not enforced: spec.rules[0]: all its conditions "
       "are about "
       "requests, which ztunnel does not see, so it denies nothing. The way out: name the Service or Gateway "
       "in "
       "spec.targetRefs, so that its waypoint enforces it, or add a condition on identities, namespaces, "
       "addresses or "
       "ports"},
      {"DenyOfRequestsByAKey", "",
       Access("action: DENY, rules: [{when: [{key: 'request.headers[x]', values: [a]}]}]"), kSilentRule},
      {"DenyOfRequestsAtAWaypoint", "", Access(l7 + ", targetRefs: [{group: '', kind: Service, name: web}]"),
       ""},
      {"DenyOfRequestsWhereSidecarsAre", "", Access(l7, "shop-web"), ""},
      {"DenyOfRequestsOfNoWorkspace", "", Access(l7, "kube-system"), ""},
      {"DenyOfPorts", "", Access("action: DENY, rules: [{to: [{operation: {ports: ['80']}}]}]"), ""},
      {"DenyOfIdentitiesAndRequests", "",
       Access("action: DENY, rules: [{from: [{source: {namespaces: [pay]}}], to: [{operation: {methods: "
              "[GET]}}]}]"),
       kSilentRule,
       "AuthorizationPolicy shop/deny would be accepted and not enforced: spec.rules[0].to: it is about "
       "requests alone, which ztunnel does not see, and what is left of it matches nothing, so the rule "
       "denies "
       "nothing. The way out: name the Service or Gateway in spec.targetRefs, so that its waypoint enforces "
       "it, or leave that part out, which denies more"},
      {"DenyOfPortsAndRequests", "",
       Access("action: DENY, rules: [{to: [{operation: {ports: ['80'], methods: [GET]}}]}]"), ""},
      {"DenyOfAll", "", Access("action: DENY, rules: [{}]"), ""},
      {"OneRuleOfTwo", "",
       Access("action: DENY, rules: [{from: [{source: {namespaces: [pay]}}]}, {to: [{operation: {paths: "
              "[/x]}}]}]"),
       kSilentRule},
      {"Custom", "", Access("action: CUSTOM, provider: {name: x}, rules: [{}]"), kSilentRule,
       "AuthorizationPolicy shop/deny would be accepted and not enforced: spec.action: CUSTOM is done by "
       "waypoints only, "
       "and without targetRefs none has it. The way out: name the Service or Gateway in spec.targetRefs, so "
       "that its "
       "waypoint enforces it"},
      {"AllowOfRequestsLetsNobodyIn", "", Access("rules: [{to: [{operation: {methods: [GET]}}]}]"), ""},
      {"WhatWasThereBefore", Access(l7), Access(l7 + ", selector: {matchLabels: {a: b}}"), ""},
  };
}

std::vector<Case> Updates() {
  return {
      {"KeepsWhatItReached", VirtualService("hosts: [api.pay.svc.cluster.local]"),
       VirtualService("hosts: [web, api.pay.svc.cluster.local]"), ""},
      {"ReachesMore", VirtualService("hosts: [api.pay.svc.cluster.local]"),
       VirtualService("hosts: [api.pay.svc.cluster.local, b.pay.svc.cluster.local]"), kReachesOut},
      {"CarriesFurther", VirtualService("hosts: [api.example.com], exportTo: ['.']"),
       VirtualService("hosts: [api.example.com]"), kReachesOut},
      {"CarriesLess", VirtualService("hosts: [api.example.com]"),
       VirtualService("hosts: [api.example.com], exportTo: ['.']"), ""},
      {"NewBackend", Route("rules: [{backendRefs: [{name: a}]}]"),
       Route("rules: [{backendRefs: [{name: a}, {name: x, namespace: pay}]}]"), kReachesOut},
      {"BackendMovesWithinTheObject", Route("rules: [{backendRefs: [{name: x, namespace: pay}]}]"),
       Route("rules: [{}, {backendRefs: [{name: x, namespace: pay}]}]"), ""},
  };
}

class ReachTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const auto documents = ParseYaml(kWorkspaces);
    ASSERT_TRUE(documents);
    for (const YamlDocument& document : *documents) {
      const auto json = JsonDocument::Parse(document.json);
      const ParsedObject parsed = ParseObject(*KindOf(json->root()), json->root());
      ASSERT_FALSE(IsInvalid(parsed.object)) << document.json;
      world_.Apply(parsed.object);
    }
    world_.Drain();
  }

  World world_{WorldOptions{}};
};

TEST_P(ReachTest, IsJudged) {
  const Case& c = GetParam();
  ForeignChange change{.before = std::nullopt, .after = ForeignOf(c.after)};
  if (!c.before.empty()) change.before = ForeignOf(c.before);
  const ForeignRuling ruling = JudgeForeign(world_.view(), change);
  EXPECT_EQ(ruling.rule, c.rule) << ruling.message;
  if (!c.message.empty()) {
    EXPECT_EQ(ruling.message, c.message);
  }
}

const auto kName = [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Hosts, ReachTest, ::testing::ValuesIn(Hosts()), kName);
INSTANTIATE_TEST_SUITE_P(Backends, ReachTest, ::testing::ValuesIn(Backends()), kName);
INSTANTIATE_TEST_SUITE_P(Labels, ReachTest, ::testing::ValuesIn(Labels()), kName);
INSTANTIATE_TEST_SUITE_P(Rules, ReachTest, ::testing::ValuesIn(Rules()), kName);
INSTANTIATE_TEST_SUITE_P(Updates, ReachTest, ::testing::ValuesIn(Updates()), kName);

}  // namespace
}  // namespace fairlead::reconcilers
