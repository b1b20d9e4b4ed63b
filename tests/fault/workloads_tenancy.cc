// Workloads of tenancy: the objects that workspaces lower to, while workspaces are made, changed, split and
// deleted.
#include "tests/fault/workload.h"

namespace fairlead::fault {
namespace {

constexpr char kWorkspaces[] = "/apis/fairlead.dev/v1alpha1/workspaces/";

std::string Namespace(const std::string& name, const std::string& team) {
  return "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {team: " + team +
         "}}\n";
}

// Of the namespaces with its name as team.
std::string WithoutRoles(const std::string& name) {
  return "\n---\napiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " + name +
         "}\nspec:\n  namespaces: [{selector: {matchLabels: {team: " + name + "}}}]\n  isolation: \"Off\"\n";
}
// `role` may change timeouts of policies there.
std::string Workspace(const std::string& name, const std::string& role) {
  return WithoutRoles(name) + "  roles:\n  - {name: " + role + ", subjects: [{kind: Group, name: " + role +
         "}], allow: [{kinds: [RetryTimeoutPolicy], fields: [spec.timeouts]}]}\n";
}

std::set<std::string> Role(const std::string& ns, const std::string& name) {
  const std::string object = " " + ns + "/fairlead-" + (name == "readers" ? name : "role-" + name);
  return {"rbac.authorization.k8s.io/roles" + object, "rbac.authorization.k8s.io/rolebindings" + object};
}

template <class... T>
std::set<std::string> All(std::set<std::string> first, const T&... more) {
  (first.insert(more.begin(), more.end()), ...);
  return first;
}

std::set<std::string> Rights(const std::string& ns, const std::string& role) {
  return All(Role(ns, role), Role(ns, "readers"));
}

// One for each kind with rights.
std::set<std::string> OfKinds(const std::string& plural, const std::string& prefix) {
  std::set<std::string> out;
  for (const char* kind : {"retrytimeoutpolicies", "failoverpolicies", "workspacesettings"})
    out.insert("admissionregistration.k8s.io/" + plural + " " + prefix + kind + ".rights.fairlead.dev");
  return out;
}
std::set<std::string> Policies() { return OfKinds("validatingadmissionpolicies", ""); }
std::set<std::string> Bindings(const std::string& workspace) {
  return OfKinds("validatingadmissionpolicybindings", workspace + ".");
}

Reasons Written(int objects) {
  return {"Accepted", "Written",
          std::to_string(objects) + (objects == 1 ? " object" : " objects") + " as wished"};
}

// A namespace has two Roles and their bindings, a workspace three bindings of policies.
Workload Life() {
  return {.name = "workspace",
          .what = "a workspace is made, changed, split in two, loses its roles, and is deleted",
          .points = 12,
          .access = true,
          .steps = {
              {.name = "made",
               .apply = Namespace("web", "shop") + Namespace("store", "shop") + Workspace("shop", "devs"),
               .policies = {{"shop", Written(11)}},
               .present = All(Rights("web", "devs"), Rights("store", "devs"), Policies(), Bindings("shop"))},
              {.name = "changed",
               .apply = Workspace("shop", "leads"),
               .policies = {{"shop", Written(11)}},
               .present = All(Rights("web", "leads"), Rights("store", "leads")),
               .absent = All(Role("web", "devs"), Role("store", "devs"))},
              {.name = "split",
               .apply = Workspace("depot", "keepers") + Namespace("store", "depot"),
               .policies = {{"shop", Written(7)}, {"depot", Written(7)}},
               .present = All(Rights("web", "leads"), Rights("store", "keepers"), Bindings("depot")),
               .absent = Role("store", "leads")},
              {.name = "roles are taken away",
               .apply = WithoutRoles("shop"),
               .policies = {{"shop", Written(0)}, {"depot", Written(7)}},
               .present = All(Rights("store", "keepers"), Policies()),
               .absent = All(Rights("web", "leads"), Bindings("shop"))},
              {.name = "roles are back",
               .apply = Workspace("shop", "leads"),
               .policies = {{"shop", Written(7)}},
               .present = All(Rights("web", "leads"), Bindings("shop"))},
              {.name = "deleted",
               .remove = {std::string(kWorkspaces) + "shop"},
               .policies = {{"depot", Written(7)}},
               .present = All(Rights("store", "keepers"), Policies()),
               .absent = All(Rights("web", "leads"), Bindings("shop"))},
              {.name = "made again",
               .apply = Workspace("shop", "leads"),
               .policies = {{"shop", Written(7)}},
               .present = All(Rights("web", "leads"), Bindings("shop"))},
              {.name = "moved, and deleted",
               .apply = Namespace("web", "depot"),
               .remove = {std::string(kWorkspaces) + "shop"},
               .policies = {{"depot", Written(11)}},
               .present = All(Rights("web", "keepers"), Rights("store", "keepers")),
               .absent = All(Role("web", "leads"), Bindings("shop"))},
              {.name = "all deleted",
               .remove = {std::string(kWorkspaces) + "depot"},
               .absent = All(Rights("web", "keepers"), Rights("store", "keepers"), Policies(),
                             Bindings("depot"))}}};
}

// Isolated, with the namespaces of that team; `more` in its spec.
std::string Isolated(const std::string& name, const std::string& more = "") {
  return "\n---\napiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " + name +
         "}\nspec:\n  namespaces: [{selector: {matchLabels: {team: " + name + "}}}]\n" + more;
}
std::string Settings(const std::string& ns, const std::string& spec) {
  return "\n---\napiVersion: fairlead.dev/v1alpha1\nkind: WorkspaceSettings\nmetadata: {name: settings, "
         "namespace: " +
         ns + "}\nspec: " + spec + "\n";
}
std::string Service(const std::string& ns, const std::string& name, const std::string& labels = "") {
  return "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: " + ns +
         ", labels: {" + labels + "}}\nspec: {selector: {app: " + name + "}, ports: [{port: 80}]}\n";
}
constexpr char kWaypoint[] = R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: store}
spec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)";
constexpr char kEdge[] = "  ingress: [{namespace: edge, serviceAccount: gateway}]\n";

