#include "tests/support/apiserver/lifecycle.h"

#include <algorithm>
#include <set>

#include "tests/support/apiserver/crd_rules.h"
#include "tests/support/apiserver/remover.h"

namespace fairlead::apiserver {
namespace {

constexpr char kCrds[] = "apiextensions.k8s.io/customresourcedefinitions";
constexpr char kCrdCleanup[] = "customresourcecleanup.apiextensions.k8s.io";

bool Deleting(const Value& object) { return Has(Get(object, "metadata"), "deletionTimestamp"); }

bool HasFinalizer(const Value& object, const std::string& name) {
  const std::vector<std::string> list = Strings(At(object, {"metadata", "finalizers"}));
  return std::find(list.begin(), list.end(), name) != list.end();
}

void WithoutFinalizer(Value* object, const std::string& name) {
  const std::vector<std::string> list = Strings(At(*object, {"metadata", "finalizers"}));
  Remove(*object, {"metadata", "finalizers"});
  for (const std::string& f : list) {
    if (f != name) (*object)["metadata"]["finalizers"].append(f);
  }
}

}  // namespace

void Lifecycle::Bootstrap() {
  for (const char* name : {"default", "kube-node-lease", "kube-public", "kube-system"}) {
    Value ns = Object();
    ns["apiVersion"] = "v1";
    ns["kind"] = "Namespace";
    Set(ns, {"metadata", "name"}, name);
    Set(ns, {"metadata", "uid"}, core_.ids.Uid());
    Set(ns, {"metadata", "creationTimestamp"}, core_.Now());
    Set(ns, {"metadata", "labels", "kubernetes.io/metadata.name"}, name);
    Ensure(ns, {"spec"})["finalizers"].append("kubernetes");
    Set(ns, {"status", "phase"}, "Active");
    core_.store.Put({"/namespaces", "", name}, ns);
  }
  Value service =
      ParseJson(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"kubernetes","namespace":"default",
    "labels":{"component":"apiserver","provider":"kubernetes"}},"spec":{"clusterIP":"10.96.0.1",
    "clusterIPs":["10.96.0.1"],"internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",
    "ports":[{"name":"https","port":443,"protocol":"TCP","targetPort":6443}],"sessionAffinity":"None",
    "type":"ClusterIP"},"status":{"loadBalancer":{}}})")
          .value();
  Set(service, {"metadata", "uid"}, core_.ids.Uid());
  Set(service, {"metadata", "creationTimestamp"}, core_.Now());
  core_.store.Put({"/services", "default", "kubernetes"}, service);
}

void Lifecycle::Settle() {
  // Each round either removes or marks something, so that this ends.
  while (EstablishCrds() || CollectDependents() || Propagate() || EmptyNamespaces()) {
  }
}

bool Lifecycle::EstablishCrds() {
  bool changed = false;
  std::set<std::string> present;
  for (const ObjectPtr& crd : core_.store.List(kCrds, "").items) {
    const std::string name = NameOf(*crd);
    present.insert(name);
    std::string& known = crds_[name];
    if (Deleting(*crd)) {
      changed = FinishCrd(*crd) || changed;
      continue;
    }
    if (known == TextAt(*crd, {"metadata", "resourceVersion"})) continue;
    Value next = *crd;
    next["status"] = CrdStatus(core_.registry, *crd, core_.Now());
    if (!HasFinalizer(next, kCrdCleanup)) next["metadata"]["finalizers"].append(kCrdCleanup);
    if (!SameValue(next, *crd)) next = *core_.store.Put({kCrds, "", name}, next);
    if (IsEstablished(next)) {
      core_.registry.ApplyCrd(next);
      installed_[name] = next;
    }
    known = TextAt(next, {"metadata", "resourceVersion"});
    changed = true;
  }
  std::erase_if(crds_, [&](const auto& item) { return !present.contains(item.first); });
  std::erase_if(installed_, [&](const auto& item) {
    if (present.contains(item.first)) return false;
    core_.registry.RemoveCrd(item.second);
    return true;
  });
  return changed;
}

// Instances first; the definition goes when they are gone.
bool Lifecycle::FinishCrd(const Value& crd) {
  if (!HasFinalizer(crd, kCrdCleanup)) return false;
  const std::string type = TextAt(crd, {"spec", "group"}) + "/" + TextAt(crd, {"spec", "names", "plural"});
  bool changed = false;
  for (const ObjectPtr& object : core_.store.List(type, "").items) {
    if (Deleting(*object)) continue;
    Delete({type, NamespaceOf(*object), NameOf(*object)});
    changed = true;
  }
  if (!core_.store.List(type, "").items.empty()) return changed;
  RemoveFinalizer({kCrds, "", NameOf(crd)}, kCrdCleanup);
  return true;
}

