#include "tests/fault/workload.h"

namespace fairlead::fault {
namespace {

constexpr char kPolicyPath[] = "/apis/fairlead.dev/v1alpha1/namespaces/shop/retrytimeoutpolicies/";
constexpr char kGateway[] = R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: service}}
spec:
  gatewayClassName: CLASS
  listeners: [{name: mesh, port: 15008, protocol: HBONE}]
)";

std::string Gateway(const std::string& class_name) {
  std::string out = kGateway;
  return out.replace(out.find("CLASS"), 5, class_name);
}

// `spec`: what stands beside the targets.
std::string Policy(const std::string& name, const std::string& targets, const std::string& spec) {
  return "\n---\napiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: " + name +
         ", namespace: shop}\nspec:\n  " + targets + "\n  " + spec + "\n";
}
std::string OnService(const std::string& name) {
  return "targetRefs: [{group: \"\", kind: Service, name: " + name + "}]";
}

std::string Canary(int weight) {
  return R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: reviews, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: reviews, port: 8080}]
  rules:
  - name: all
    backendRefs:
    - {name: reviews-v1, port: 8080, weight: )" +
         std::to_string(100 - weight) +
         "}\n    - {name: reviews-v2, port: 8080, weight: " + std::to_string(weight) + "}\n";
}

std::string Route(const std::string& service) { return "Route shop/" + service + "|8080"; }
std::string Cluster(const std::string& destination) { return "Cluster shop/" + destination; }
std::string Endpoints(const std::string& destination) { return "Endpoints shop/" + destination; }
constexpr char kBudgeted[] = "ratings|8080;budget=20/10";  // the cluster of its own that a retry budget makes
const Reasons kNoEffect{"Accepted", "Reconciling", "no effect today"};

std::vector<Step> EditedSteps() {
  return {
      {.name = "create",
       .apply = Policy("ratings", OnService("ratings"), "retries: {attempts: 2, on: [GatewayError]}"),
       .policies = {{"shop/ratings", {}}},
       .pushed = {Route("ratings")}},
      {.name = "more attempts",
       .apply = Policy("ratings", OnService("ratings"), "retries: {attempts: 3, on: [GatewayError]}"),
       .policies = {{"shop/ratings", {}}},
       .pushed = {Route("ratings")}},
      {.name = "another target",
       .apply = Policy("ratings", OnService("reviews"), "timeouts: {request: 2s}"),
       .policies = {{"shop/ratings", {}}},
       .pushed = {Route("ratings"), Route("reviews"), Cluster(kBudgeted), Endpoints(kBudgeted)}},
  };
}

Workload Edited() {
  return {.name = "edited", .what = "a policy is created and edited", .steps = EditedSteps()};
}

Workload Overridden() {
  const std::string all =
      "targetSelectors: [{group: \"\", kind: Service, matchLabels: {resilience: standard}}]\n"
      "  scope: Namespace";
  return {.name = "overridden",
          .what = "an Override conflicts with a Default, and goes",
          .steps = {{.name = "default",
                     .apply = Policy("ratings", OnService("ratings"), "timeouts: {request: 3s}"),
                     .policies = {{"shop/ratings", {}}}},
                    {.name = "override",
                     .apply = Policy("platform", all, "mode: Override\n  timeouts: {request: 1s}"),
                     .policies = {{"shop/ratings", {"Accepted", "Overridden", ""}}, {"shop/platform", {}}},
                     .pushed = {Route("ratings")}},
                    {.name = "override goes",
                     .remove = {std::string(kPolicyPath) + "platform"},
                     .policies = {{"shop/ratings", {}}},
                     .pushed = {Route("ratings")}}}};
}

Workload Weights() {
  const std::string target =
      "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: reviews, sectionName: all}]";
  return {.name = "canary",
          .what = "the weights of a route change under a policy",
          .steps = {{.name = "10 percent",
                     .apply = Canary(10) + Policy("reviews", target, "timeouts: {request: 5s}"),
                     .policies = {{"shop/reviews", {}}}},
                    {.name = "50 percent", .apply = Canary(50), .pushed = {Route("reviews")}},
                    {.name = "policy and weight",
                     .apply = Canary(90) + Policy("reviews", target, "timeouts: {request: 4s}"),
                     .policies = {{"shop/reviews", {}}},
                     .pushed = {Route("reviews")}},
                    {.name = "all", .apply = Canary(100), .pushed = {Route("reviews")}}}};
}

