#include "reconcilers/native/rights_objects.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "crds/base/meta_json.h"
#include "crds/base/names.h"
#include "reconcilers/native/rights_cel.h"

namespace fairlead::reconcilers {
namespace {

constexpr Kind kKinds[] = {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspaceSettings};
constexpr char kAdmission[] = "admissionregistration.k8s.io/v1";
constexpr char kRbac[] = "rbac.authorization.k8s.io/v1";
constexpr char kReaders[] = "fairlead-readers";

using Texts = std::vector<std::string>;

std::string PolicyName(Kind kind) { return std::string(InfoOf(kind).plural) + ".rights.fairlead.dev"; }

Json::Value Rules(Kind kind) {
  const KindInfo& info = InfoOf(kind);
  Json::Value rule(Json::objectValue);
  rule["apiGroups"] = ToJson(Texts{std::string(info.group)});
  rule["apiVersions"] = ToJson(Texts{std::string(info.version)});
  rule["operations"] = ToJson(Texts{"CREATE", "UPDATE", "DELETE"});
  rule["resources"] = ToJson(Texts{std::string(info.plural)});
  rule["scope"] = "Namespaced";
  Json::Value out(Json::arrayValue);
  out.append(rule);
  return out;
}

OwnedObject Policy(Kind kind, const Texts& administrators) {
  const RightsCel cel = CelOfRights(kind, administrators);
  OwnedObject out{kAdmission, "ValidatingAdmissionPolicy", "", PolicyName(kind), {}};
  Json::Value& spec = out.object["spec"];
  spec["failurePolicy"] = "Fail";
  spec["paramKind"]["apiVersion"] = std::string(api::kGroup) + "/" + std::string(api::kVersion);
  spec["paramKind"]["kind"] = "Workspace";
  Json::Value& match = spec["matchConstraints"];
  match["matchPolicy"] = "Equivalent";
  match["namespaceSelector"] = match["objectSelector"] = Json::objectValue;
  match["resourceRules"] = Rules(kind);
  for (const auto& [name, expression] : cel.variables) {
    Json::Value variable(Json::objectValue);
    variable["name"] = name;
    variable["expression"] = expression;
    spec["variables"].append(variable);
  }
  Json::Value validation(Json::objectValue);
  validation["expression"] = cel.allowed;
  validation["messageExpression"] = cel.message;
  validation["message"] = "the roles of the workspace do not grant this change";
  validation["reason"] = "Forbidden";
  spec["validations"].append(validation);
  Json::Value audit(Json::objectValue);
  audit["key"] = "break-glass";
  audit["valueExpression"] = cel.broken_glass;
  spec["auditAnnotations"].append(audit);
  Own("", &out);
  return out;
}

OwnedObject Binding(const api::Workspace& workspace, Kind kind, const std::set<std::string>& namespaces) {
  OwnedObject out{kAdmission,
                  "ValidatingAdmissionPolicyBinding",
                  "",
                  workspace.meta.name + "." + std::string(InfoOf(kind).plural) + ".rights.fairlead.dev",
                  {}};
  Json::Value& spec = out.object["spec"];
  spec["policyName"] = PolicyName(kind);
  spec["validationActions"] = ToJson(Texts{"Deny"});
  // While the workspace is gone and its binding is not, some of its RoleBindings may be there still: nobody
  // may use them unjudged. CEL is not asked then who it is, so nobody else changes anything there either.
  spec["paramRef"]["name"] = workspace.meta.name;
  spec["paramRef"]["parameterNotFoundAction"] = "Deny";
  LabelSelector selector;
  selector.match_expressions.push_back(
      {"kubernetes.io/metadata.name", SelectorOperator::kIn, Texts(namespaces.begin(), namespaces.end())});
  Json::Value& match = spec["matchResources"];
  match["matchPolicy"] = "Equivalent";
  match["namespaceSelector"] = ToJson(selector);
  match["objectSelector"] = Json::objectValue;
  Own(workspace.meta.name, &out);
  return out;
}

// The plural names of the kinds that some grant of the role has in the namespace.
Texts WritableIn(const api::WorkspaceRole& role, const std::string& ns) {
  Texts out;
  for (Kind kind : kKinds) {
    const bool granted = std::any_of(role.allow.begin(), role.allow.end(), [&](const api::Grant& grant) {
      const bool here =
          grant.namespaces.empty() || std::any_of(grant.namespaces.begin(), grant.namespaces.end(),
                                                  [&](const auto& glob) { return GlobMatches(glob, ns); });
      return here && std::count(grant.kinds.begin(), grant.kinds.end(), InfoOf(kind).name) > 0;
    });
    if (granted) out.emplace_back(InfoOf(kind).plural);
  }
  return out;
}

Json::Value ToRbac(const api::Subject& subject) {
  Json::Value out(Json::objectValue);
  out["name"] = subject.name;
  switch (subject.kind) {
    case api::Subject::Kind::kUser:
    case api::Subject::Kind::kGroup:
      out["kind"] = subject.kind == api::Subject::Kind::kUser ? "User" : "Group";
      out["apiGroup"] = "rbac.authorization.k8s.io";
      break;
    case api::Subject::Kind::kServiceAccount:
      out["kind"] = "ServiceAccount";
      out["namespace"] = subject.ns;
      break;
  }
  return out;
}

// The resources of one API group.
using Resources = std::pair<std::string, Texts>;

// A Role and its binding.
void Add(const std::string& workspace, const std::string& ns, const std::string& name,
         const std::vector<Resources>& of_groups, const Texts& verbs, const std::set<api::Subject>& subjects,
         std::vector<OwnedObject>* out) {
  OwnedObject role{kRbac, "Role", ns, name, {}};
  for (const auto& [group, resources] : of_groups) {
    Json::Value rule(Json::objectValue);
    rule["apiGroups"] = ToJson(Texts{group});
    rule["resources"] = ToJson(resources);
    rule["verbs"] = ToJson(verbs);
    role.object["rules"].append(rule);
  }
  Own(workspace, &role);
  OwnedObject binding{kRbac, "RoleBinding", ns, name, {}};
  Json::Value& ref = binding.object["roleRef"];
  ref["apiGroup"] = "rbac.authorization.k8s.io";
  ref["kind"] = "Role";
  ref["name"] = name;
  for (const api::Subject& subject : subjects) binding.object["subjects"].append(ToRbac(subject));
  Own(workspace, &binding);
  out->push_back(std::move(role));
  out->push_back(std::move(binding));
}

void AddRoles(const api::Workspace& workspace, const std::string& ns, std::vector<OwnedObject>* out) {
  std::set<api::Subject> all;
  for (const api::WorkspaceRole& role : workspace.roles) {
    const std::set<api::Subject> subjects(role.subjects.begin(), role.subjects.end());
    all.insert(subjects.begin(), subjects.end());
    const Texts writable = WritableIn(role, ns);
    if (writable.empty()) continue;
    Add(workspace.meta.name, ns, "fairlead-role-" + role.name, {{std::string(api::kGroup), writable}},
        {"create", "update", "patch", "delete"}, subjects, out);
  }
  Texts policies;
  for (Kind kind : kKinds) policies.emplace_back(InfoOf(kind).plural);
  policies.emplace_back("policychanges");  // who changed them
  Add(workspace.meta.name, ns, kReaders,
      {{std::string(api::kGroup), policies},
       // What policies are for, so that `fairleadctl explain` needs no further rights.
       {"", {"namespaces", "services"}},
       {"discovery.k8s.io", {"endpointslices"}},
       {"gateway.networking.k8s.io", {"gateways", "grpcroutes", "httproutes", "referencegrants"}},
       {"networking.istio.io", {"serviceentries"}}},
      {"get", "list", "watch"}, all, out);
}

}  // namespace

std::vector<OwnedObject> RightsPolicies(const std::vector<std::string>& administrators) {
  std::vector<OwnedObject> out;
  for (Kind kind : kKinds) out.push_back(Policy(kind, administrators));
  return out;
}

std::vector<OwnedObject> LowerRights(const api::Workspace& workspace,
                                     const std::set<std::string>& namespaces) {
  std::vector<OwnedObject> out;
  if (workspace.roles.empty() || namespaces.empty()) return out;
  for (Kind kind : kKinds) out.push_back(Binding(workspace, kind, namespaces));
  for (const std::string& ns : namespaces) AddRoles(workspace, ns, &out);
  SortOwned(&out);
  return out;
}

}  // namespace fairlead::reconcilers