bool Lifecycle::CollectDependents() {
  const std::vector<std::string> uids = core_.store.TakeOrphaningUids();
  for (const std::string& uid : uids) {
    for (const StoreKey& key : core_.store.DependentsOf(uid)) DropOwner(key, uid);
  }
  return !uids.empty();
}

// Without that owner the object goes, unless another one holds it.
void Lifecycle::DropOwner(const StoreKey& key, const std::string& uid) {
  const ObjectPtr object = core_.store.Get(key);
  if (!object) return;
  std::set<std::string> living;
  for (const auto& [k, o] : core_.store.Everything()) living.insert(TextAt(*o, {"metadata", "uid"}));
  Value kept = Array();
  bool held = false;
  for (const Value& owner : At(*object, {"metadata", "ownerReferences"})) {
    if (TextAt(owner, "uid") == uid) continue;
    kept.append(owner);
    held = held || living.contains(TextAt(owner, "uid"));
  }
  if (!held) {
    Delete(key);
    return;
  }
  Value next = *object;
  next["metadata"]["ownerReferences"] = kept;
  core_.store.Put(key, next);
}

// Finalizers that the garbage collector serves.
bool Lifecycle::Propagate() {
  bool changed = false;
  for (const auto& [key, object] : core_.store.Deleting()) {
    const std::string uid = TextAt(*object, {"metadata", "uid"});
    const std::vector<StoreKey> dependents = core_.store.DependentsOf(uid);
    if (HasFinalizer(*object, "orphan")) {
      for (const StoreKey& dependent : dependents) {
        Value next = *core_.store.Get(dependent);
        Value kept = Array();
        for (const Value& owner : At(next, {"metadata", "ownerReferences"})) {
          if (TextAt(owner, "uid") != uid) kept.append(owner);
        }
        if (kept.empty()) {
          Remove(next, {"metadata", "ownerReferences"});
        } else {
          next["metadata"]["ownerReferences"] = kept;
        }
        core_.store.Put(dependent, next);
      }
      RemoveFinalizer(key, "orphan");
      changed = true;
    } else if (HasFinalizer(*object, "foregroundDeletion")) {
      for (const StoreKey& dependent : dependents) {
        const ObjectPtr child = core_.store.Get(dependent);
        if (!child || Deleting(*child)) continue;
        Delete(dependent);
        changed = true;
      }
      if (!core_.store.DependentsOf(uid).empty()) continue;
      RemoveFinalizer(key, "foregroundDeletion");
      changed = true;
    }
  }
  return changed;
}

bool Lifecycle::EmptyNamespaces() {
  bool changed = false;
  for (const auto& [ns_key, ns] : core_.store.Deleting()) {
    if (ns_key.type != "/namespaces") continue;
    const std::string& name = ns_key.name;
    bool left = false;
    for (const auto& [key, object] : core_.store.Everything()) {
      if (key.ns != name) continue;
      if (!Deleting(*object) || key.type == "/pods") {
        Delete(key);
        changed = true;
      }
      left = left || core_.store.Get(key) != nullptr;
    }
    if (left || !Strings(At(*ns, {"metadata", "finalizers"})).empty()) continue;
    core_.store.Remove(ns_key);
    changed = true;
  }
  return changed;
}

void Lifecycle::Delete(const StoreKey& key) {
  const ResourcePtr resource = core_.registry.StorageOf(key.type);
  DeleteOptions options;
  options.grace_seconds = 0;
  if (resource) {
    (void)RemoveObject(core_, *resource, key, options).has_value();
  } else {
    core_.store.Remove(key);
  }
}

void Lifecycle::RemoveFinalizer(const StoreKey& key, const std::string& name) {
  const ObjectPtr object = core_.store.Get(key);
  if (!object) return;
  Value next = *object;
  WithoutFinalizer(&next, name);
  if (Strings(At(next, {"metadata", "finalizers"})).empty() && key.type != "/namespaces") {
    core_.store.Remove(key);
  } else {
    core_.store.Put(key, next);
  }
}

}  // namespace fairlead::apiserver