Workload Recreated() {
  return {
      .name = "recreated",
      .what = "a policy is deleted and created again under its name, in one go and one by one",
      // The address is part of who it is in the Lease, and its port differs from start to start here.
      .arguments = {"--leader-elect", "--leader-elect-identity=a", "--peer-address=127.0.0.1:15010"},
      .steps = {
          {.name = "create",
           .apply = Policy("ratings", OnService("ratings"), "timeouts: {request: 1s}"),
           .policies = {{"shop/ratings", {}}}},
          {.name = "delete", .remove = {std::string(kPolicyPath) + "ratings"}, .pushed = {Route("ratings")}},
          {.name = "again",
           .apply = Policy("ratings", OnService("ratings"), "timeouts: {request: 2s}"),
           .policies = {{"shop/ratings", {}}},
           .pushed = {Route("ratings")}},
          {.name = "replace",
           .apply = Policy("other", OnService("reviews"), "timeouts: {request: 2s}"),
           .remove = {std::string(kPolicyPath) + "ratings"},
           .policies = {{"shop/other", {}}},
           .pushed = {Route("ratings"), Route("reviews")}}}};
}

Workload TargetGoes() {
  return {.name = "target",
          .what = "the target of a policy is removed and brought back",
          .steps = {{.name = "create",
                     .apply = ServiceYaml("search") +
                              Policy("search", OnService("search"), "timeouts: {request: 1s}"),
                     .policies = {{"shop/search", {}}}},
                    {.name = "target goes",
                     .remove = {"/api/v1/namespaces/shop/services/search"},
                     .policies = {{"shop/search", {"TargetNotFound", "Reconciling", ""}}},
                     .pushed = {Route("search"), Cluster("search|8080"), Endpoints("search|8080")}},
                    {.name = "target is back",
                     .apply = ServiceYaml("search"),
                     .policies = {{"shop/search", {}}},
                     .pushed = {Route("search"), Cluster("search|8080"), Endpoints("search|8080")}}}};
}

Workload SharedGateway() {
  Workload out{.name = "gateway",
               .what = "twenty policies, and one change of the Gateway that they share",
               .points = 5,
               .steps = {{.name = "create"}, {.name = "another's class"}, {.name = "ours again"}}};
  Step &create = out.steps[0], &gone = out.steps[1], &back = out.steps[2];
  gone.apply = Gateway("somebody-elses");
  back.apply = Gateway("fairlead-waypoint");
  for (int i = 10; i < 30; ++i) {
    const std::string name = "s" + std::to_string(i);
    create.apply += ServiceYaml(name) + Policy(name, OnService(name), "timeouts: {request: 1s}");
    create.policies["shop/" + name] = {};
    gone.policies["shop/" + name] = kNoEffect;
    back.policies["shop/" + name] = {};
  }
  return out;
}

Workload NoPods() {
  Workload out{.name = "processes",
               .what = "a waypoint whose proxies are no pods: only their streams tell of them",
               .steps = EditedSteps()};
  out.steps.front().remove = {"/api/v1/namespaces/shop/pods/waypoint-0"};
  return out;
}

Workload Takeover() {
  return {.name = "takeover",
          .what = "two replicas: the one that does not lead takes over",
          .replicas = 2,
          .points = 3,
          .steps = EditedSteps()};
}

constexpr char kRatingsRoutes[] = "networking.istio.io/virtualservices shop/fairlead-ratings";
constexpr char kRatingsRules[] = "networking.istio.io/destinationrules shop/fairlead-ratings";
constexpr char kBudget[] = "timeouts: {request: 2s}\n  retries: {attempts: 2, budget: {percent: 30}}";
const std::map<std::string, Reasons> kForIstiod = {
    {"shop/ratings", {"Accepted", "Reconciling", "written for 1 target"}}};

std::string OnRatings(const std::string& spec) { return Policy("ratings", OnService("ratings"), spec); }

Workload Istio() {
  return {.name = "istio",
          .what = "objects for istiod are written, changed and deleted as a policy is",
          .arguments = {"--mesh-mode=istio"},
          .steps = {{.name = "create",
                     .apply = Gateway("istio-waypoint") + OnRatings("timeouts: {request: 1500ms}"),
                     .policies = kForIstiod,
                     .present = {kRatingsRoutes}},
                    {.name = "budget",
                     .apply = OnRatings(kBudget),
                     .policies = kForIstiod,
                     .present = {kRatingsRoutes, kRatingsRules}},
                    {.name = "no budget",
                     .apply = OnRatings("timeouts: {request: 2s}"),
                     .policies = kForIstiod,
                     .present = {kRatingsRoutes},
                     .absent = {kRatingsRules}},
                    {.name = "policy goes",
                     .remove = {std::string(kPolicyPath) + "ratings"},
                     .absent = {kRatingsRoutes, kRatingsRules}},
                    {.name = "policy is back",
                     .apply = OnRatings(kBudget),
                     .policies = kForIstiod,
                     .present = {kRatingsRoutes, kRatingsRules}}}};
}

