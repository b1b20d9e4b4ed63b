#include "tests/support/apiserver/field_manager.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "tests/support/apiserver/typed_merge.h"

namespace fairlead::apiserver {
namespace {

constexpr size_t kMaxUpdateManagers = 10;
constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";

struct Entry {
  std::string manager;
  std::string operation;
  std::string api_version;
  std::string subresource;
  std::string time;
  FieldSet set;
};
using Managers = std::map<std::string, Entry>;  // by identity

std::string Identity(const Entry& e) {
  Value id = Object();
  id["manager"] = e.manager;
  id["operation"] = e.operation;
  if (e.operation != "Apply") id["apiVersion"] = e.api_version;
  if (!e.subresource.empty()) id["subresource"] = e.subresource;
  return Print(id);
}

// False: not what managedFields must look like.
bool Decode(const Value& list, Managers* out) {
  if (!list.isArray()) return true;
  for (const Value& item : list) {
    Entry e{TextAt(item, "manager"),    TextAt(item, "operation"),
            TextAt(item, "apiVersion"), TextAt(item, "subresource"),
            TextAt(item, "time"),       FieldSet::FromJson(Get(item, "fieldsV1"))};
    if (e.operation != "Apply" && e.operation != "Update") return false;
    if (e.api_version.empty() || TextAt(item, "fieldsType") != "FieldsV1") return false;
    (*out)[Identity(e)] = std::move(e);
  }
  return true;
}

void Encode(const Managers& managers, Value* object) {
  std::vector<const Entry*> entries;
  for (const auto& [id, e] : managers) entries.push_back(&e);
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->operation, a->time, a->manager, a->api_version, a->subresource) <
           std::tie(b->operation, b->time, b->manager, b->api_version, b->subresource);
  });
  Remove(*object, {"metadata", "managedFields"});
  for (const Entry* e : entries) {
    Value item = Object();
    item["manager"] = e->manager;
    item["operation"] = e->operation;
    item["apiVersion"] = e->api_version;
    if (!e->time.empty()) item["time"] = e->time;
    item["fieldsType"] = "FieldsV1";
    item["fieldsV1"] = e->set.ToJson();
    if (!e->subresource.empty()) item["subresource"] = e->subresource;
    Ensure(*object, {"metadata"})["managedFields"].append(item);
  }
}

const FieldSet& ServerFields() {
  static const FieldSet set = [] {
    FieldSet s;
    for (const char* name : {"f:apiVersion", "f:kind", "f:metadata"}) s.Insert({name});
    for (const char* name : {"name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName",
                             "generation", "managedFields", "resourceVersion"}) {
      s.Insert({"f:metadata", std::string("f:") + name});
    }
    return s;
  }();
  return set;
}

Value Bare(const Value& object) {
  Value out = object;
  Remove(out, {"metadata", "managedFields"});
  return out;
}

Comparison Compare(const FieldWrite& w, const Value& before, const Value& after) {
  Comparison c = CompareObjects(w.schema, before, after);
  c.added = c.added.RecursiveDifference(w.reset);
  c.modified = c.modified.RecursiveDifference(w.reset);
  c.removed = c.removed.RecursiveDifference(w.reset);
  return c;
}

struct Conflicting {
  const Entry* owner;
  FieldSet fields;
};

// What `changed` takes from the managers besides `self` is taken out of their sets, or told in `conflicts`.
void TakeFrom(Managers& managers, const std::string& self, const Comparison& c, bool force,
              std::vector<Conflicting>* conflicts) {
  const FieldSet changed = c.modified.Union(c.added);
  for (auto& [id, e] : managers) {
    if (id == self) continue;
    FieldSet both = e.set.Intersection(changed);
    if (!both.empty() && !force) conflicts->push_back({&e, std::move(both)});
  }
  if (!conflicts->empty()) return;
  for (auto& [id, e] : managers) {
    if (id == self) continue;
    e.set = e.set.Difference(e.set.Intersection(changed)).Difference(c.removed);
  }
  std::erase_if(managers, [](const auto& item) { return item.second.set.empty(); });
}

