#include "tests/fault/access_watch.h"

#include <algorithm>
#include <cctype>

#include "crds/base/yaml.h"

namespace fairlead::fault {
namespace {

// "/apis/fairlead.dev/v1alpha1/workspaces/shop" names a Workspace.
bool Names(const std::string& path, const std::string& kind, const std::string& ns, const std::string& name) {
  std::string plural = kind;
  std::transform(plural.begin(), plural.end(), plural.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (!plural.ends_with('s')) plural += 's';
  const std::string end = (ns.empty() ? "/" : "/namespaces/" + ns + "/") + plural + "/" + name;
  return path.ends_with(end);
}

// Large, or many, and they open nothing.
bool IsOfNoAccount(const std::string& type) {
  return type == "apiextensions.k8s.io/customresourcedefinitions" || type == "coordination.k8s.io/leases" ||
         type.ends_with("/events");
}

}  // namespace

// What every API server brings, such as Namespace default, is nobody's concern. Most writes open and close
// nothing: what was found last holds until one of these objects is another.
const testing::Access& AccessWatch::Now(const apiserver::Store& store) const {
  std::vector<apiserver::ObjectPtr> objects;
  for (const auto& [key, object] : store.Everything()) {
    if (IsOfNoAccount(key.type)) continue;
    const bool claimed = key.type == "/namespaces" || key.type == "/services";
    if (claimed && !known_.contains({(*object)["kind"].asString(), key.ns, key.name})) continue;
    objects.push_back(object);
  }
  if (objects != seen_) {
    std::vector<Json::Value> copies;
    for (const apiserver::ObjectPtr& object : objects) copies.push_back(*object);
    now_ = testing::AccessByObjects(copies);
    seen_ = std::move(objects);
  }
  return now_;
}

void AccessWatch::AddState() {
  std::vector<Json::Value> objects;
  for (const auto& [key, object] : users_) objects.push_back(object);
  allowed_.push_back(testing::AccessByWords(objects));
}

Result<void> AccessWatch::Announce(const std::string& yaml, const std::vector<std::string>& removed) {
  const Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  if (!documents) return Unexpected(documents.error());
  const std::lock_guard lock(mutex_);
  for (const YamlDocument& document : *documents) {
    const Result<apiserver::Value> object = apiserver::ParseJson(document.json);
    if (!object) return Unexpected(object.error());
    const Json::Value& meta = (*object)["metadata"];
    const Key key{(*object)["kind"].asString(), meta["namespace"].asString(), meta["name"].asString()};
    known_.insert(key);
    users_[key] = *object;
    AddState();
  }
  for (const std::string& path : removed) {
    std::erase_if(users_, [&](const auto& entry) {
      const auto& [kind, ns, name] = entry.first;
      return Names(path, kind, ns, name);
    });
    AddState();
  }
  return {};
}

void AccessWatch::Settle() {
  const std::lock_guard lock(mutex_);
  if (!allowed_.empty()) allowed_ = {allowed_.back()};
}

std::string AccessWatch::Beyond(const apiserver::Store& store) const {
  const std::lock_guard lock(mutex_);
  return testing::Beyond(Now(store), allowed_);
}

std::string AccessWatch::Difference(const apiserver::Store& store) const {
  const std::lock_guard lock(mutex_);
  if (allowed_.empty()) return "";
  const testing::Access& now = Now(store);
  const std::string open = testing::Beyond(now, {allowed_.back()});
  const std::string closed = testing::Beyond(allowed_.back(), {now});
  return (open.empty() ? "" : "  open, and should not be:\n" + open) +
         (closed.empty() ? "" : "  not open, and should be:\n" + closed);
}

}  // namespace fairlead::fault
