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

// Of the namespaces with its name as team; `role` may change timeouts of policies there.
std::string Workspace(const std::string& name, const std::string& role) {
  return "\n---\napiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " + name +
         "}\nspec:\n  namespaces: [{selector: {matchLabels: {team: " + name +
         "}}}]\n  isolation: \"Off\"\n  roles:\n  - {name: " + role +
         ", subjects: [{kind: Group, name: " + role +
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

Reasons Written(int objects) { return {"Accepted", "Written", std::to_string(objects) + " objects"}; }

// A namespace has two Roles and their bindings, a workspace three bindings of policies.
Workload Life() {
  return {.name = "workspace",
          .what = "a workspace is made, changed, split in two, and deleted",
          .points = 12,
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
              {.name = "deleted",
               .remove = {std::string(kWorkspaces) + "shop"},
               .policies = {{"depot", Written(7)}},
               .present = All(Rights("store", "keepers"), Policies()),
               .absent = All(Rights("web", "leads"), Bindings("shop"))},
              {.name = "all deleted",
               .remove = {std::string(kWorkspaces) + "depot"},
               .absent = All(Rights("store", "keepers"), Policies(), Bindings("depot"))}}};
}

}  // namespace

std::vector<Workload> TenancyWorkloads() { return {Life()}; }

}  // namespace fairlead::fault
