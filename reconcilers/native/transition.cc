#include "reconcilers/native/transition.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "reconcilers/reach/foreign.h"

namespace fairlead::reconcilers {
namespace {

using Verb = Write::Verb;
using Key = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name

// Policies before what binds them, what narrows before what widens, Roles between both forms of their
// bindings.
enum Phase : int { kPolicies, kNarrow, kRoles, kWiden, kLeave };

// The items of one list that are in the other, or those of both, in order.
Json::Value Common(const Json::Value& a, const Json::Value& b) {
  const std::set<Json::Value> in(b.begin(), b.end());
  Json::Value out(Json::arrayValue);
  for (const Json::Value& item : a) {
    if (in.count(item) > 0) out.append(item);
  }
  return out;
}
Json::Value Together(const Json::Value& a, const Json::Value& b) {
  std::set<Json::Value> all(a.begin(), a.end());
  all.insert(b.begin(), b.end());
  Json::Value out(Json::arrayValue);
  for (const Json::Value& item : all) out.append(item);
  return out;
}

bool Enforces(const Json::Value& policy) {
  return policy["spec"]["action"] == "DENY" &&
         !policy["metadata"]["annotations"].isMember(std::string(kDryRun));
}

// Admits what both admit. Both name who is not refused.
Json::Value Narrowed(const Json::Value& before, const Json::Value& after) {
  if (!Enforces(before)) return after;
  if (!Enforces(after)) return before;
  Json::Value out = after;
  const Json::Value& was = before["spec"]["rules"][0]["from"][0]["source"];
  Json::Value& source = out["spec"]["rules"][0]["from"][0]["source"];
  for (const char* list : {"notNamespaces", "notPrincipals"}) {
    const Json::Value common = Common(source[list], was[list]);
    if (common.empty()) {
      source.removeMember(list);
    } else {
      source[list] = common;
    }
  }
  // They have a namespace in common, that which they are in; else one is not as we write it. A match without
  // any condition would be none.
  return source.empty() ? after : out;
}

// Binds in the namespaces of both.
Json::Value BoundInBoth(const Json::Value& before, const Json::Value& after) {
  constexpr auto values = [](auto& object) -> auto& {
    return object["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"][0]["values"];
  };
  Json::Value out = after;
  values(out) = Together(values(after), values(before));
  return out;
}

// For the subjects of both.
Json::Value ForCommonSubjects(const Json::Value& before, const Json::Value& after) {
  Json::Value out = after;
  out["subjects"] = Common(after["subjects"], before["subjects"]);
  return out;
}

// The form between two, where one is needed.
std::optional<Json::Value> Between(const Json::Value& before, const Json::Value& after) {
  const std::string kind = after["kind"].asString();
  if (kind == "AuthorizationPolicy") return Narrowed(before, after);
  if (kind == "ValidatingAdmissionPolicyBinding") return BoundInBoth(before, after);
  if (kind == "RoleBinding") return ForCommonSubjects(before, after);
  return std::nullopt;
}

// What it does, without whose it is.
std::tuple<Json::Value, Json::Value, bool> Content(const Json::Value& object) {
  return {object["spec"], object["subjects"], Enforces(object)};
}

// When a new object is written, or one without a form between is changed.
int PhaseOfNew(const std::string& kind) {
  if (kind == "ValidatingAdmissionPolicy") return kPolicies;
  if (kind == "AuthorizationPolicy" || kind == "ValidatingAdmissionPolicyBinding") return kNarrow;
  return kind == "Role" ? kRoles : kWiden;
}

int PhaseOfDeletion(const std::string& kind) {
  if (kind == "RoleBinding" || kind == "ReferenceGrant") return kNarrow;
  return kind == "ValidatingAdmissionPolicy" ? kLeave : kind == "Role" ? kRoles : kWiden;
}

}  // namespace

std::vector<Write> StepsOf(const Json::Value& stored, const Json::Value& wished) {
  if (stored == wished) return {};
  const std::string kind = (wished.isNull() ? stored : wished)["kind"].asString();
  if (wished.isNull()) return {{PhaseOfDeletion(kind), Verb::kDelete, stored}};
  const std::optional<Json::Value> between = stored.isNull() ? std::nullopt : Between(stored, wished);
  if (!between) return {{PhaseOfNew(kind), Verb::kApply, wished}};
  if (Content(*between) == Content(wished)) return {{kNarrow, Verb::kApply, wished}};
  std::vector<Write> out;
  if (Content(*between) != Content(stored)) out.push_back({kNarrow, Verb::kApply, *between});
  out.push_back({kWiden, Verb::kApply, wished});
  return out;
}

std::vector<Write> PlanWrites(const std::vector<OwnedObject>& stored,
                              const std::vector<OwnedObject>& wished) {
  std::map<Key, std::pair<Json::Value, Json::Value>> forms;
  for (const OwnedObject& object : stored) forms[{object.kind, object.ns, object.name}].first = object.object;
  for (const OwnedObject& object : wished)
    forms[{object.kind, object.ns, object.name}].second = object.object;
  std::vector<Write> out;
  for (const auto& [key, form] : forms) {
    for (Write& step : StepsOf(form.first, form.second)) out.push_back(std::move(step));
  }
  std::stable_sort(out.begin(), out.end(), [](const Write& a, const Write& b) { return a.phase < b.phase; });
  return out;
}

}  // namespace fairlead::reconcilers
