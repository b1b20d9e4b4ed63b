#include "tests/integration/verdicts/verdict_bench.h"

#include "crds/base/json_write.h"
#include "crds/schema/manifests.h"
#include "tests/integration/helm/helm.h"
#include "tests/integration/webhooks/bare_crds.h"
#include "tests/support/crds/cases.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

constexpr char kDefinitions[] = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr char kRbac[] = "/apis/rbac.authorization.k8s.io/v1/";

Unexpected<Error> Failed(const std::string& what) { return Unexpected(Error{ErrorClass::kFatal, what}); }

// Whoever is known may do everything but to change Workspaces, so that what is refused is refused by us.
constexpr char kEverything[] = R"({"metadata":{"name":"everything"},"rules":[
  {"apiGroups":["","gateway.networking.k8s.io","networking.istio.io","security.istio.io"],"resources":["*"],"verbs":["*"]},
  {"apiGroups":["fairlead.dev"],"resources":["retrytimeoutpolicies","failoverpolicies","workspacesettings","dataplanes"],
   "verbs":["*"]}]})";
constexpr char kPlatform[] = R"({"metadata":{"name":"platform"},"rules":[
  {"apiGroups":["fairlead.dev"],"resources":["workspaces"],"verbs":["*"]}]})";

std::string Bind(const std::string& role, const std::string& group) {
  return R"({"metadata":{"name":")" + role +
         R"("},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":")" + role +
         R"("},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":")" + group +
         R"("}]})";
}

std::string NameOf(const VerdictCase& c) {
  const Json::Value& meta = (c.before.isNull() ? c.after : c.before)["metadata"];
  return meta["name"].asString();
}

Json::Value ServiceOf(const std::string& name, const std::string& tier) {
  Json::Value out;
  out["metadata"]["name"] = name + "-" + tier;
  out["metadata"]["labels"]["tier"] = tier;
  out["metadata"]["labels"]["for"] = name;
  out["spec"]["ports"][0]["port"] = 8080;
  out["spec"]["ports"][0]["name"] = "http";
  return out;
}

// Warning: 299 - "text"
Json::Value WarningsOf(const std::string& headers) {
  Json::Value out(Json::arrayValue);
  for (size_t at = 0; (at = headers.find("\r\nWarning: ", at)) != std::string::npos;) {
    size_t i = headers.find('"', at) + 1;
    std::string text;
    for (; i < headers.size() && headers[i] != '"'; ++i) {
      if (headers[i] == '\\') ++i;
      text += headers[i];
    }
    out.append(text);
    at = i;
  }
  return out;
}

// The stored object with what the user sends: its spec and other members, labels, annotations and the like.
std::string Changed(Json::Value stored, const Json::Value& after) {
  for (const std::string& member : after.getMemberNames()) {
    if (member != "metadata") stored[member] = after[member];
  }
  for (const char* member : {"labels", "annotations", "finalizers"}) {
    stored["metadata"].removeMember(member);
    if (after["metadata"].isMember(member)) stored["metadata"][member] = after["metadata"][member];
  }
  return WriteJson(stored);
}

}  // namespace

std::string VerdictBench::Missing() {
  if (std::string why = RealCluster::Missing(); !why.empty()) return why;
  return HelmPrograms().empty() ? "no helm: run tools/setup helm" : "";
}

VerdictBench::~VerdictBench() { egress_.Set({}); }

Result<std::unique_ptr<VerdictBench>> VerdictBench::Start(const std::vector<VerdictCase>& cases) {
  auto out = std::make_unique<VerdictBench>();
  RealClusterOptions options;
  options.apiserver_flags = {out->egress_.Flag()};
  auto cluster = RealCluster::Start(options);
  if (!cluster) return Unexpected(cluster.error());
  out->cluster_ = std::move(*cluster);
  const Result<std::vector<VerdictUser>> users = ReadVerdictUsers();
  if (!users) return Unexpected(users.error());
  for (const VerdictUser& user : *users) {
    out->users_[user.name] = user;
    out->certificates_[user.name] =
        user.impersonates.empty() ? out->cluster_->IssueClient(user.certificate_user, user.certificate_group)
                                  : out->cluster_->IssueClient("admin", "system:masters");
  }
  if (Result<void> filled = out->Fill(cases); !filled) return Unexpected(filled.error());
  if (Result<void> judged = out->Judge(); !judged) return Unexpected(judged.error());
  return out;
}

Result<void> VerdictBench::Make(const std::string& collection, const Json::Value& object) const {
  HttpReply reply;
  const bool made = Eventually([&] {  // a kind that is new is not served at once
    reply = cluster_->Call("POST", collection, WriteJson(object));
    return reply.ok() || (reply.status != 404 && reply.status != 0);
  });
  if (made && (reply.ok() || reply.status == 409)) return {};
  return Failed("POST " + collection + ": " + reply.body + WriteJson(object));
}

