#include "reconcilers/plan.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>

#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers {
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

// What the API server adds by itself to the kinds that we write: nothing, or one of these defaults.
bool IsFilledIn(const std::string& member, const Json::Value& value) {
  static const std::map<std::string, std::string> kDefaults = {{"apiGroup", "rbac.authorization.k8s.io"},
                                                               {"failurePolicy", "Fail"},
                                                               {"matchPolicy", "Equivalent"},
                                                               {"scope", "*"}};
  if (value.empty() && !value.isString()) return true;  // null, {} or []
  const auto at = kDefaults.find(member);
  return at != kDefaults.end() && value == at->second;
}

bool SameContent(const Json::Value& live, const Json::Value& desired);

// Of two objects; members of these names are passed over.
bool SameMembers(const Json::Value& live, const Json::Value& desired,
                 std::initializer_list<std::string_view> but = {}) {
  const auto passed = [&](const std::string& member) {
    return std::find(but.begin(), but.end(), member) != but.end();
  };
  const auto in = [](const Json::Value& object, const std::string& member) {
    return object.find(member.data(), member.data() + member.size());
  };
  for (auto at = live.begin(); at != live.end(); ++at) {
    const std::string member = at.name();
    if (!passed(member) && in(desired, member) == nullptr && !IsFilledIn(member, *at)) return false;
  }
  for (auto at = desired.begin(); at != desired.end(); ++at) {
    const std::string member = at.name();
    if (passed(member)) continue;
    const Json::Value* has = in(live, member);
    if (has == nullptr ? !at->empty() || at->isString() : !SameContent(*has, *at)) return false;
  }
  return true;
}

bool SameContent(const Json::Value& live, const Json::Value& desired) {
  if (desired.isArray() && live.isArray()) {
    return live.size() == desired.size() &&
           std::equal(live.begin(), live.end(), desired.begin(), SameContent);
  }
  return desired.isObject() && live.isObject() ? SameMembers(live, desired) : live == desired;
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

bool IsOurs(const Json::Value& object) {
  return object["metadata"]["labels"][kManagedByLabel] == kManagedByFairlead;
}

std::string Refusal(const Json::Value& desired) {
  return Name(desired) + " exists and is not managed by fairlead: it is left as it is";
}

bool IsCurrent(const Json::Value& live, const Json::Value& desired) {
  return Covers(live["metadata"], desired["metadata"]) && SameMembers(live, desired, {"metadata", "status"});
}

std::string PlannedWrite::ToString() const {
  const char* verbs[] = {"create ", "apply ", "delete "};
  return verbs[static_cast<size_t>(verb)] + Name(object);
}

Plan MakePlan(const std::vector<Json::Value>& desired, const std::vector<Json::Value>& live) {
  std::map<Id, const Json::Value*> have, want;
  for (const Json::Value& object : live) have[IdOf(object)] = &object;
  for (const Json::Value& object : desired) want[IdOf(object)] = &object;
  Plan plan;
  std::vector<PlannedWrite> applies;
  for (const auto& [id, object] : want) {
    const auto current = have.find(id);
    if (current == have.end()) {
      plan.writes.push_back({PlannedWrite::Verb::kCreate, *object});
    } else if (!IsOurs(*current->second)) {
      plan.refused.push_back(Refusal(*object));
    } else if (!IsCurrent(*current->second, *object)) {
      applies.push_back({PlannedWrite::Verb::kApply, *object});
    }
  }
  std::move(applies.begin(), applies.end(), std::back_inserter(plan.writes));
  for (const auto& [id, object] : have) {
    const bool going = (*object)["metadata"].isMember("deletionTimestamp");
    if (want.count(id) == 0 && IsOurs(*object) && !going) {
      plan.writes.push_back({PlannedWrite::Verb::kDelete, Stub(*object)});
    }
  }
  return plan;
}

}  // namespace fairlead::reconcilers
