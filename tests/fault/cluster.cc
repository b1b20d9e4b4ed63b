#include "tests/fault/cluster.h"

#include "crds/base/base64.h"
#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::fault {
namespace {

using apiserver::At;
using apiserver::IntAt;
using apiserver::TextAt;
using apiserver::Value;

constexpr char kPolicies[] = "fairlead.dev/retrytimeoutpolicies";
constexpr char kFailover[] = "fairlead.dev/failoverpolicies";
constexpr char kWorkspaces[] = "fairlead.dev/workspaces";
constexpr char kSettings[] = "fairlead.dev/workspacesettings";

Unexpected<Error> Refused(const std::string& what) { return Unexpected(Error{ErrorClass::kInvalid, what}); }

// A field of the condition; "" where that speaks of another generation.
std::string Condition(const Value& policy, const char* type, const char* field) {
  for (const Value& condition : At(policy, {"status", "conditions"})) {
    const bool fresh = IntAt(condition, {"observedGeneration"}) == IntAt(policy, {"metadata", "generation"});
    if (fresh && TextAt(condition, "type") == type) return TextAt(condition, field);
  }
  return "";
}

// Without since when something is so.
std::string WithoutTimes(std::string json) {
  static const std::string kMember = "\"since\":\"";
  for (size_t at = json.find(kMember); at != std::string::npos; at = json.find(kMember, at))
    json.erase(at, json.find("\",", at + kMember.size()) + 2 - at);
  return json;
}

apiserver::StoreKey KeyOf(const std::string& type, const std::string& name) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return {type, "", name};
  return {type, name.substr(0, slash), name.substr(slash + 1)};
}

// The user's own request, past the faults.
apiserver::Request RequestOf(const std::string& method, const std::string& target, const std::string& body) {
  apiserver::Request request;
  request.method = method;
  request.target = target;
  request.headers = {{"authorization", "Bearer user"}, {"content-type", "application/merge-patch+json"}};
  request.body = body;
  return request;
}

