#include "operator/runtime/applier.h"

#include "crds/base/json_write.h"
#include "operator/runtime/json_merge.h"

namespace fairlead::runtime {
namespace {

std::string VersionOf(const Json::Value& object) { return object["metadata"]["resourceVersion"].asString(); }

Result<Json::Value> ParseLive(const std::string& live) {
  if (live.empty()) return Json::Value();
  Result<JsonDocument> doc = JsonDocument::Parse(live, 8u << 20);
  if (!doc) return Unexpected(doc.error());
  if (!doc->root().IsObject())
    return Unexpected(Error{ErrorClass::kInvalid, "the live object is not an object"});
  return ToJsonValue(doc->root());
}

}  // namespace

bool Applier::IsSettled(const kube::ObjectName& name, const std::string& hash,
                        const std::string& resource_version) {
  std::lock_guard lock(mutex_);
  const auto it = settled_.find(name);
  return it != settled_.end() && it->second.hash == hash && it->second.resource_version == resource_version;
}

void Applier::Remember(const kube::ObjectName& name, const std::string& hash, const Json::Value& desired,
                       const kube::Written& written) {
  const Result<Json::Value> now = ParseLive(written.body);
  std::lock_guard lock(mutex_);
  if (now && Covers(*now, desired)) {
    settled_.erase(name);
  } else {
    settled_[name] = {hash, written.resource_version};
  }
}

Result<WriteResult> Applier::Apply(const kube::ObjectName& name, Json::Value desired,
                                   const std::string& live_json) {
  Result<Json::Value> live = ParseLive(live_json);
  if (!live) return Unexpected(live.error());
  const std::string hash = HashOf(WriteJson(desired));
  desired["metadata"]["annotations"][kAppliedHash] = hash;
  const bool there = live->isObject();
  const std::string version = there ? VersionOf(*live) : "";
  if (there && (Covers(*live, desired) || IsSettled(name, hash, version))) return WriteResult::kUnchanged;
  Result<kube::Written> written =
      client_->Apply(name, WriteJson(desired), {.manager = manager_, .resource_version = version});
  if (!written) return Unexpected(written.error());
  Remember(name, hash, desired, *written);
  return WriteResult::kWritten;
}

Result<WriteResult> Applier::ReadAndApply(const kube::ObjectName& name, Json::Value desired) {
  Result<std::string> live = client_->GetJson(name);
  if (!live && live.error().error_class != ErrorClass::kNotFound) return Unexpected(live.error());
  return Apply(name, std::move(desired), live ? *live : "");
}

Result<WriteResult> StatusWriter::Write(const kube::ObjectName& name, const std::string& resource_version,
                                        const Json::Value& live, Json::Value desired) {
  CarryTransitionTimes(live, clock_->WallNow().ToString(), &desired);
  Json::Value changed = MergePatchOf(live, desired);
  if (changed.empty()) return WriteResult::kUnchanged;
  Json::Value patch;
  patch["status"] = std::move(changed);
  Result<kube::Written> written =
      client_->MergePatch(name, WriteJson(patch), resource_version, manager_, "status");
  if (!written) return Unexpected(written.error());
  return WriteResult::kWritten;
}

void SetOwner(const OwnerReference& owner, Json::Value* object) {
  Json::Value reference;
  reference["apiVersion"] = owner.api_version;
  reference["kind"] = owner.kind;
  reference["name"] = owner.name;
  reference["uid"] = owner.uid;
  reference["controller"] = true;
  reference["blockOwnerDeletion"] = true;
  Json::Value& meta = (*object)["metadata"];
  meta["ownerReferences"] = Json::Value(Json::arrayValue);
  meta["ownerReferences"].append(std::move(reference));
  meta["labels"]["app.kubernetes.io/managed-by"] = "fairlead";
}

}  // namespace fairlead::runtime
