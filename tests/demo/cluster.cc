#include "tests/demo/cluster.h"

#include "crds/base/yaml.h"
#include "operator/kube/cpprest_transport.h"
#include "tests/support/process.h"

namespace fairlead::demo {
namespace {

// The resource of a manifest; nullopt: none of the demo's.
std::optional<kube::Resource> ResourceOf(const Json::Value& object) {
  const std::string api_version = object["apiVersion"].asString();
  const std::string kind = object["kind"].asString();
  if (kind == "CustomResourceDefinition")
    return kube::Resource{"apiextensions.k8s.io", "v1", "customresourcedefinitions"};
  if (kind == "Secret") return kube::Resource{"", "v1", "secrets"};
  const size_t slash = api_version.find('/');
  const std::string group = slash == std::string::npos ? "" : api_version.substr(0, slash);
  const KindInfo* info = FindKind(group, kind);
  if (info == nullptr) return std::nullopt;
  return kube::ResourceOf(info->kind);
}

Result<Json::Value> ParseJson(const std::string& text) {
  Result<JsonDocument> doc = JsonDocument::Parse(text, 8u << 20);
  if (!doc) return Unexpected(doc.error());
  return ToJsonValue(doc->root());
}

std::string Text(ConditionStatus status) {
  return status == ConditionStatus::kTrue ? "True" : status == ConditionStatus::kFalse ? "False" : "Unknown";
}

}  // namespace

Result<std::unique_ptr<Cluster>> Cluster::Connect(const std::string& kubeconfig_file, std::string samples_dir,
                                                  const Patience* patience) {
  kube::ConfigSources sources;
  sources.kubeconfig = kubeconfig_file;
  Result<kube::ClusterConfig> config = kube::LoadConfig(sources);
  if (!config) return Unexpected(config.error());
  Result<std::unique_ptr<kube::HttpTransport>> transport = kube::MakeTransport(*config);
  if (!transport) return Unexpected(transport.error());
  return std::unique_ptr<Cluster>(new Cluster(std::move(*transport), std::move(samples_dir), patience));
}

Result<kube::Written> Cluster::Apply(const std::string& json) {
  Result<Json::Value> object = ParseJson(json);
  if (!object) return Unexpected(object.error());
  const std::optional<kube::Resource> resource = ResourceOf(*object);
  if (!resource) return kube::Written{};
  const Json::Value& meta = (*object)["metadata"];
  return client_.Apply({*resource, meta["namespace"].asString(), meta["name"].asString()}, json,
                       {.manager = kUser});
}

Result<kube::Written> Cluster::ApplyFile(const std::string& file, const Edit& edit) {
  const std::string path = file.starts_with("/") ? file : samples_ + "/" + file;
  Result<std::vector<YamlDocument>> documents = ParseYaml(testing::ReadFile(path));
  if (!documents) return Unexpected(Error{ErrorClass::kInvalid, path + ": " + documents.error().message});
  if (documents->empty()) return Unexpected(Error{ErrorClass::kNotFound, path + " is not there, or empty"});
  kube::Written last;
  for (const YamlDocument& document : *documents) {
    std::string json = document.json;
    if (edit) {
      Result<Json::Value> object = ParseJson(json);
      if (!object) return Unexpected(object.error());
      edit(&*object);
      json = WriteJson(*object);
    }
    Result<kube::Written> written = Apply(json);
    if (!written)
      return Unexpected(Error{written.error().error_class, path + ": " + written.error().message});
    last = std::move(*written);
  }
  return last;
}

Result<Json::Value> Cluster::Read(Kind kind, const std::string& ns, const std::string& name) {
  Result<std::string> body = client_.GetJson({kube::ResourceOf(kind), ns, name});
  if (!body) return Unexpected(body.error());
  return ParseJson(*body);
}

Result<void> Cluster::Delete(Kind kind, const std::string& ns, const std::string& name) {
  Result<Json::Value> object = Read(kind, ns, name);
  if (!object) return Unexpected(object.error());
  return client_.Delete({kube::ResourceOf(kind), ns, name}, {.uid = (*object)["metadata"]["uid"].asString()});
}

std::optional<api::PolicyStatus> Cluster::StatusOf(const std::string& ns, const std::string& name) {
  Result<Json::Value> policy = Read(Kind::kRetryTimeoutPolicy, ns, name);
  if (!policy || !policy->isMember("status")) return std::nullopt;
  Result<JsonDocument> status = JsonDocument::Parse(WriteJson((*policy)["status"]));
  if (!status) return std::nullopt;
  api::PolicyStatus out = api::ParsePolicyStatus(status->root());
  if (out.observed_generation != (*policy)["metadata"]["generation"].asInt64()) return std::nullopt;
  return out;
}

Result<void> Cluster::AwaitProgrammed(const std::string& ns, const std::string& name,
                                      const std::string& reason) {
  const Result<void> done =
      patience_->Await("RetryTimeoutPolicy " + ns + "/" + name + " to be " + reason, [&] {
        const std::optional<api::PolicyStatus> status = StatusOf(ns, name);
        const Condition* programmed = status ? FindCondition(*status, "Programmed") : nullptr;
        return programmed != nullptr && programmed->reason == reason &&
               programmed->observed_generation == status->observed_generation;
      });
  if (done) return {};
  return Unexpected(Error{done.error().error_class,
                          done.error().message + "; its status: " + Describe(StatusOf(ns, name))});
}

std::string Describe(const std::optional<api::PolicyStatus>& status) {
  if (!status) return "none for this generation";
  std::string out;
  for (const Condition& c : status->conditions) {
    out += (out.empty() ? "" : "; ") + c.type + "=" + Text(c.status) + " (" + c.reason + "): " + c.message;
  }
  return out;
}

const Condition* FindCondition(const api::PolicyStatus& status, const std::string& type) {
  for (const Condition& condition : status.conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

}  // namespace fairlead::demo