// Of an operator that was crashed before its owner was.
constexpr char kLeftBehind[] = R"(
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: fairlead-gone
  namespace: shop
  labels: {app.kubernetes.io/managed-by: fairlead}
  ownerReferences: [{apiVersion: v1, kind: Service, name: gone, uid: 9d2b6c1e-0000-4000-8000-000000000000, controller: true}]
spec: {hosts: [gone.shop.svc.cluster.local], http: [{route: [{destination: {host: gone}}]}]}
)";

Workload IstioOwner() {
  return {
      .name = "istio-owner",
      .what = "the Service that owns objects for istiod is removed and brought back; another is gone already",
      .arguments = {"--mesh-mode=istio"},
      .raced = {kRatingsRoutes, kRatingsRules},
      .steps = {{.name = "create",
                 .apply = Gateway("istio-waypoint") + kLeftBehind + OnRatings(kBudget),
                 .policies = kForIstiod,
                 .present = {kRatingsRoutes, kRatingsRules},
                 .absent = {"networking.istio.io/virtualservices shop/fairlead-gone"}},
                {.name = "service goes",
                 .remove = {"/api/v1/namespaces/shop/services/ratings"},
                 .policies = {{"shop/ratings", {"TargetNotFound", "Reconciling", ""}}},
                 .absent = {kRatingsRoutes, kRatingsRules}},
                {.name = "service is back",
                 .apply = ServiceYaml("ratings", "resilience: standard"),
                 .policies = kForIstiod,
                 .present = {kRatingsRoutes, kRatingsRules}}}};
}

Workload IstioMany() {
  Workload out{.name = "istio-many",
               .what = "ten policies in Istio mode, and one change of the Gateway that they share",
               .arguments = {"--mesh-mode=istio"},
               .points = 5,
               .steps = {{.name = "create"}, {.name = "another's class"}, {.name = "istiod's again"}}};
  Step &create = out.steps[0], &gone = out.steps[1], &back = out.steps[2];
  create.apply = Gateway("istio-waypoint");
  gone.apply = Gateway("somebody-elses");
  back.apply = Gateway("istio-waypoint");
  for (int i = 10; i < 20; ++i) {
    const std::string name = "s" + std::to_string(i);
    const std::string routes = "networking.istio.io/virtualservices shop/fairlead-" + name;
    create.apply += ServiceYaml(name) + Policy(name, OnService(name), "timeouts: {request: 1s}");
    create.policies["shop/" + name] =
        back.policies["shop/" + name] = {"Accepted", "Reconciling", "written for"};
    gone.policies["shop/" + name] = kNoEffect;
    create.present.insert(routes);
    back.present.insert(routes);
    gone.absent.insert(routes);
  }
  return out;
}

}  // namespace

std::string ServiceYaml(const std::string& name, const std::string& labels) {
  return R"(
---
apiVersion: v1
kind: Service
metadata: {name: )" +
         name + ", namespace: shop, labels: {app: " + name + (labels.empty() ? "" : ", ") + labels + R"(}}
spec:
  selector: {app: )" +
         name + R"(}
  ports: [{name: http, port: 8080, appProtocol: http}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: )" +
         name + "-1, namespace: shop, labels: {kubernetes.io/service-name: " + name + R"(}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}]
)";
}

std::string ShopYaml() {
  return std::string(R"(
apiVersion: v1
kind: Namespace
metadata: {name: fairlead-system}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
---
apiVersion: v1
kind: Pod
metadata: {name: waypoint-0, namespace: shop, labels: {gateway.networking.k8s.io/gateway-name: waypoint}}
spec: {containers: [{name: envoy, image: envoy}]}
status: {phase: Running, podIP: 10.1.2.9, podIPs: [{ip: 10.1.2.9}]}
)") + Gateway("fairlead-waypoint") +
         ServiceYaml("ratings", "resilience: standard") + ServiceYaml("reviews") + ServiceYaml("reviews-v1") +
         ServiceYaml("reviews-v2");
}

const std::vector<Workload>& Workloads() {
  static const std::vector<Workload> workloads = [] {
    std::vector<Workload> out = {Edited(),     Overridden(),    Weights(),  Recreated(),
                                 TargetGoes(), SharedGateway(), NoPods(),   Takeover(),
                                 Istio(),      IstioOwner(),    IstioMany()};
    for (Workload& workload : TenancyWorkloads()) out.push_back(std::move(workload));
    for (Workload& workload : ClusterWorkloads()) out.push_back(std::move(workload));
    return out;
  }();
  return workloads;
}

const Workload* FindWorkload(const std::string& name) {
  for (const Workload& workload : Workloads()) {
    if (workload.name == name) return &workload;
  }
  return nullptr;
}

}  // namespace fairlead::fault
