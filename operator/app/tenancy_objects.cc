#include "operator/app/tenancy_objects.h"

#include <utility>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::app {
namespace {

Json::Value Parsed(const std::string& text) {
  const Result<JsonDocument> document = JsonDocument::Parse(text);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

}  // namespace

const std::vector<TenancyKind>& TenancyKinds() {
  static const std::vector<TenancyKind> kKinds = {
      {{"admissionregistration.k8s.io", "v1", "validatingadmissionpolicies"}, "ValidatingAdmissionPolicy"},
      {{"admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings"},
       "ValidatingAdmissionPolicyBinding"},
      {{"security.istio.io", "v1", "authorizationpolicies"}, "AuthorizationPolicy"},
      {{"gateway.networking.k8s.io", "v1beta1", "referencegrants"}, "ReferenceGrant"},
      {{"rbac.authorization.k8s.io", "v1", "roles"}, "Role"},
      {{"rbac.authorization.k8s.io", "v1", "rolebindings"}, "RoleBinding"},
  };
  return kKinds;
}

std::optional<size_t> TenancyKindOf(const Json::Value& object) {
  const std::vector<TenancyKind>& kinds = TenancyKinds();
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (object["kind"] == kinds[i].kind && object["apiVersion"] == kinds[i].resource.GroupVersion()) return i;
  }
  return std::nullopt;
}

TenancyObject TenancyObject::Of(size_t kind, Json::Value object) {
  object["apiVersion"] = TenancyKinds()[kind].resource.GroupVersion();
  object["kind"] = TenancyKinds()[kind].kind;
  object.removeMember("status");
  Json::Value& meta = object["metadata"];
  for (const char* member : {"creationTimestamp", "generation", "managedFields"}) meta.removeMember(member);
  return {meta["namespace"].asString(), meta["name"].asString(),
          meta["labels"][reconcilers::kWorkspaceLabel].asString(), WriteJson(object)};
}

Json::Value TenancyObject::Read() const { return Parsed(text); }

TenancyObjects::Id TenancyObjects::IdOf(size_t kind, const Json::Value& object) {
  const Json::Value& meta = object["metadata"];
  return {kind, meta["namespace"].asString(), meta["name"].asString()};
}

void TenancyObjects::Disturb(const Id& id) {
  const auto write = writing_.find(id);
  if (write != writing_.end()) write->second = true;
}
bool TenancyObjects::EndWrite(const Id& id) {
  const auto write = writing_.extract(id);
  return !write.empty() && !write.mapped();
}

void TenancyObjects::Erase(const Id& id, std::set<std::string>* touched) {
  Disturb(id);
  const auto at = objects_.find(id);
  if (at == objects_.end()) return;
  touched->insert(at->second.workspace);
  const auto owned = of_workspace_.find(at->second.workspace);
  owned->second.erase(at);
  if (owned->second.empty()) of_workspace_.erase(owned);
  objects_.erase(at);
}

// What came from our own write a moment ago is no news.
void TenancyObjects::Put(size_t kind, TenancyObject object, std::set<std::string>* touched) {
  Id id{kind, std::move(object.ns), std::move(object.name)};
  Disturb(id);
  const auto at = objects_.find(id);
  if (at != objects_.end()) {
    if (at->second.text == object.text) return;
    Erase(id, touched);
  }
  touched->insert(object.workspace);
  object.text.shrink_to_fit();
  const std::string workspace = object.workspace;
  const auto put =
      objects_.emplace(std::move(id), Kept{std::move(object.workspace), std::move(object.text)}).first;
  of_workspace_[workspace].insert(put);
}

void TenancyObjects::Replace(size_t kind, std::vector<TenancyObject> objects) {
  std::set<std::string> touched;
  {
    const std::lock_guard lock(mutex_);
    std::set<Id> gone;
    for (const auto& [id, object] : objects_) {
      if (id.kind == kind) gone.insert(id);
    }
    for (TenancyObject& object : objects) {
      gone.erase({kind, object.ns, object.name});
      Put(kind, std::move(object), &touched);
    }
    for (const Id& id : gone) Erase(id, &touched);
    listed_.insert(kind);
  }
  touched_(touched);
}

