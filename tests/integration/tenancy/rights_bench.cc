#include "tests/integration/tenancy/rights_bench.h"

#include <algorithm>

#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "reconcilers/native/rights_objects.h"
#include "reconcilers/rights/change.h"
#include "tests/support/crds/cases.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using reconcilers::OwnedObject;
using reconcilers::PolicyChange;

constexpr char kDefinitions[] = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const std::set<std::string> kNamespaces = {"shop", "shop-api"};

std::string Json(const std::string& yaml) {
  const Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  return documents && documents->size() == 1 ? documents->front().json : "";
}

std::string Collection(Kind kind, const std::string& ns) {
  const KindInfo& info = InfoOf(kind);
  return "/apis/fairlead.dev/v1alpha1" + (ns.empty() ? "/" : "/namespaces/" + ns + "/") +
         std::string(info.plural);
}

std::string PathOf(const OwnedObject& object) {
  std::string plural = object.kind;
  std::transform(plural.begin(), plural.end(), plural.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  plural += "s";
  if (plural.ends_with("policys")) plural.replace(plural.size() - 2, 2, "ies");
  return "/apis/" + object.api_version + (object.ns.empty() ? "/" : "/namespaces/" + object.ns + "/") +
         plural;
}

AnyObject Parse(Kind kind, const std::string& json) {
  const Result<JsonDocument> document = JsonDocument::Parse(json);
  return ParseObject(kind, document->root()).object;
}

std::optional<Labels> LabelsOf(const ObjectKey& key) {
  if (key.name == "ratings") return Labels{{"tier", "web"}};
  if (key.name == "ledger") return Labels{{"tier", "data"}};
  return std::nullopt;
}

Result<void> Expect(const HttpReply& reply) {
  if (reply.ok()) return {};
  return Unexpected(Error{ErrorClass::kFatal, std::to_string(reply.status) + " " + reply.body});
}

// Everybody may write policies in the namespace, by RBAC.
std::string Everybody() {
  return R"({"metadata":{"name":"everybody"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole",)"
         R"("name":"everybody"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group",)"
         R"("name":"system:authenticated"}]})";
}

}  // namespace