constexpr char kOfWeb[] = "WorkspaceSettings web/settings", kOfTill[] = "WorkspaceSettings till/settings";
const Reasons kAgreed{"Accepted", "Agreed", ""}, kAlone{"Accepted", "OtherSideMissing", ""};
const Reasons kNobodys{"TargetNotFound", "", ""};

std::string Policy(const std::string& ns, const std::string& suffix = "") {
  return "security.istio.io/authorizationpolicies " + ns + "/fairlead-isolation" + suffix;
}

// What is open at the end of each step, AccessWatch knows.
Workload Isolation() {
  const std::string spaces = Namespace("web", "shop") + Namespace("store", "shop") +
                             Namespace("till", "pay") + Namespace("outside", "none");
  const std::string services = Service("web", "ratings") + Service("web", "reviews") +
                               Service("store", "stock") + Service("store", "books") +
                               Service("till", "bills");
  return {
      .name = "isolation",
      .what = "isolated workspaces share services, get waypoints, lose namespaces to each other, and go",
      .points = 6,
      .access = true,
      .steps = {
          {.name = "made",
           .apply = spaces + services + kWaypoint + Isolated("shop", kEdge) + Isolated("pay"),
           .policies = {{"shop", Written(3)}, {"pay", Written(1)}}},
          {.name = "offered",
           .apply = Settings("web", "{exportTo: [{workspaces: [pay], resources: [{name: ratings}]}]}"),
           .policies = {{kOfWeb, kAlone}, {"shop", Written(3)}, {"pay", Written(1)}}},
          {.name = "taken",
           .apply = Settings("till", "{importFrom: [{workspaces: [shop]}]}"),
           .policies = {{kOfWeb, kAgreed}, {kOfTill, kAgreed}, {"shop", Written(5)}, {"pay", Written(1)}},
           .present = {"gateway.networking.k8s.io/referencegrants web/fairlead-export.pay.0"}},
          {.name = "behind a waypoint",
           .apply = Service("store", "stock", "istio.io/use-waypoint: waypoint"),
           .policies = {{"shop", Written(6)}},
           .present = {Policy("store", ".service.stock")}},
          {.name = "moved",
           .apply = Namespace("store", "pay"),
           .policies = {{"shop", Written(3)}, {"pay", Written(4)}}},
          {.name = "split",
           .apply = Isolated("depot", kEdge) + Namespace("store", "depot"),
           .policies = {{"pay", Written(1)}, {"depot", Written(3)}}},
          {.name = "emptied",
           .apply = Namespace("web", "depot"),
           .policies = {{kOfWeb, kAlone}, {kOfTill, kAlone}, {"shop", Written(0)}, {"depot", Written(4)}}},
          {.name = "off",
           .apply = Isolated("depot", "  isolation: \"Off\"\n"),
           .policies = {{"depot", Written(0)}},
           .absent = {Policy("web"), Policy("store"), Policy("store", ".service.stock")}},
          {.name = "on again",
           .apply = Isolated("depot"),
           .policies = {{"depot", Written(4)}},
           .present = {Policy("web"), Policy("store"), Policy("store", ".service.stock")}},
          {.name = "one deleted",
           .remove = {std::string(kWorkspaces) + "depot"},
           .policies = {{kOfWeb, kNobodys}, {kOfTill, kAlone}},
           .absent = {Policy("web"), Policy("store"), Policy("store", ".service.stock")}},
          {.name = "the other deleted",
           .remove = {std::string(kWorkspaces) + "pay"},
           .policies = {{kOfTill, kNobodys}},
           .absent = {Policy("till")}}}};
}