void TenancyObjects::Upsert(size_t kind, TenancyObject object) {
  std::set<std::string> touched;
  {
    const std::lock_guard lock(mutex_);
    Put(kind, std::move(object), &touched);
  }
  if (!touched.empty()) touched_(touched);
}

void TenancyObjects::Delete(size_t kind, const TenancyObject& last) {
  std::set<std::string> touched;
  {
    const std::lock_guard lock(mutex_);
    Erase({kind, last.ns, last.name}, &touched);
  }
  if (!touched.empty()) touched_(touched);
}

void TenancyObjects::BeginWrite(size_t kind, const Json::Value& object) {
  const std::lock_guard lock(mutex_);
  writing_[IdOf(kind, object)] = false;
}

void TenancyObjects::Wrote(size_t kind, Json::Value object) {
  std::set<std::string> touched;
  const std::lock_guard lock(mutex_);
  if (EndWrite(IdOf(kind, object))) Put(kind, TenancyObject::Of(kind, std::move(object)), &touched);
}

void TenancyObjects::Deleted(size_t kind, const Json::Value& object) {
  std::set<std::string> touched;
  const std::lock_guard lock(mutex_);
  if (EndWrite(IdOf(kind, object))) Erase(IdOf(kind, object), &touched);
}

void TenancyObjects::NotWritten(size_t kind, const Json::Value& object) {
  const std::lock_guard lock(mutex_);
  EndWrite(IdOf(kind, object));
}

void TenancyObjects::SetMissing(size_t kind, bool missing) {
  const std::lock_guard lock(mutex_);
  if (missing) {
    missing_.insert(kind);
  } else {
    missing_.erase(kind);
  }
}

bool TenancyObjects::synced() const {
  const std::lock_guard lock(mutex_);
  std::set<size_t> known = listed_;
  known.insert(missing_.begin(), missing_.end());
  return known.size() == TenancyKinds().size();
}

bool TenancyObjects::missing(size_t kind) const {
  const std::lock_guard lock(mutex_);
  return missing_.count(kind) > 0;
}

std::optional<Json::Value> TenancyObjects::Find(const Json::Value& like) const {
  const std::optional<size_t> kind = TenancyKindOf(like);
  if (!kind) return std::nullopt;
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    const auto at = objects_.find(IdOf(*kind, like));
    if (at == objects_.end()) return std::nullopt;
    text = at->second.text;
  }
  return Parsed(text);
}

std::vector<Json::Value> TenancyObjects::Of(const std::string& workspace) const {
  std::vector<std::string> texts;
  {
    const std::lock_guard lock(mutex_);
    const auto owned = of_workspace_.find(workspace);
    if (owned == of_workspace_.end()) return {};
    for (const Objects::iterator& at : owned->second) texts.push_back(at->second.text);
  }
  std::vector<Json::Value> out;
  for (const std::string& text : texts) out.push_back(Parsed(text));
  return out;
}

std::vector<size_t> TenancyObjects::Counts() const {
  const std::lock_guard lock(mutex_);
  std::vector<size_t> out(TenancyKinds().size());
  for (const auto& [id, object] : objects_) ++out[id.kind];
  return out;
}

std::set<std::string> TenancyObjects::Workspaces() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> out;
  for (const auto& [workspace, objects] : of_workspace_) out.insert(workspace);
  return out;
}

std::set<std::string> TenancyObjects::WorkspacesIn(const std::string& ns) const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> out;
  for (size_t kind = 0; kind < TenancyKinds().size(); ++kind) {
    for (auto at = objects_.lower_bound({kind, ns, ""}); at != objects_.end(); ++at) {
      if (at->first.kind != kind || at->first.ns != ns) break;
      out.insert(at->second.workspace);
    }
  }
  return out;
}

}  // namespace fairlead::app