Result<std::unique_ptr<RightsBench>> RightsBench::Start() {
  auto out = std::make_unique<RightsBench>();
  auto cluster = RealCluster::Start();
  if (!cluster) return Unexpected(cluster.error());
  out->cluster_ = std::move(*cluster);
  const auto post = [&](const std::string& path, const std::string& body) {
    return Expect(out->cluster_->Call("POST", path, body));
  };
  for (const std::string& manifest : CrdManifests()) {
    if (auto made = post(kDefinitions, Json(manifest)); !made) return Unexpected(made.error());
  }
  for (const char* ns : {"shop", "shop-api", "books", "big", "left"}) {
    const std::string body = std::string(R"({"metadata":{"name":")") + ns + R"("}})";
    if (auto made = post("/api/v1/namespaces", body); !made) return Unexpected(made.error());
  }
  const auto served = [&](Kind kind) {
    return Eventually([&] {
      return out->cluster_->Call("GET", Collection(kind, InfoOf(kind).namespaced ? "shop" : "")).ok();
    });
  };
  for (Kind kind :
       {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspaceSettings, Kind::kWorkspace}) {
    if (!served(kind)) return Unexpected(Error{ErrorClass::kFatal, "a CRD is not served"});
  }
  const std::string rbac = "/apis/rbac.authorization.k8s.io/v1/";
  auto made =
      post(rbac + "clusterroles",
           R"({"metadata":{"name":"everybody"},"rules":[{"apiGroups":["fairlead.dev"],"resources":["*"],)"
           R"("verbs":["*"]}]})");
  for (const std::string& ns : kNamespaces) {
    if (made) made = post(rbac + "namespaces/" + ns + "/rolebindings", Everybody());
  }
  for (const OwnedObject& object : reconcilers::RightsPolicies(reconcilers::AdministratorGroups())) {
    if (made) made = post(PathOf(object), WriteJson(object.object));
  }
  if (!made) return Unexpected(made.error());
  auto workspace = out->Add(kRightsWorkspace, kNamespaces);
  if (!workspace) return Unexpected(workspace.error());
  out->workspace_ = *workspace;
  // The API server reads its policies a moment later.
  for (Kind kind : {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspaceSettings}) {
    RightsCase probe{"probe", "nobody", kind, "", "{targetRefs: [{kind: Service, name: x}], retries: {}}"};
    if (kind == Kind::kFailoverPolicy) probe.after = "{targetRefs: [{kind: Service, name: x}]}";
    if (kind == Kind::kWorkspaceSettings) probe.after = "{importFrom: [{workspaces: [a]}]}";
    for (const std::string& ns : kNamespaces) {
      probe.ns = ns;
      std::string last;
      const bool refused = Eventually([&] {
        last = out->Try(probe).reply.body;
        return last.find("does not let") != std::string::npos;
      });
      if (!refused) return Unexpected(Error{ErrorClass::kFatal, "the policies do not refuse: " + last});
    }
  }
  return out;
}

Result<Ptr<api::Workspace>> RightsBench::Add(const std::string& yaml,
                                             const std::set<std::string>& namespaces) {
  const std::string json = Json(yaml);
  const AnyObject object = Parse(Kind::kWorkspace, json);
  if (IsInvalid(object)) return Unexpected(Error{ErrorClass::kInvalid, yaml});
  const auto workspace = std::get<Ptr<api::Workspace>>(object);
  auto made = Expect(cluster_->Call("POST", Collection(Kind::kWorkspace, ""), json));
  for (const OwnedObject& owned : reconcilers::LowerRights(*workspace, namespaces)) {
    if (made) made = Expect(cluster_->Call("POST", PathOf(owned), WriteJson(owned.object)));
  }
  if (!made) return Unexpected(made.error());
  return workspace;
}

HttpReply RightsBench::Delete(const Json::Value& object) {
  const Json::Value& meta = object["metadata"];
  const OwnedObject owned{object["apiVersion"].asString(),
                          object["kind"].asString(),
                          meta["namespace"].asString(),
                          meta["name"].asString(),
                          {}};
  return cluster_->Call("DELETE", PathOf(owned) + "/" + owned.name);
}

HttpReply RightsBench::CallAs(const RightsCaller& caller, const std::string& method, const std::string& path,
                              const std::string& body) {
  const std::string group = caller.groups.empty() ? "" : caller.groups.front();
  return cluster_->CallAs(cluster_->IssueClient(caller.user, group), method, path, body);
}

RightsBench::Outcome RightsBench::Try(const RightsCase& c) {
  const auto& callers = RightsCallers();
  const RightsCaller& caller = *std::find_if(callers.begin(), callers.end(),
                                             [&](const RightsCaller& one) { return one.name == c.caller; });
  const std::string name = "case-" + std::to_string(++names_), path = Collection(c.kind, c.ns);
  const auto object = [&](const std::string& spec, const std::string& reason) {
    return Json("apiVersion: fairlead.dev/v1alpha1\nkind: " + std::string(InfoOf(c.kind).name) +
                "\nmetadata: {name: " + name + ", namespace: " + c.ns +
                (reason.empty() ? "" : ", annotations: {fairlead.dev/break-glass: " + reason + "}") +
                "}\nspec: " + spec + "\n");
  };
  Outcome out;
  std::optional<AnyObject> before, after;
  std::string stored;
  if (!c.before.empty()) {
    const HttpReply made = cluster_->Call("POST", path, object(c.before, "test"));
    if (!made.ok()) {
      out.reply.body = "before: " + made.body;
      return out;
    }
    stored = made.body;
    before = Parse(c.kind, stored);
  }
  if (c.after.empty()) {
    out.reply = CallAs(caller, "DELETE", path + "/" + name);
  } else if (stored.empty()) {
    out.reply = CallAs(caller, "POST", path, object(c.after, c.reason));
  } else {
    Json::Value changed = ParseJsonValue(object(c.after, c.reason));
    changed["metadata"]["resourceVersion"] = ParseJsonValue(stored)["metadata"]["resourceVersion"];
    out.reply = CallAs(caller, "PUT", path + "/" + name, WriteJson(changed));
  }
  if (!c.after.empty()) after = Parse(c.kind, object(c.after, c.reason));
  if ((before && IsInvalid(*before)) || (after && IsInvalid(*after))) {
    out.reply.status = 0;
    return out;
  }
  PolicyChange change =
      reconcilers::ChangeOf(before ? &*before : nullptr, after ? &*after : nullptr, LabelsOf);
  const reconcilers::Caller who{
      caller.user, caller.groups,
      reconcilers::IsAdministrator(caller.groups, reconcilers::AdministratorGroups())};
  out.ruling = reconcilers::Judge(*workspace_, who, change);
  std::erase_if(change.targets, [](const reconcilers::RightsTarget& target) {
    return std::holds_alternative<Labels>(target.what);
  });
  out.blind = reconcilers::Judge(*workspace_, who, change);
  return out;
}

}  // namespace fairlead::testing
