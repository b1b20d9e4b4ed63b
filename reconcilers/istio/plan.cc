#include "reconcilers/istio/plan.h"

#include <map>
#include <tuple>

#include "reconcilers/istio/lower.h"

namespace fairlead::reconcilers::istiod {
namespace {

using Id = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name

Id IdOf(const Json::Value& object) {
  const Json::Value& meta = object["metadata"];
  return {object["kind"].asString(), meta["namespace"].asString(), meta["name"].asString()};
}

std::string Name(const Json::Value& object) {
  const auto& [kind, ns, name] = IdOf(object);
  return kind + " " + (ns.empty() ? name : ns + "/" + name);
}

bool IsOurs(const Json::Value& object) {
  return object["metadata"]["labels"][kManagedByLabel] == kManagedByValue;
}

// Everything that we would send is there as we would send it. Lists are ours as a whole, so they must be
// equal; members that others added to an object (by defaulting or by another manager) are let be.
bool Covers(const Json::Value& live, const Json::Value& desired) {
  if (!desired.isObject()) return live == desired;
  if (!live.isObject()) return false;
  for (const std::string& member : desired.getMemberNames()) {
    if (!live.isMember(member) || !Covers(live[member], desired[member])) return false;
  }
  return true;
}

// Of `spec` we own all: a field that we no longer set must go.
bool IsCurrent(const Json::Value& live, const Json::Value& desired) {
  return Covers(live["metadata"], desired["metadata"]) && live["spec"] == desired["spec"];
}

Json::Value Stub(const Json::Value& live) {
  Json::Value out(Json::objectValue);
  out["apiVersion"] = live["apiVersion"];
  out["kind"] = live["kind"];
  for (const char* member : {"name", "namespace", "uid", "resourceVersion"}) {
    if (live["metadata"].isMember(member)) out["metadata"][member] = live["metadata"][member];
  }
  return out;
}

}  // namespace

std::string PlannedWrite::ToString() const {
  const char* verbs[] = {"create ", "apply ", "delete "};
  return verbs[static_cast<size_t>(verb)] + Name(object);
}

Plan MakePlan(const std::vector<Json::Value>& desired, const std::vector<Json::Value>& live) {
  std::map<Id, const Json::Value*> have, want;
  for (const Json::Value& object : live) have[IdOf(object)] = &object;
  for (const Json::Value& object : desired) want[IdOf(object)] = &object;
  Plan plan;
  for (const auto& [id, object] : want) {
    const auto current = have.find(id);
    if (current == have.end()) {
      plan.writes.push_back({PlannedWrite::Verb::kCreate, *object});
    } else if (!IsOurs(*current->second)) {
      plan.refused.push_back(Name(*object) + " exists and is not managed by fairlead: it is left as it is");
    } else if (!IsCurrent(*current->second, *object)) {
      plan.writes.push_back({PlannedWrite::Verb::kApply, *object});
    }
  }
  for (const auto& [id, object] : have) {
    const bool going = (*object)["metadata"].isMember("deletionTimestamp");
    if (want.count(id) == 0 && IsOurs(*object) && !going) {
      plan.writes.push_back({PlannedWrite::Verb::kDelete, Stub(*object)});
    }
  }
  return plan;
}

}  // namespace fairlead::reconcilers::istiod
