#include "operator/clusters/copy_store.h"

#include <utility>

#include "crds/base/base64.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "operator/clusters/gzip.h"

namespace fairlead::clusters {
namespace {

constexpr std::chrono::seconds kCall{5};
constexpr char kManager[] = "fairlead/clusters";
constexpr char kHeard[] = "fairlead.dev/heard";
constexpr char kData[] = "known.json.gz";
constexpr size_t kMaxListed = 64u << 20;  // where a server sends whole objects in place of their metadata

kube::Resource ConfigMaps() { return {"", "v1", "configmaps"}; }

// As JSON; the data is base64 already, and is not walked through once more.
std::string ConfigMapJson(const kube::ObjectName& name, const std::string& cluster, const CopyOwner& owner,
                          Timestamp heard, const std::string& bytes, const std::string& version) {
  Json::Value meta;
  meta["name"] = name.name;
  meta["namespace"] = name.ns;
  meta["labels"]["app.kubernetes.io/managed-by"] = "fairlead";
  meta["labels"][kCopyLabel] = cluster;
  meta["annotations"][kHeard] = heard.ToString();
  if (!version.empty()) meta["resourceVersion"] = version;
  if (!owner.uid.empty()) {
    Json::Value& reference = meta["ownerReferences"].append(Json::objectValue);
    reference["apiVersion"] = "v1";
    reference["kind"] = "Secret";
    reference["name"] = owner.secret;
    reference["uid"] = owner.uid;
  }
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":)" + WriteJson(meta) + R"(,"binaryData":{")" +
         kData + R"(":")" + EncodeBase64(bytes) + R"("}})";
}

}  // namespace

runtime::Counter CopyCounter(runtime::Metrics* metrics, const std::string& result) {
  return metrics->AddCounter("fairlead_cluster_copies_total",
                             "What became of copies of what was last known of another cluster.",
                             {{"result", result}});
}

CopyStore::CopyStore(kube::HttpTransport* transport, kube::WriteGate* gate, std::string ns)
    : client_(transport, gate, kCall), ns_(std::move(ns)) {}

kube::ObjectName CopyStore::NameOf(const std::string& ns, const std::string& cluster) {
  return {ConfigMaps(), ns, "fairlead-last-known-of-" + cluster};
}

Result<std::map<std::string, CopyEntry>> CopyStore::List() {
  const Result<std::string> body = client_.GetMetadataList(
      kube::WithQuery(kube::CollectionPath(ConfigMaps(), ns_), {{"labelSelector", kCopyLabel}}));
  if (!body) return Unexpected(body.error());
  const Result<JsonDocument> list = JsonDocument::Parse(*body, kMaxListed);
  if (!list) return Unexpected(list.error());
  std::map<std::string, CopyEntry> out;
  const auto items = list->root().Find("items");
  if (!items) return out;
  for (const JsonNode item : items->Items()) {
    const auto meta = item.Find("metadata");
    const auto label = item.FindPath({"metadata", "labels", kCopyLabel});
    if (!meta || !label) continue;
    const std::string cluster(label->AsString());
    if (meta->StringAt("name") != NameOf(ns_, cluster).name) continue;  // somebody has copied it
    CopyEntry entry{std::string(meta->StringAt("uid")), std::string(meta->StringAt("resourceVersion")), {}};
    if (const auto heard = item.FindPath({"metadata", "annotations", kHeard}))
      Timestamp::Parse(heard->AsString(), &entry.heard);
    out.emplace(cluster, std::move(entry));
  }
  return out;
}

Result<std::optional<std::string>> CopyStore::Read(const std::string& cluster) {
  const Result<std::string> body = client_.GetJson(NameOf(ns_, cluster));
  if (!body && body.error().error_class == ErrorClass::kNotFound) return std::optional<std::string>();
  if (!body) return Unexpected(body.error());
  const Result<JsonDocument> object = JsonDocument::Parse(*body);
  if (!object) return Unexpected(object.error());
  const auto label = object->root().FindPath({"metadata", "labels", kCopyLabel});
  if (!label || label->AsString() != cluster) return Refused(std::string("has not the label ") + kCopyLabel);
  const auto data = object->root().FindPath({"binaryData", kData});
  if (!data) return Refused(std::string("has no binaryData.") + kData);
  std::optional<std::string> bytes = DecodeBase64(data->AsString());
  if (!bytes) return Refused(std::string("binaryData.") + kData + " is not base64");
  return bytes;
}

Result<CopyEntry> CopyStore::Write(const std::string& cluster, const CopyOwner& owner, Timestamp heard,
                                   const std::string& bytes, const std::optional<CopyEntry>& there) {
  const kube::ObjectName name = NameOf(ns_, cluster);
  const std::string json =
      ConfigMapJson(name, cluster, owner, heard, bytes, there ? there->resource_version : "");
  const Result<kube::Written> written =
      there ? client_.Update(name, json, kManager) : client_.Create(name, json, kManager);
  if (!written) return Unexpected(written.error());
  return CopyEntry{written->uid, written->resource_version, heard};
}

Result<void> CopyStore::Delete(const std::string& cluster, const CopyEntry& there) {
  return client_.Delete(NameOf(ns_, cluster), {.uid = there.uid});
}

}  // namespace fairlead::clusters