std::string Shown(const Entry& e) {
  std::string out = QuoteJson(e.manager);
  if (!e.subresource.empty()) out += " with subresource " + QuoteJson(e.subresource);
  if (e.operation == "Update") out += " using " + e.api_version;
  return out;
}

Failure ConflictFailure(const std::vector<Conflicting>& conflicts) {
  Failure out{409, "Conflict", "", Object()};
  size_t count = 0;
  std::string list;
  std::string only;
  for (const Conflicting& c : conflicts) {
    list += (list.empty() ? "" : "\n") + ("conflicts with " + Shown(*c.owner) + ":");
    for (const FieldPath& path : c.fields.Paths()) {
      Value cause = Object();
      cause["reason"] = "FieldManagerConflict";
      cause["message"] = "conflict with " + Shown(*c.owner);
      cause["field"] = ShowPath(path);
      out.details["causes"].append(cause);
      list += "\n- " + ShowPath(path);
      only = "conflict with " + Shown(*c.owner) + ": " + ShowPath(path);
      ++count;
    }
  }
  out.message = "Apply failed with " + std::to_string(count) +
                (count == 1 ? " conflict: " + only : " conflicts: " + list);
  return out;
}

// The oldest entries of updates are folded into one.
void CapUpdates(Managers& managers) {
  std::vector<std::string> updates;
  for (const auto& [id, e] : managers) {
    if (e.operation == "Update") updates.push_back(id);
  }
  std::sort(updates.begin(), updates.end(), [&](const std::string& a, const std::string& b) {
    return std::tie(managers[a].time, a) < std::tie(managers[b].time, b);
  });
  size_t left = updates.size();
  std::map<std::string, std::string> first;
  for (size_t i = 0; i < updates.size() && left > kMaxUpdateManagers; ++i) {
    const Entry e = managers[updates[i]];
    if (!first.contains(e.api_version)) {
      first[e.api_version] = updates[i];
      continue;
    }
    Entry bucket{"ancient-changes", "Update", e.api_version, "", e.time, {}};
    const std::string id = Identity(bucket);
    if (!managers.contains(id)) {
      bucket.set = managers[first[e.api_version]].set;
      managers.erase(first[e.api_version]);
      managers[id] = bucket;
    }
    managers[id].set = managers[id].set.Union(e.set);
    managers[id].time = e.time;
    managers.erase(updates[i]);
    --left;
  }
}

void Update(const FieldWrite& w, const Value& before, const Value& after, const std::string& manager,
            Managers& managers) {
  const Comparison c = Compare(w, before, after);
  std::vector<Conflicting> none;
  TakeFrom(managers, "", c, /*force=*/true, &none);
  const FieldSet mine = c.modified.Union(c.added).RecursiveDifference(w.reset).Difference(ServerFields());
  if (mine.empty()) return;
  Entry e{manager, "Update", w.api_version, w.subresource, w.now, mine};
  const std::string id = Identity(e);
  if (const auto at = managers.find(id); at != managers.end()) e.set = e.set.Union(at->second.set);
  managers[id] = std::move(e);
}

// Fields that the manager applied the last time, not now, and that nobody else claims.
Value PruneApplied(const FieldWrite& w, const Value& merged, const Managers& managers, const FieldSet& last) {
  if (last.empty()) return merged;
  const FieldSet last_named = last.WithNamedParents(w.schema);
  Value pruned = RemoveFields(w.schema, merged, last_named);
  FieldSet owned;
  for (const auto& [id, e] : managers) owned = owned.Union(e.set);
  const FieldSet merged_set = FieldsOf(w.schema, merged).WithNamedParents(w.schema);
  FieldSet pruned_set = FieldsOf(w.schema, pruned).WithNamedParents(w.schema);
  pruned = RemoveFields(w.schema, merged,
                        merged_set.Difference(pruned_set.Union(owned.WithNamedParents(w.schema))));
  pruned_set = FieldsOf(w.schema, pruned).WithNamedParents(w.schema);
  return RemoveFields(w.schema, merged, merged_set.Difference(pruned_set).Intersection(last_named));
}

