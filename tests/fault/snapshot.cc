#include "tests/fault/snapshot.h"

#include <set>

namespace fairlead::fault {
namespace {

using apiserver::Value;

bool DiffersAnyway(const std::string& field) {
  static const std::set<std::string> fields = {"uid",  "resourceVersion",    "creationTimestamp",
                                               "time", "lastTransitionTime", "deletionTimestamp",
                                               "since"};
  return fields.contains(field);
}

// Kept copies of other clusters are made when an operator ends, and say when and by whom.
bool IsLeftOut(const apiserver::StoreKey& key) {
  return key.type == "coordination.k8s.io/leases" ||
         key.type == "apiextensions.k8s.io/customresourcedefinitions" ||
         key.name.starts_with("fairlead-last-known-of-");
}

Value Masked(const Value& value) {
  Value out = value;
  if (value.isObject()) {
    for (const std::string& name : value.getMemberNames()) {
      if (DiffersAnyway(name)) {
        out.removeMember(name);
      } else if (name.starts_with("k:{\"uid\"")) {  // of an owner, in managedFields
        out["k:{\"uid\"}"] = Masked(value[name]);
        out.removeMember(name);
      } else {
        out[name] = Masked(value[name]);
      }
    }
  } else if (value.isArray()) {
    for (Value& item : out) item = Masked(item);
  }
  return out;
}

// In the order of their names, not of their times.
void SortManagers(Value* object) {
  const Value& managers = apiserver::At(*object, {"metadata", "managedFields"});
  std::multimap<std::string, Value> sorted;
  for (const Value& entry : managers) sorted.emplace(apiserver::Print(entry), entry);
  if (sorted.empty()) return;
  Value out = apiserver::Array();
  for (const auto& [text, entry] : sorted) out.append(entry);
  (*object)["metadata"]["managedFields"] = out;
}

// Kept in the form of either group: events.k8s.io says regarding and note where v1 says involvedObject and
// message.
std::string TextOfEvent(const Value& event) {
  const bool core = apiserver::Has(event, "involvedObject");
  const Value& object = apiserver::Get(event, core ? "involvedObject" : "regarding");
  return "Event of " + apiserver::TextAt(object, "kind") + " " + apiserver::TextAt(object, "namespace") +
         "/" + apiserver::TextAt(object, "name") + ": " + apiserver::TextAt(event, "type") + " " +
         apiserver::TextAt(event, "reason") + " " + apiserver::TextAt(event, core ? "message" : "note");
}

void Compare(const std::map<std::string, std::string>& expected,
             const std::map<std::string, std::string>& seen, std::string* out) {
  for (const auto& [name, value] : expected) {
    const auto at = seen.find(name);
    if (at == seen.end()) {
      *out += "  missing: " + name + "\n";
    } else if (at->second != value) {
      *out +=
          "  differs: " + name + "\n    undisturbed: " + value + "\n    here:        " + at->second + "\n";
    }
  }
  for (const auto& [name, value] : seen) {
    if (!expected.contains(name)) *out += "  too much: " + name + " " + value + "\n";
  }
}

}  // namespace

const Projector::Projected& Projector::Project(const apiserver::StoreKey& key,
                                               const apiserver::ObjectPtr& object) {
  Projected& projected = known_[key];
  if (projected.object == object) return projected;
  if (key.type.ends_with("/events")) {
    projected = {object, TextOfEvent(*object), ""};
  } else {
    Value masked = Masked(*object);
    SortManagers(&masked);
    projected = {object, key.type + " " + key.ns + "/" + key.name, apiserver::Print(masked)};
  }
  return projected;
}

std::map<std::string, std::string> Projector::ObjectsOf(const apiserver::Store& store) {
  std::map<std::string, std::string> out;
  for (const auto& [key, object] : store.Everything()) {
    if (IsLeftOut(key)) continue;
    const Projected& projected = Project(key, object);
    std::string name = projected.name;
    for (int i = 2; out.contains(name); ++i) name = projected.name + " (" + std::to_string(i) + ")";
    out[name] = projected.text;
  }
  return out;
}

std::map<std::string, std::string> ProxyStateOf(const testing::FakeEnvoy::Versions& versions) {
  std::map<std::string, std::string> out;
  for (size_t i = 0; i < xds::kTypeCount; ++i) {
    for (const auto& [name, version] : versions[i]) {
      out[xds::ResourceName{static_cast<xds::Type>(i), name}.ToString()] = version;
    }
  }
  return out;
}

std::string Difference(const Snapshot& expected, const Snapshot& seen) {
  std::string out;
  Compare(expected.objects, seen.objects, &out);
  Compare(expected.proxy, seen.proxy, &out);
  return out;
}

}  // namespace fairlead::fault