Result<void> VerdictBench::Fill(const std::vector<VerdictCase>& cases) {
  for (const char* file : {"gateway-standard.yaml", "istio.yaml"}) {
    if (Result<void> applied = cluster_->ApplyCrds(CrdFile(file)); !applied) return applied;
  }
  for (const std::string& manifest : CrdManifests()) {
    const HttpReply reply = cluster_->Call("POST", kDefinitions, WithoutSchema(manifest));
    if (!reply.ok()) return Failed(reply.body);
  }
  const std::string rbac = kRbac;
  const std::pair<std::string, std::string> grants[] = {
      {"clusterroles", kEverything},
      {"clusterroles", kPlatform},
      {"clusterrolebindings", Bind("everything", "system:authenticated")},
      {"clusterrolebindings", Bind("platform", "platform-team")}};
  for (const auto& [collection, body] : grants) {
    if (Result<void> made = Make(rbac + collection, ParseJsonValue(body)); !made) return made;
  }
  const auto world = ReadVerdictWorld();
  if (!world) return Unexpected(world.error());
  for (const auto& [collection, object] : *world) {
    if (Result<void> made = Make(collection, object); !made) return made;
  }
  for (const VerdictCase& c : cases) {
    for (const std::string& tier : c.services) {
      if (Result<void> made = Make("/api/v1/namespaces/shop/services", ServiceOf(c.name, tier)); !made)
        return made;
    }
    if (c.before.isNull()) continue;
    if (Result<void> made = Make(c.collection, c.before); !made) return made;
  }
  return {};
}

Result<void> VerdictBench::Judge() {
  Helm helm(HelmPrograms().back());
  const auto objects = helm.Template("webhooks: {timeoutSeconds: 30}");
  const std::string ours = "/api/v1/namespaces/fairlead-system/";
  const std::tuple<std::string, const char*> parts[] = {
      {ours + "secrets", "Secret fairlead-webhooks"},
      {ours + "services", "Service fairlead-webhooks"},
      {"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
       "ValidatingWebhookConfiguration fairlead"}};
  for (const auto& [collection, id] : parts) {
    if (Result<void> made = Make(collection, objects.at(id)); !made) return made;
  }
  const int port = FreePort();
  const Result<void> started = operator_.Start(
      {.kubeconfig = cluster_->kubeconfig_path(),
       .flags = {"--roles=webhooks", "--webhook-secret=fairlead-webhooks",
                 "--webhook-service=fairlead-webhooks", "--webhook-configuration=fairlead",
                 "--webhook-bind-address=127.0.0.1:" + std::to_string(port), "--webhook-drain=0s"}});
  if (!started) return started;
  egress_.Set({port});
  // It has read the cluster, and the API server knows its certificate.
  Json::Value probe;
  probe["apiVersion"] = "fairlead.dev/v1alpha1";
  probe["kind"] = "RetryTimeoutPolicy";
  probe["metadata"]["name"] = "probe";
  HttpReply reply;
  const bool judging = Eventually([&] {
    if (!operator_.Ready()) return false;
    reply =
        cluster_->Call("POST", "/apis/fairlead.dev/v1alpha1/namespaces/shop/retrytimeoutpolicies?dryRun=All",
                       WriteJson(probe));
    return reply.status == 422;
  });
  return judging ? Result<void>() : Failed("the webhooks do not judge: " + reply.body + operator_.Log());
}

HttpReply VerdictBench::Call(const VerdictUser& user, const std::string& method, const std::string& path,
                             const std::string& body) const {
  return cluster_->CallAs(certificates_.at(user.name), method, path, body, user.impersonates);
}

Json::Value VerdictBench::Ask(const VerdictCase& c, bool dry_run) {
  const auto user = users_.find(c.as);
  if (user == users_.end()) return "there is no user " + c.as;
  const std::string query = dry_run ? "?dryRun=All" : "", path = c.collection + "/" + NameOf(c);
  HttpReply reply;
  if (c.before.isNull()) {
    reply = Call(user->second, "POST", c.collection + query, WriteJson(c.after));
  } else if (c.after.isNull()) {
    reply = Call(user->second, "DELETE", path + query, "");
  } else {
    const Json::Value stored = ParseJsonValue(cluster_->Call("GET", path).body);
    reply = Call(user->second, "PUT", path + query, Changed(stored, c.after));
  }
  Json::Value out;
  out["code"] = reply.status;
  if (!reply.ok()) {
    const Json::Value status = ParseJsonValue(reply.body);
    out["reason"] = status["reason"];
    out["message"] = status["message"];
  }
  if (Json::Value warnings = WarningsOf(reply.headers); !warnings.empty())
    out["warnings"] = std::move(warnings);
  return out;
}

Json::Value VerdictBench::Stored(const VerdictCase& c) const {
  const HttpReply reply = cluster_->Call("GET", c.collection + "/" + NameOf(c));
  return reply.ok() ? ParseJsonValue(reply.body)["spec"] : Json::Value();
}

}  // namespace fairlead::testing
