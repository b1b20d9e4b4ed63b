#include "operator/app/owned_writer.h"

#include <algorithm>

#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::app {
namespace {

kube::ObjectName NameOf(const kube::Resource& resource, const Json::Value& object) {
  const Json::Value& meta = object["metadata"];
  return {resource, meta["namespace"].asString(), meta["name"].asString()};
}

Result<Json::Value> Parse(const Result<kube::Written>& written) {
  if (!written) return Unexpected(written.error());
  const Result<JsonDocument> now = JsonDocument::Parse(written->body);
  if (!now) return Unexpected(now.error());
  Json::Value object = ToJsonValue(now->root());
  object["metadata"].removeMember("managedFields");
  return object;
}

}  // namespace

reconcilers::OwnedObject Owned(const Json::Value& live) {
  const Json::Value& meta = live["metadata"];
  reconcilers::OwnedObject out{live["apiVersion"].asString(), live["kind"].asString(),
                               meta["namespace"].asString(), meta["name"].asString(), live};
  out.object.removeMember("status");
  out.object["metadata"] = Json::objectValue;
  for (const char* member : {"name", "namespace", "labels", "annotations"}) {
    if (meta.isMember(member)) out.object["metadata"][member] = meta[member];
  }
  return out;
}

bool OwnedWriter::HasApplied(const Json::Value& object) const {
  const Json::Value& managers = object["metadata"]["managedFields"];
  return std::any_of(managers.begin(), managers.end(),
                     [&](const auto& m) { return m["manager"] == manager_; });
}

std::string VersionOf(const Json::Value& object) { return object["metadata"]["resourceVersion"].asString(); }

Result<Json::Value> OwnedWriter::Write(const kube::Resource& resource, const reconcilers::PlannedWrite& write,
                                       const std::string& version) {
  const bool create = write.verb == reconcilers::PlannedWrite::Verb::kCreate;
  const kube::ObjectName name = NameOf(resource, write.object);
  Result<Json::Value> now = Parse(client_->Apply(
      name, WriteJson(write.object), {.manager = manager_, .force = !create, .resource_version = version}));
  if (!now || foreign_ == Foreign::kLeft || reconcilers::IsCurrent(*now, write.object)) return now;
  return Replace(name, write.object, *now);
}

// The labels and annotations of others stay.
Result<Json::Value> OwnedWriter::Replace(const kube::ObjectName& name, Json::Value desired,
                                         const Json::Value& live) {
  Json::Value meta = live["metadata"];
  for (const char* map : {"labels", "annotations"}) {
    for (const std::string& member : desired["metadata"][map].getMemberNames()) {
      meta[map][member] = desired["metadata"][map][member];
    }
  }
  desired["metadata"] = std::move(meta);
  return Parse(client_->Update(name, WriteJson(desired), manager_));
}

Result<void> OwnedWriter::Delete(const kube::Resource& resource, const Json::Value& object) {
  const Result<void> deleted =
      client_->Delete(NameOf(resource, object),
                      {.uid = object["metadata"]["uid"].asString(), .resource_version = VersionOf(object)});
  if (!deleted && deleted.error().error_class != ErrorClass::kNotFound) return deleted;
  return {};
}

}  // namespace fairlead::app