void SyncLastApplied(const FieldWrite& w, const Value& config, Value* merged) {
  if (w.manager != "kubectl" || TextAt(*merged, {"metadata", "annotations", kLastApplied}).empty()) return;
  Value bare = config;
  Remove(bare, {"metadata", "annotations", kLastApplied});
  Ensure(*merged, {"metadata", "annotations"})[kLastApplied] = Print(bare) + "\n";
}

bool AsksForReset(const Value& fields) {
  return fields.isArray() &&
         (fields.empty() || (fields.size() == 1 && fields[0].isObject() && fields[0].empty()));
}

}  // namespace

void TrackUpdate(const FieldWrite& w, const Value* live, Value* object) {
  const Value& sent = At(*object, {"metadata", "managedFields"});
  Managers managers;
  if (w.subresource.empty() && AsksForReset(sent)) {
    managers.clear();
  } else if (!w.subresource.empty() || !Decode(sent, &managers) || managers.empty()) {
    managers.clear();
    if (live && !Decode(At(*live, {"metadata", "managedFields"}), &managers)) managers.clear();
  }
  Remove(*object, {"metadata", "managedFields"});
  if (managers.empty() && live != nullptr) return;  // nobody tracks this object
  Value nothing = Object();
  nothing["apiVersion"] = Get(*object, "apiVersion");
  nothing["kind"] = Get(*object, "kind");
  Update(w, live ? Bare(*live) : nothing, *object, w.manager, managers);
  CapUpdates(managers);
  Encode(managers, object);
}

Outcome<void> CheckConfig(const FieldWrite& w, const Value& config) {
  if (Has(Get(config, "metadata"), "managedFields"))
    return Unexpected(BadRequest("metadata.managedFields must be nil"));
  const std::string fault = ApplyFault(w.schema, config);
  if (fault.empty()) return {};
  const std::string gv = w.api_version.find('/') == std::string::npos ? "/" + w.api_version : w.api_version;
  return Unexpected(Failure{500, "",
                            "failed to create typed patch object (" +
                                TextAt(config, {"metadata", "namespace"}) + "/" +
                                TextAt(config, {"metadata", "name"}) + "; " + gv +
                                ", Kind=" + TextAt(config, "kind") + "): " + fault});
}

Outcome<Value> ApplyConfig(const FieldWrite& w, const Value& live, const Value& config, bool force) {
  Managers managers;
  Decode(At(live, {"metadata", "managedFields"}), &managers);
  const Value bare = Bare(live);
  const bool exists = !TextAt(live, {"metadata", "uid"}).empty();
  if (managers.empty() && exists) {
    Value nothing = Object();
    nothing["apiVersion"] = Get(config, "apiVersion");
    nothing["kind"] = Get(config, "kind");
    Update(w, nothing, bare, "before-first-apply", managers);
  }
  Entry mine{w.manager, "Apply", w.api_version, w.subresource, "", {}};
  const std::string id = Identity(mine);
  const auto before = managers.find(id);
  const FieldSet last = before == managers.end() ? FieldSet() : before->second.set;
  mine.time = before == managers.end() ? "" : before->second.time;
  mine.set = FieldsOf(w.schema, config).RecursiveDifference(w.reset);
  managers[id] = mine;

  Value merged = PruneApplied(w, MergeObjects(w.schema, bare, config), managers, last);
  std::vector<Conflicting> conflicts;
  TakeFrom(managers, id, Compare(w, bare, merged), force, &conflicts);
  if (!conflicts.empty()) return Unexpected(ConflictFailure(conflicts));
  if (const auto at = managers.find(id); at != managers.end()) {
    at->second.set = at->second.set.Difference(ServerFields());
    if (!SameValue(bare, merged)) at->second.time = w.now;
    if (at->second.set.empty()) managers.erase(at);
  }
  SyncLastApplied(w, config, &merged);
  Encode(managers, &merged);
  return merged;
}

bool SameButForTimes(const Value& a, const Value& b) {
  Value left = a;
  Value right = b;
  for (Value* side : {&left, &right}) {
    Remove(*side, {"metadata", "resourceVersion"});
    Value& meta = (*side)["metadata"];
    if (!Get(meta, "managedFields").isArray()) continue;
    for (Value& entry : meta["managedFields"]) Remove(entry, {"time"});
  }
  return SameValue(left, right);
}

}  // namespace fairlead::apiserver
