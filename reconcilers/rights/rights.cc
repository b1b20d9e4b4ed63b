#include "reconcilers/rights/rights.h"

#include <algorithm>

#include "reconcilers/rights/grants.h"

namespace fairlead::reconcilers {
namespace {

using Roles = std::vector<const api::WorkspaceRole*>;

constexpr size_t kMaxLacks = 4, kMaxSubjectsNamed = 3;

std::string InWords(const api::Subject& subject) {
  switch (subject.kind) {
    case api::Subject::Kind::kUser:
      return "user \"" + subject.name + "\"";
    case api::Subject::Kind::kGroup:
      return "group \"" + subject.name + "\"";
    case api::Subject::Kind::kServiceAccount:
      return "service account " + subject.ns + "/" + subject.name;
  }
  return "";
}

std::string InWords(const api::WorkspaceRole& role) {
  std::string out = "role \"" + role.name + "\" (";
  for (size_t i = 0; i < role.subjects.size() && i < kMaxSubjectsNamed; ++i)
    out += (i > 0 ? ", " : "") + InWords(role.subjects[i]);
  return out + (role.subjects.size() > kMaxSubjectsNamed ? ", …)" : ")");
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string out;
  for (size_t i = 0; i < texts.size() && i < kMaxLacks; ++i) out += (i > 0 ? "; " : "") + texts[i];
  return texts.size() > kMaxLacks ? out + "; and " + std::to_string(texts.size() - kMaxLacks) + " more" : out;
}

std::string Deed(const PolicyChange& change) {
  return change.after.isNull() ? "delete " : change.before.isNull() ? "create " : "update ";
}

// The role that lacks the fewest. Nothing where one of the caller's own is as near: what that lacks has been
// said.
std::string NearestRole(const api::Workspace& workspace, const GrantCheck& check, const Roles& own) {
  const api::WorkspaceRole* nearest = nullptr;
  size_t fewest = 0;
  for (const api::WorkspaceRole& role : workspace.roles) {
    const size_t lacks = check.LackOf({&role}).size();
    if (nearest != nullptr && lacks >= fewest) continue;
    nearest = &role;
    fewest = lacks;
  }
  if (nearest == nullptr) return "";
  if (fewest == 0) return " It is granted by " + InWords(*nearest) + ".";
  const bool said = std::any_of(own.begin(), own.end(),
                                [&](const auto* role) { return check.LackOf({role}).size() == fewest; });
  return said ? "" : " Nearest is " + InWords(*nearest) + ".";
}

std::string Denial(const api::Workspace& workspace, const Caller& caller, const PolicyChange& change,
                   const GrantCheck& check, const Roles& own, const std::vector<std::string>& lacks) {
  std::string out = "workspace \"" + workspace.meta.name + "\" does not let \"" + caller.user + "\" " +
                    Deed(change) + std::string(ToString(change.kind)) + " " + change.ns + "/" + change.name +
                    ": " + Joined(lacks) + "." + NearestRole(workspace, check, own);
  const std::string_view owner = workspace.meta.annotations.Get(kOwner);
  if (!owner.empty()) out += " Its owner is " + std::string(owner) + ".";
  if (caller.administrator) {
    out += std::string(" As an administrator of the cluster, give the reason in the annotation ") +
           kBreakGlass + (change.after.isNull() ? " of the object before you delete it." : ".");
  }
  return out;
}

}  // namespace

std::string ReasonIn(std::string_view annotation) {
  constexpr char kBlank[] = " \t\r\n";
  const size_t first = annotation.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return "";
  return std::string(annotation.substr(first, annotation.find_last_not_of(kBlank) - first + 1));
}

std::vector<std::string> AdministratorGroups() { return {"system:masters", "kubeadm:cluster-admins"}; }

bool IsAdministrator(const std::vector<std::string>& groups, const std::vector<std::string>& administrators) {
  return std::any_of(groups.begin(), groups.end(), [&](const std::string& group) {
    return std::find(administrators.begin(), administrators.end(), group) != administrators.end();
  });
}

const std::vector<std::string>& Collectors() {
  // The last is all of them, in clusters that give them no names of their own.
  static const std::vector<std::string> kUsers = {
      "system:serviceaccount:kube-system:generic-garbage-collector",
      "system:serviceaccount:kube-system:namespace-controller", "system:kube-controller-manager"};
  return kUsers;
}

bool IsCollector(const std::string& user) {
  return std::find(Collectors().begin(), Collectors().end(), user) != Collectors().end();
}

bool IsSubject(const api::Subject& subject, const Caller& caller) {
  switch (subject.kind) {
    case api::Subject::Kind::kUser:
      return caller.user == subject.name;
    case api::Subject::Kind::kGroup:
      return std::find(caller.groups.begin(), caller.groups.end(), subject.name) != caller.groups.end();
    case api::Subject::Kind::kServiceAccount:
      return caller.user == "system:serviceaccount:" + subject.ns + ":" + subject.name;
  }
  return false;
}

Ruling Judge(const api::Workspace& workspace, const Caller& caller, const PolicyChange& change) {
  if (workspace.roles.empty()) return {true, "no-roles", ""};
  const GrantCheck check(change);
  if (check.nothing()) return {true, "nothing-changed", ""};
  Roles roles;
  for (const api::WorkspaceRole& role : workspace.roles) {
    const bool has = std::any_of(role.subjects.begin(), role.subjects.end(),
                                 [&](const api::Subject& s) { return IsSubject(s, caller); });
    if (has) roles.push_back(&role);
  }
  const std::vector<std::string> lacks = check.LackOf(roles);
  if (lacks.empty()) {
    std::string names;
    for (const api::WorkspaceRole* role : roles) names += (names.empty() ? "role/" : ",") + role->name;
    return {true, names, ""};
  }
  if (caller.administrator && !change.reason.empty()) return {true, kGlassBroken, change.reason};
  return {false, "no-grant", Denial(workspace, caller, change, check, roles, lacks)};
}

}  // namespace fairlead::reconcilers