// Document by document; `then` after each.
Result<void> ApplyTo(apiserver::ApiServer* server, const std::string& yaml,
                     const std::function<Result<void>(const Value&)>& then) {
  Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  if (!documents) return Unexpected(documents.error());
  for (const YamlDocument& document : *documents) {
    const Result<Value> object = apiserver::ParseJson(document.json);
    if (!object) return Unexpected(object.error());
    const apiserver::Outcome<Value> applied = server->Apply(*object, "user");
    if (!applied) return Refused(applied.error().message);
    if (Result<void> r = then(*object); !r) return r;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Cluster>> Cluster::Start() {
  apiserver::ServerOptions options;
  for (const char* name : {"user", "a", "b"}) options.api.tokens[name] = {name, {"system:masters"}};
  Result<std::unique_ptr<apiserver::ApiServer>> server = apiserver::ApiServer::Start(std::move(options));
  if (!server) return Unexpected(server.error());
  auto cluster = std::make_unique<Cluster>();
  cluster->server_ = std::move(*server);
  Result<std::unique_ptr<apiserver::ApiServer>> west = apiserver::ApiServer::Start({});
  if (!west) return Unexpected(west.error());
  cluster->west_ = std::move(*west);
  for (const char* file : {"gateway-standard.yaml", "istio.yaml"}) {
    if (Result<void> r = cluster->server_->ApplyFiles(testing::CrdFile(file)); !r)
      return Unexpected(r.error());
  }
  for (const std::string& manifest : CrdManifests()) {
    if (Result<void> r = cluster->Apply(manifest); !r) return Unexpected(r.error());
  }
  for (const auto& [key, object] : cluster->server_->store().Everything()) cluster->definitions_.insert(key);
  return cluster;
}

void Cluster::Reset() {
  server_->faults().Clear();
  server_->faults().OnWrite(nullptr);
  apiserver::Store& store = server_->store();
  for (const auto& [key, object] : store.Everything()) {
    if (!definitions_.contains(key)) store.Remove(key);
  }
  (void)store.TakeOrphaningUids();  // nothing is left that they would have owned
  server_->audit().Clear();
  for (const auto& [key, object] : west_->store().Everything()) west_->store().Remove(key);
  west_->audit().Clear();
}

Result<void> Cluster::ApplyWest(const std::string& yaml) {
  return ApplyTo(west_.get(), yaml, [](const Value&) { return Result<void>(); });
}

size_t Cluster::WritesToWest() const { return west_->audit().Writes(kOperator).size(); }

Result<void> Cluster::Apply(const std::string& text) {
  std::string yaml = text;
  if (const size_t at = yaml.find(kWestKubeconfig); at != std::string::npos)
    yaml.replace(at, sizeof kWestKubeconfig - 1, EncodeBase64(west_->kubeconfig()));
  return ApplyTo(server_.get(), yaml, [this](const Value& object) -> Result<void> {
    // As in a cluster, a pod's status is not written with the pod.
    if (TextAt(object, "kind") != "Pod") return {};
    Value patch;
    patch["status"] = object["status"];
    const std::string path = "/api/v1/namespaces/" + TextAt(object, {"metadata", "namespace"}) + "/pods/" +
                             TextAt(object, {"metadata", "name"}) + "/status";
    const apiserver::Response response =
        server_->api().Handle(RequestOf("PATCH", path, apiserver::Print(patch)));
    if (response.code != 200) return Refused(path + ": " + response.body);
    return {};
  });
}

Result<void> Cluster::SetProgrammed(const std::string& gateway) {
  const size_t slash = gateway.find('/');
  const std::string ns = gateway.substr(0, slash), name = gateway.substr(slash + 1);
  const apiserver::ObjectPtr live = server_->store().Get({"gateway.networking.k8s.io/gateways", ns, name});
  if (live == nullptr) return Refused("Gateway " + gateway + " is not there");
  Value condition, patch;
  condition["type"] = "Programmed";
  condition["status"] = "True";
  condition["reason"] = "Programmed";
  condition["message"] = "";
  condition["lastTransitionTime"] = "2026-11-22T05:00:00Z";
  condition["observedGeneration"] = (*live)["metadata"]["generation"];
  patch["status"]["conditions"].append(condition);
  const std::string path =
      "/apis/gateway.networking.k8s.io/v1/namespaces/" + ns + "/gateways/" + name + "/status";
  const apiserver::Response response =
      server_->api().Handle(RequestOf("PATCH", path, apiserver::Print(patch)));
  if (response.code != 200) return Refused(path + ": " + response.body);
  return {};
}

Result<void> Cluster::Remove(const std::string& path) {
  const apiserver::Response response = server_->api().Handle(RequestOf("DELETE", path, ""));
  if (response.code != 200) return Refused(path + ": " + response.body);
  return {};
}

namespace {

// What is meant by a name in Step::policies, and its condition beside Accepted.
struct Named {
  apiserver::StoreKey key;
  const char* effect;
};
Named NamedBy(const std::string& name) {
  static const std::string kPrefix = "WorkspaceSettings ", kFop = "FailoverPolicy ";
  if (name.starts_with(kPrefix)) return {KeyOf(kSettings, name.substr(kPrefix.size())), "Agreed"};
  if (name.starts_with(kFop)) return {KeyOf(kFailover, name.substr(kFop.size())), "Programmed"};
  if (name.find('/') == std::string::npos) return {KeyOf(kWorkspaces, name), "Written"};
  return {KeyOf(kPolicies, name), "Programmed"};
}

}  // namespace

apiserver::ObjectPtr Cluster::Policy(const std::string& name) const {
  return server_->store().Get(NamedBy(name).key);
}

bool Cluster::HasReasons(const std::string& policy, const Reasons& reasons) const {
  const apiserver::ObjectPtr object = Policy(policy);
  if (object == nullptr || Condition(*object, "Accepted", "reason") != reasons.accepted) return false;
  if (WithoutTimes(ReasonsOf(policy)).find(reasons.shows) == std::string::npos) return false;
  const char* effect = NamedBy(policy).effect;
  return Condition(*object, effect, "reason") == reasons.programmed &&
         Condition(*object, effect, "message").find(reasons.says) != std::string::npos;
}

std::string Cluster::ReasonsOf(const std::string& policy) const {
  const apiserver::ObjectPtr object = Policy(policy);
  return object == nullptr ? "it is not there" : apiserver::Print(At(*object, {"status"}));
}

bool Cluster::Has(const std::string& object) const {
  const size_t space = object.find(' ');
  return server_->store().Get(KeyOf(object.substr(0, space), object.substr(space + 1))) != nullptr;
}

std::string Cluster::LeaseHolder() const {
  const apiserver::ObjectPtr lease = server_->store().Get({kLeases, "fairlead-system", "fairlead-operator"});
  const std::string holder = lease == nullptr ? "" : TextAt(*lease, {"spec", "holderIdentity"});
  return holder.substr(0, holder.find('@'));  // behind it stands where the other replicas find it
}

Deeds Cluster::DeedsOfOperator() {
  Deeds deeds;
  for (const apiserver::AuditRecord& r : server_->audit().Writes(kOperator)) {
    if (r.resource == "leases") continue;
    ++deeds.sent;
    if (!r.changed) continue;
    ++deeds.stored;
    if (r.resource == "events") {
      deeds.series += r.verb == "patch" ? 1 : 0;
      continue;
    }
    const std::string object = r.group + "/" + r.resource + " " + r.ns + "/" + r.name;
    if (r.code == 201) ++deeds.created[object];
    if (r.verb == "delete") ++deeds.deleted[object];
  }
  return deeds;
}

}  // namespace fairlead::fault