// A service moves to a waypoint that is made for its policy, and back; callers of another workspace come to
// it all the while.
Workload Waypoints() {
  const std::string own = "gateway.networking.k8s.io/gateways web/fairlead-waypoint";
  const std::string policy =
      "\n---\napiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: quick, "
      "namespace: "
      "web}\nspec: {targetRefs: [{group: \"\", kind: Service, name: ratings}], timeouts: {request: 1s}}\n";
  const std::string remove = "/apis/fairlead.dev/v1alpha1/namespaces/web/retrytimeoutpolicies/quick";
  const Reasons awaits{
      "Accepted", "Reconciling",
      "a waypoint is being made for it: Gateway web/fairlead-waypoint is not Programmed (Pending"};
  const Reasons moved{"Accepted", "Reconciling", "written for 1 target to objects that istiod reads"};
  // Of the Workspace: its condition Written, and in its status what is said of waypoints.
  const auto shop = [](int objects, const std::string& shows) {
    Reasons out = Written(objects);
    out.shows = shows;
    return out;
  };
  const std::string waits =
      "waiting for Gateway web/fairlead-waypoint: 1 service (ratings), Gateway web/fairlead-waypoint is not "
      "Programmed";
  const std::string serves = "Gateway web/fairlead-waypoint serves: 1 service (ratings)";
  const std::string none = "no service needs a waypoint of the workspace";
  return {
      .name = "waypoints",
      .what = "a waypoint is made for a policy, serves its service, and goes with it and with its workspace",
      .arguments = {"--mesh-mode=istio"},
      .points = 10,
      .access = true,
      .steps = {
          {.name = "made",
           .apply = Namespace("web", "shop") + Namespace("till", "pay") + Namespace("outside", "none") +
                    Service("web", "ratings", "app: ratings") + Service("web", "reviews") +
                    Service("till", "bills") + Isolated("shop", "  waypoints: Auto\n") + Isolated("pay") +
                    Isolated("depot") +
                    Settings("web", "{exportTo: [{workspaces: [pay], resources: [{name: ratings}]}]}") +
                    Settings("till", "{importFrom: [{workspaces: [shop]}]}") + policy,
           .policies = {{"web/quick", awaits},
                        {"shop", shop(4, waits)},
                        {"depot", Written(0)},
                        {kOfWeb, kAgreed},
                        {kOfTill, kAgreed}},
           .present = {own, Policy("web", ".gateway.fairlead-waypoint")}},
          {.name = "programmed",
           .programmed = {"web/fairlead-waypoint"},
           .policies = {{"web/quick", moved}, {"shop", shop(4, serves)}},
           .present = {own, Policy("web", ".service.ratings")}},
          {.name = "policy goes",
           .remove = {remove},
           .policies = {{"shop", shop(3, none)}},
           .absent = {own, Policy("web", ".service.ratings"), Policy("web", ".gateway.fairlead-waypoint")}},
          {.name = "policy is back",
           .apply = policy,
           .policies = {{"web/quick", awaits}, {"shop", shop(4, waits)}},
           .present = {own, Policy("web", ".gateway.fairlead-waypoint")}},
          {.name = "programmed again",
           .programmed = {"web/fairlead-waypoint"},
           .policies = {{"web/quick", moved}, {"shop", shop(4, serves)}}},
          {.name = "moved to another workspace",
           .apply = Namespace("web", "depot"),
           .policies = {{"web/quick", {"Accepted", "Reconciling", "no waypoint serves it"}},
                        {"shop", shop(0, none)},
                        {"depot", Written(1)},
                        {kOfWeb, kAlone},
                        {kOfTill, kAlone}},
           .absent = {own, Policy("web", ".service.ratings"), Policy("web", ".gateway.fairlead-waypoint")}},
          {.name = "all deleted",
           .remove = {std::string(kWorkspaces) + "shop", std::string(kWorkspaces) + "depot"},
           .policies = {{kOfWeb, kNobodys}, {kOfTill, kAlone}},
           .absent = {Policy("web")}}}};
}

}  // namespace

std::vector<Workload> TenancyWorkloads() { return {Life(), Isolation(), Waypoints()}; }

}  // namespace fairlead::fault
