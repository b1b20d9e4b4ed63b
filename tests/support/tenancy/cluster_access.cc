#include "tests/support/tenancy/cluster_access.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/object/any_object.h"
#include "tests/support/tenancy/istio_access.h"
#include "tests/support/tenancy/may_call.h"

namespace fairlead::testing {
namespace {

using Objects = std::vector<Json::Value>;

constexpr const char* kKinds[] = {"retrytimeoutpolicies", "failoverpolicies", "workspacesettings"};
const std::map<std::string, std::string> kPlurals = {
    {"RetryTimeoutPolicy", kKinds[0]}, {"FailoverPolicy", kKinds[1]}, {"WorkspaceSettings", kKinds[2]}};

std::string NameOf(const Json::Value& object) { return object["metadata"]["name"].asString(); }
std::string NamespaceOf(const Json::Value& object) { return object["metadata"]["namespace"].asString(); }

Objects Of(const Objects& objects, const std::string& kind) {
  Objects out;
  std::copy_if(objects.begin(), objects.end(), std::back_inserter(out),
               [&](const Json::Value& object) { return object["kind"] == kind; });
  return out;
}

Labels LabelsOf(const Json::Value& map) {
  Labels out;
  for (const std::string& key : map.getMemberNames()) out.Set(key, map[key].asString());
  return out;
}

// As the API reads it: what an import or export says is a value of the API.
template <class T>
Ptr<T> Parse(const Json::Value& object) {
  const Result<JsonDocument> document = JsonDocument::Parse(WriteJson(object));
  if (!document) throw std::logic_error(document.error().message);
  const AnyObject parsed = ParseObject(T::kKind, document->root()).object;
  const auto* out = std::get_if<Ptr<T>>(&parsed);
  if (out == nullptr) throw std::logic_error("a " + object["kind"].asString() + " cannot be read");
  return *out;
}

bool Claims(const Json::Value& workspace, const Json::Value& ns) {
  for (const Json::Value& item : workspace["spec"]["namespaces"]) {
    if (item.isMember("names")) throw std::logic_error("namespaces by name");
    if (Selects(LabelsOf(item["selector"]["matchLabels"]), LabelsOf(ns["metadata"]["labels"]))) return true;
  }
  return false;
}

const Json::Value* WorkspaceOf(const Objects& workspaces, const Json::Value& ns) {
  const auto found = std::find_if(workspaces.begin(), workspaces.end(),
                                  [&](const Json::Value& workspace) { return Claims(workspace, ns); });
  return found == workspaces.end() ? nullptr : &*found;
}

MeshWorkspace MeshWorkspaceOf(const Json::Value& json, const Objects& workspaces, const Objects& namespaces,
                              const Objects& settings) {
  MeshWorkspace out{.name = NameOf(json)};
  const auto workspace = Parse<api::Workspace>(json);
  out.isolation = workspace->isolation;
  for (const api::IngressGateway& gateway : workspace->ingress)
    out.ingress.insert({gateway.ns, gateway.service_account});
  for (const Json::Value& ns : namespaces) {
    const Json::Value* holder = WorkspaceOf(workspaces, ns);
    if (holder != nullptr && NameOf(*holder) == out.name) out.namespaces.insert(NameOf(ns));
  }
  for (const Json::Value& one : settings) {
    if (out.namespaces.count(NamespaceOf(one)) == 0) continue;
    if (!out.import_from.empty() || !out.export_to.empty())
      throw std::logic_error("two settings of a workspace");
    const auto parsed = Parse<api::WorkspaceSettings>(one);
    out.import_from = parsed->import_from;
    out.export_to = parsed->export_to;
  }
  return out;
}

Mesh MeshOf(const Objects& objects) {
  Mesh out;
  const Objects namespaces = Of(objects, "Namespace"), workspaces = Of(objects, "Workspace");
  std::map<std::string, std::string> waypoint_of;  // a namespace's
  for (const Json::Value& ns : namespaces) {
    waypoint_of[NameOf(ns)] = ns["metadata"]["labels"]["istio.io/use-waypoint"].asString();
    out.callers.push_back({NameOf(ns), "default"});
  }
  out.callers.push_back({"edge", "gateway"});
  for (const Json::Value& workspace : workspaces)
    out.workspaces.push_back(
        MeshWorkspaceOf(workspace, workspaces, namespaces, Of(objects, "WorkspaceSettings")));
  for (const Json::Value& gateway : Of(objects, "Gateway"))
    out.waypoints.push_back({NamespaceOf(gateway), NameOf(gateway)});
  for (const Json::Value& json : Of(objects, "Service")) {
    const Json::Value& labels = json["metadata"]["labels"];
    MeshService service{NamespaceOf(json), NameOf(json), LabelsOf(labels),
                        LabelsOf(json["spec"]["selector"])};
    const std::string waypoint = labels.isMember("istio.io/use-waypoint")
                                     ? labels["istio.io/use-waypoint"].asString()
                                     : waypoint_of[service.ns];
    for (size_t i = 0; i < out.waypoints.size(); ++i) {
      if (out.waypoints[i].ns == service.ns && out.waypoints[i].name == waypoint)
        service.waypoint = static_cast<int>(i);
    }
    out.pods.push_back({service.ns, service.selector});
    out.services.push_back(std::move(service));
  }
  return out;
}

template <class May>
std::set<std::string> Calls(const Mesh& mesh, const May& may) {
  std::set<std::string> out;
  for (const MeshAccount& caller : mesh.callers) {
    for (size_t i = 0; i < mesh.services.size(); ++i) {
      const MeshService& service = mesh.services[i];
      if (may(caller, service, mesh.pods[i]))
        out.insert(caller.ns + "/" + caller.name + " calls " + service.ns + "/" + service.name);
    }
  }
  return out;
}

std::string Names(const std::string& kind, const std::string& from, const std::string& service) {
  return kind + " of " + from + " names " + service;
}

// Backends of another workspace that routes may name.
std::set<std::string> NamesByWords(const Mesh& mesh) {
  std::set<std::string> out;
  for (const MeshService& service : mesh.services) {
    const MeshWorkspace* owner = mesh.WorkspaceOf(service.ns);
    if (owner == nullptr) continue;
    for (const MeshWorkspace& user : mesh.workspaces) {
      if (user.name == owner->name || !Agreed(*owner, user, service)) continue;
      for (const std::string& ns : user.namespaces) {
        for (const char* kind : {"GRPCRoute", "HTTPRoute"})
          out.insert(Names(kind, ns, service.ns + "/" + service.name));
      }
    }
  }
  return out;
}

std::set<std::string> NamesByObjects(const Objects& objects) {
  std::set<std::string> out;
  for (const Json::Value& grant : Of(objects, "ReferenceGrant")) {
    for (const Json::Value& from : grant["spec"]["from"]) {
      for (const Json::Value& to : grant["spec"]["to"])
        out.insert(Names(from["kind"].asString(), from["namespace"].asString(),
                         NamespaceOf(grant) + "/" + to["name"].asString()));
    }
  }
  return out;
}

std::string Subject(const Json::Value& subject) {
  return subject["kind"].asString() + " " + subject["name"].asString();
}

// What the roles of a workspace come to in one of its namespaces.
void AddRoles(const Json::Value& workspace, const std::string& ns, std::set<std::string>* out) {
  for (const Json::Value& role : workspace["spec"]["roles"]) {
    for (const Json::Value& subject : role["subjects"]) {
      for (const char* kind : kKinds) out->insert(Subject(subject) + " reads " + kind + " in " + ns);
      for (const char* kind : {"policychanges", "namespaces", "services", "endpointslices", "gateways",
                               "grpcroutes", "httproutes", "referencegrants", "serviceentries"})
        out->insert(Subject(subject) + " reads " + kind + " in " + ns);
      for (const Json::Value& grant : role["allow"]) {
        if (grant.isMember("namespaces")) throw std::logic_error("a grant for some namespaces");
        for (const Json::Value& kind : grant["kinds"])
          out->insert(Subject(subject) + " writes " + kPlurals.at(kind.asString()) + " in " + ns);
      }
    }
  }
}

// What the rules of a Role give to a subject.
void AddRules(const Json::Value& role, const std::string& subject, std::set<std::string>* out) {
  static const std::set<std::string> kReads = {"get", "list", "watch"};
  static const std::set<std::string> kWrites = {"create", "update", "patch", "delete"};
  for (const Json::Value& rule : role["rules"]) {
    for (const Json::Value& resource : rule["resources"]) {
      for (const Json::Value& verb : rule["verbs"]) {
        const bool reads = kReads.count(verb.asString()) > 0, writes = kWrites.count(verb.asString()) > 0;
        out->insert(subject + " " +
                    (reads    ? "reads"
                     : writes ? "writes"
                              : verb.asString()) +
                    " " + resource.asString() + " in " + NamespaceOf(role));
      }
    }
  }
}

std::set<std::string> RightsByObjects(const Objects& objects) {
  std::map<std::pair<std::string, std::string>, Json::Value> roles;
  for (const Json::Value& role : Of(objects, "Role")) roles[{NamespaceOf(role), NameOf(role)}] = role;
  std::set<std::string> out;
  for (const Json::Value& binding : Of(objects, "RoleBinding")) {
    const auto role = roles.find({NamespaceOf(binding), binding["roleRef"]["name"].asString()});
    if (binding["roleRef"]["kind"] != "Role") throw std::logic_error("a RoleBinding to another kind");
    if (role == roles.end()) continue;
    for (const Json::Value& subject : binding["subjects"]) AddRules(role->second, Subject(subject), &out);
  }
  return out;
}

// "retrytimeoutpolicies in web" that some Workspace's roles judge. A binding whose Workspace is gone refuses
// everything if it is told to, and else nothing.
std::set<std::string> Judged(const Objects& objects) {
  std::set<std::string> policies, workspaces, out;
  for (const Json::Value& policy : Of(objects, "ValidatingAdmissionPolicy")) policies.insert(NameOf(policy));
  for (const Json::Value& workspace : Of(objects, "Workspace")) workspaces.insert(NameOf(workspace));
  for (const Json::Value& binding : Of(objects, "ValidatingAdmissionPolicyBinding")) {
    const Json::Value& spec = binding["spec"];
    const std::string policy = spec["policyName"].asString();
    const bool refuses = spec["validationActions"].size() == 1 && spec["validationActions"][0] == "Deny";
    const bool holds = workspaces.count(spec["paramRef"]["name"].asString()) > 0 ||
                       spec["paramRef"]["parameterNotFoundAction"] == "Deny";
    if (!refuses || policies.count(policy) == 0 || !holds) continue;
    const Json::Value& asks = spec["matchResources"]["namespaceSelector"]["matchExpressions"];
    if (asks.size() != 1) throw std::logic_error("a binding with another selector");
    for (const Json::Value& ns : asks[0]["values"])
      out.insert(policy.substr(0, policy.find('.')) + " in " + ns.asString());
  }
  return out;
}

// Rights to write of which nothing judges the use. Only roles of workspaces give such here.
std::set<std::string> LooseOf(const std::set<std::string>& rights, const std::set<std::string>& judged) {
  static const std::string kVerb = " writes ";
  std::set<std::string> out;
  for (const std::string& right : rights) {
    const size_t at = right.find(kVerb);
    if (at != std::string::npos && judged.count(right.substr(at + kVerb.size())) == 0) out.insert(right);
  }
  return out;
}

void AddBeyond(const std::set<std::string>& open, const std::vector<Access>& allowed,
               std::set<std::string> Access::*part, const std::string& head, std::string* out) {
  for (const std::string& sentence : open) {
    const bool known = std::any_of(allowed.begin(), allowed.end(),
                                   [&](const Access& one) { return (one.*part).count(sentence) > 0; });
    if (!known) *out += "  " + head + sentence + "\n";
  }
}

}  // namespace

Access AccessByWords(const Objects& objects) {
  const Mesh mesh = MeshOf(objects);
  Access out;
  out.calls = Calls(mesh, [&](const MeshAccount& caller, const MeshService& service, const MeshPod& pod) {
    return MayCall(mesh, caller, service, pod);
  });
  out.names = NamesByWords(mesh);
  const Objects workspaces = Of(objects, "Workspace");
  for (const Json::Value& ns : Of(objects, "Namespace")) {
    const Json::Value* workspace = WorkspaceOf(workspaces, ns);
    if (workspace != nullptr) AddRoles(*workspace, NameOf(ns), &out.rights);
    if (workspace != nullptr && !(*workspace)["spec"]["roles"].empty()) continue;
    for (const char* kind : kKinds) out.unjudged.insert(kind + (" in " + NameOf(ns)));
  }
  return out;
}

Access AccessByObjects(const Objects& objects) {
  const Mesh mesh = MeshOf(objects);
  const IstioAccess istio(Of(objects, "AuthorizationPolicy"));
  Access out;
  out.calls = Calls(mesh, [&](const MeshAccount& caller, const MeshService& service, const MeshPod& pod) {
    return istio.MayCall(mesh, caller, service, pod);
  });
  out.names = NamesByObjects(objects);
  out.rights = RightsByObjects(objects);
  const std::set<std::string> judged = Judged(objects);
  out.loose = LooseOf(out.rights, judged);
  for (const Json::Value& ns : Of(objects, "Namespace")) {
    for (const char* kind : kKinds) {
      const std::string what = kind + (" in " + NameOf(ns));
      if (judged.count(what) == 0) out.unjudged.insert(what);
    }
  }
  return out;
}

std::string Beyond(const Access& access, const std::vector<Access>& allowed) {
  std::string out;
  AddBeyond(access.calls, allowed, &Access::calls, "", &out);
  AddBeyond(access.names, allowed, &Access::names, "", &out);
  AddBeyond(access.rights, allowed, &Access::rights, "", &out);
  AddBeyond(access.unjudged, allowed, &Access::unjudged, "nobody's roles judge ", &out);
  AddBeyond(access.loose, allowed, &Access::loose, "nothing judges how ", &out);
  return out;
}

}  // namespace fairlead::testing
