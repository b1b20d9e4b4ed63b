#include "tests/integration/helm/helm_cluster.h"

#include <utility>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

constexpr char kAuditPolicy[] = R"(apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, userGroups: ["system:serviceaccounts:fairlead-system"]}
- {level: None}
)";
constexpr char kDiscovery[] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

// What controllers write and expire by themselves.
const std::set<std::string> kComeAndGo = {"/events", "events.k8s.io/events", "coordination.k8s.io/leases",
                                          "/componentstatuses"};

RealClusterOptions Options(const std::string& audit_policy, const std::string& audit_log) {
  RealClusterOptions options;
  options.controller_manager = options.scheduler = options.kwok = true;
  options.apiserver_flags = {"--audit-policy-file=" + audit_policy, "--audit-log-path=" + audit_log};
  return options;
}

Json::Value ReadObject(const std::string& text) {
  const Result<JsonDocument> document = JsonDocument::Parse(text, 64u << 20);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

struct Listed {
  std::string group, version, resource, kind;
  bool namespaced = false, listable = false;
  std::string Base() const { return group.empty() ? "/api/v1" : "/apis/" + group + "/" + version; }
  std::string ApiVersion() const { return group.empty() ? version : group + "/" + version; }
};

// Of each group the versions that are served, the preferred one first.
std::vector<Listed> Discover(const RealCluster& cluster) {
  std::vector<Listed> out;
  for (const char* path : {"/api", "/apis"}) {
    const HttpReply reply = HttpCall({.port = cluster.port(),
                                      .ca_pem = cluster.ca_pem(),
                                      .path = path,
                                      .token = "admin",
                                      .accept = kDiscovery});
    EXPECT_TRUE(reply.ok()) << reply.body;
    const Json::Value found = ReadObject(reply.body);
    for (const Json::Value& group : found["items"]) {
      for (const Json::Value& version : group["versions"]) {
        for (const Json::Value& resource : version["resources"]) {
          Listed entry{group["metadata"]["name"].asString(), version["version"].asString(),
                       resource["resource"].asString(), resource["responseKind"]["kind"].asString(),
                       resource["scope"] == "Namespaced"};
          for (const Json::Value& verb : resource["verbs"]) entry.listable |= verb == "list";
          out.push_back(std::move(entry));
        }
      }
    }
  }
  return out;
}

}  // namespace

std::string HelmCluster::Missing() {
  if (HelmPrograms().size() < 2) return "no helm 3 and 4: run tools/setup helm";
  return RealCluster::Missing(Options("", ""));
}

std::unique_ptr<HelmCluster> HelmCluster::Start() {
  std::unique_ptr<HelmCluster> cluster(new HelmCluster);
  WriteFile(cluster->dir_ / "audit.yaml", kAuditPolicy);
  RealClusterOptions options = Options(cluster->dir_ / "audit.yaml", cluster->audit_file());
  options.apiserver_flags.push_back(cluster->egress_.Flag());
  auto started = RealCluster::Start(options);
  EXPECT_TRUE(started) << started.error().message;
  if (!started) return nullptr;
  cluster->real_ = std::move(*started);
  const auto ready = [](const Result<void>& result) {
    EXPECT_TRUE(result) << result.error().message;
    return result.has_value();
  };
  if (!ready(cluster->real_->AddNode("node-a", "zone-1")) ||
      !ready(cluster->real_->AddNode("node-b", "zone-2")) ||
      !ready(cluster->real_->ApplyCrds(CrdFile("gateway-standard.yaml"))) ||
      !ready(cluster->real_->ApplyCrds(CrdFile("istio.yaml")))) {
    return nullptr;
  }
  return cluster;
}

Json::Value HelmCluster::Get(const std::string& path) {
  // A definition that is new or has changed is not served for a moment.
  constexpr int kTooMany = 429;
  HttpReply reply;
  Eventually([&] { return (reply = real_->Call("GET", path)).status != kTooMany; });
  if (reply.status == 404) return {};
  EXPECT_TRUE(reply.ok()) << path << ": " << reply.body;
  return ReadObject(reply.body);
}

std::string HelmCluster::CollectionOf(const Json::Value& object) {
  for (const Listed& entry : Discover(*real_)) {
    if (entry.ApiVersion() != object["apiVersion"].asString() || entry.kind != object["kind"].asString())
      continue;
    const std::string ns =
        entry.namespaced ? "/namespaces/" + object["metadata"]["namespace"].asString() : "";
    return entry.Base() + ns + "/" + entry.resource;
  }
  return "";
}

std::string HelmCluster::Apply(const Json::Value& object, const std::string& query) {
  const std::string collection = CollectionOf(object);
  if (collection.empty()) return IdOf(object) + ": the cluster does not serve its kind";
  const HttpReply reply = real_->Call("PATCH",
                                      collection + "/" + object["metadata"]["name"].asString() +
                                          "?fieldManager=tests&force=true&fieldValidation=Strict" + query,
                                      WriteJson(object), "application/apply-patch+yaml");
  return reply.ok() ? "" : IdOf(object) + ": " + reply.body;
}

std::string HelmCluster::Apply(const std::string& yaml, const std::string& query) {
  std::string problems;
  for (const Json::Value& object : ReadYaml(yaml)) problems += Apply(object, query);
  return problems;
}

void HelmCluster::Delete(const std::string& path) {
  const HttpReply reply = real_->Call("DELETE", path);
  EXPECT_TRUE(reply.ok()) << path << ": " << reply.body;
}

void HelmCluster::MakeNamespace(const std::string& name) {
  EXPECT_EQ(Apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name +
                  ", labels: {pod-security.kubernetes.io/enforce: restricted}}\n"),
            "");
  const std::string path = "/api/v1/namespaces/" + name;
  EXPECT_TRUE(Eventually([&] {
    return !Get(path + "/serviceaccounts/default").isNull() &&
           !Get(path + "/configmaps/kube-root-ca.crt").isNull();
  })) << "the controllers give the namespace nothing";
}

std::set<std::string> HelmCluster::Inventory() {
  std::set<std::string> out, seen;
  for (const Listed& entry : Discover(*real_)) {
    const std::string name = entry.group + "/" + entry.resource;
    if (!entry.listable || kComeAndGo.contains(name) || !seen.insert(name).second) continue;
    const Json::Value list = Get(entry.Base() + "/" + entry.resource);
    for (const Json::Value& object : list["items"]) {
      const Json::Value& meta = object["metadata"];
      out.insert(name + " " + meta["namespace"].asString() + "/" + meta["name"].asString());
    }
  }
  return out;
}

HelmCluster* SharedHelmCluster() {
  static std::unique_ptr<HelmCluster> cluster;
  static bool tried = false;
  if (!std::exchange(tried, true)) cluster = HelmCluster::Start();
  return cluster.get();
}

bool IsRolledOut(const Json::Value& deployment) {
  const Json::Value& status = deployment["status"];
  const int wanted = deployment["spec"]["replicas"].asInt();
  return status["observedGeneration"] == deployment["metadata"]["generation"] &&
         status["updatedReplicas"].asInt() == wanted && status["replicas"].asInt() == wanted &&
         status["availableReplicas"].asInt() == wanted;
}

}  // namespace fairlead::testing
