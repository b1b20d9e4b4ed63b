#include "operator/app/tenancy_round.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "operator/app/owned_writer.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/plan.h"
#include "reconcilers/tenancy/lower.h"

namespace fairlead::app {
namespace {

constexpr size_t kMaxProblems = 8;  // of one workspace
// The first phases only take away; what comes after lets in or gives.
constexpr int kFirstThatOpens = 2;

bool IsGoing(const reconcilers::World& world, const std::string& ns) {
  const auto found = world.view().tables.Get<core::Namespace>({"", ns});
  return found != nullptr && found->meta.deleting;
}

Wish ReadWish(const reconcilers::World& world, const std::string& name) {
  Wish wish;
  wish.epoch = world.TenancyEpoch(name);
  wish.unreadable =
      world.WorkspaceOf(name) == nullptr && world.Find({Kind::kWorkspace, "", name}).has_value();
  if (wish.unreadable) return wish;
  for (reconcilers::OwnedObject& owned : reconcilers::LowerWorkspace(world.view(), name)) {
    if (!IsGoing(world, owned.ns)) wish.objects.push_back(std::move(owned.object));
  }
  return wish;
}

// Namespaces that a policy does not refuse, or that a binding holds in.
void AddNamed(const Json::Value& object, std::set<std::string>* out) {
  const Json::Value& spec = object["spec"];
  for (const Json::Value& rule : spec["rules"]) {
    for (const Json::Value& from : rule["from"]) {
      for (const Json::Value& ns : from["source"]["notNamespaces"]) out->insert(ns.asString());
    }
  }
  for (const Json::Value& ask : spec["matchResources"]["namespaceSelector"]["matchExpressions"]) {
    for (const Json::Value& ns : ask["values"]) out->insert(ns.asString());
  }
}

struct Reach {
  std::set<TenancyId> objects;
  std::set<std::string> in, named;  // namespaces
};
Reach ReachOf(const std::vector<Json::Value>& objects) {
  Reach out;
  for (const Json::Value& object : objects) {
    out.objects.insert(IdOf(object));
    out.in.insert(NamespaceOf(object));
    const std::string kind = object["kind"].asString();
    if (kind == "AuthorizationPolicy" || kind == "ValidatingAdmissionPolicyBinding")
      AddNamed(object, &out.named);
  }
  out.in.erase("");
  return out;
}

void AddDifference(const std::set<std::string>& a, const std::set<std::string>& b,
                   std::set<std::string>* out) {
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(*out, out->end()));
}

// Namespaces where the workspace gets its first object, or loses one; that its objects name from now on, or
// no longer.
std::set<std::string> Changing(const Wish& wish, const std::vector<Json::Value>& live) {
  const Reach wanted = ReachOf(wish.objects), has = ReachOf(live);
  std::set<std::string> out;
  AddDifference(wanted.in, has.in, &out);
  AddDifference(wanted.named, has.named, &out);
  for (const TenancyId& id : has.objects) {
    if (wanted.objects.count(id) == 0) out.insert(std::get<1>(id));
  }
  out.erase("");
  return out;
}

}  // namespace

std::string NamespaceOf(const Json::Value& object) { return object["metadata"]["namespace"].asString(); }
std::string WorkspaceOf(const Json::Value& object) {
  return object["metadata"]["labels"][reconcilers::kWorkspaceLabel].asString();
}
TenancyId IdOf(const Json::Value& object) {
  return {object["kind"].asString(), NamespaceOf(object), object["metadata"]["name"].asString()};
}
const Json::Value* FindIn(const TenancyState& objects, const Json::Value& like) {
  const auto at = objects.find(IdOf(like));
  return at == objects.end() ? nullptr : &at->second;
}

Round ReadRound(const reconcilers::World& world, const TenancyObjects& objects,
                const std::set<std::string>& workspaces) {
  Round round;
  std::set<std::string> unread = workspaces, moving;
  unread.insert(reconcilers::kShared);
  while (!unread.empty()) {
    const std::string name = unread.extract(unread.begin()).value();
    Wish& wish = round.wishes.emplace(name, ReadWish(world, name)).first->second;
    if (wish.unreadable) continue;
    const std::vector<Json::Value>& live = round.live[name] = objects.Of(name);
    // Policies go with, and after, all that they judge: of workspaces that are gone, though nobody told of
    // them yet.
    if (name == reconcilers::kShared && wish.objects.empty() && !live.empty()) {
      for (const std::string& other : objects.WorkspacesIn("")) {
        if (round.wishes.count(other) == 0) unread.insert(other);
      }
    }
    for (const Json::Value& object : live) {
      const std::string ns = NamespaceOf(object);
      // What a workspace leaves behind is taken away all the same: the namespace may take its time.
      if (IsGoing(world, ns) && world.view().membership.WorkspaceOf(ns) == name) wish.going.insert(ns);
    }
    for (const std::string& ns : Changing(wish, live)) {
      if (wish.going.count(ns) > 0) continue;
      std::set<std::string> concerned = objects.WorkspacesIn(ns);
      const std::string& holder = world.view().membership.WorkspaceOf(ns);
      // An object that goes, of a workspace that stays, moves nothing.
      if (holder != name || concerned != std::set{name}) moving.insert(ns);
      concerned.insert(holder);
      concerned.erase(reconcilers::kShared);
      for (const std::string& other : concerned) {
        if (round.wishes.count(other) == 0) unread.insert(other);
      }
    }
  }
  std::set<std::string> looked_at;
  for (const auto& [name, wish] : round.wishes) {
    if (name != reconcilers::kShared) looked_at.insert(name);
  }
  round.membership.Look(world, moving, looked_at);
  return round;
}

void LeaveMissing(const TenancyObjects& objects, Wishes* wishes) {
  for (auto& [name, wish] : *wishes) {
    std::erase_if(wish.objects, [&, report = &wish.report](const Json::Value& object) {
      const std::optional<size_t> kind = TenancyKindOf(object);
      if (kind && !objects.missing(*kind)) return false;
      AddWaiting(report, object["kind"].asString() + " (" + object["apiVersion"].asString() + ")");
      return true;
    });
  }
}

std::vector<Json::Value> Refuse(const TenancyState& live, Wishes* wishes) {
  std::vector<Json::Value> out;
  for (auto& [name, wish] : *wishes) {
    for (const Json::Value& object : wish.objects) {
      const Json::Value* there = FindIn(live, object);
      if (there == nullptr || reconcilers::IsOurs(*there)) continue;
      AddProblem(&wish.report, reconcilers::Refusal(object));
      wish.outcome = runtime::Outcome::After(kTaken);
      out.push_back(object);
    }
  }
  return out;
}

std::vector<reconcilers::Write> PlanFor(const Wishes& wishes, const TenancyState& live) {
  std::vector<reconcilers::OwnedObject> stored, wished;
  std::set<TenancyId> seen, let_be;
  for (const auto& [name, wish] : wishes) {
    for (const Json::Value& object : wish.objects) {
      const TenancyId id = IdOf(object);
      if (!seen.insert(id).second) continue;
      const auto there = live.find(id);
      const bool stays = there != live.end() && (!reconcilers::IsOurs(there->second) ||
                                                 reconcilers::IsCurrent(there->second, object));
      if (stays) {
        let_be.insert(id);
      } else {
        wished.push_back(Owned(object));
      }
    }
  }
  for (const auto& [id, object] : live) {
    const bool going = object["metadata"].isMember("deletionTimestamp");
    if (reconcilers::IsOurs(object) && !going && let_be.count(id) == 0) stored.push_back(Owned(object));
  }
  return reconcilers::PlanWrites(stored, wished);
}

void Blocked::Add(const Json::Value& object) {
  const std::string ns = NamespaceOf(object);
  if (ns.empty()) {
    workspaces_.insert(WorkspaceOf(object));
  } else {
    namespaces_.insert(ns);
  }
}

bool Blocked::Covers(const reconcilers::Write& write, const TenancyState& live) const {
  const bool any = !namespaces_.empty() || !workspaces_.empty();
  if (write.phase < kFirstThatOpens || !any) return false;
  const std::string ns = NamespaceOf(write.object), workspace = WorkspaceOf(write.object);
  if (workspaces_.count(reconcilers::kShared) > 0 || workspaces_.count(workspace) > 0) return true;
  if (!ns.empty()) return namespaces_.count(ns) > 0;
  if (workspace == reconcilers::kShared) return true;
  const Json::Value* before = FindIn(live, write.object);
  std::set<std::string> left, kept;
  if (before != nullptr) AddNamed(*before, &left);
  if (write.verb == reconcilers::Write::Verb::kApply) AddNamed(write.object, &kept);
  return std::any_of(left.begin(), left.end(), [&](const std::string& one) {
    return kept.count(one) == 0 && namespaces_.count(one) > 0;
  });
}

void AddProblem(reconcilers::TenancyReport* report, std::string problem) {
  std::vector<std::string>& problems = report->problems;
  problems.insert(std::lower_bound(problems.begin(), problems.end(), problem), std::move(problem));
  if (problems.size() > kMaxProblems) problems.pop_back();
}

void AddWaiting(reconcilers::TenancyReport* report, const std::string& kind) {
  const auto at = std::lower_bound(report->waiting.begin(), report->waiting.end(), kind);
  if (at == report->waiting.end() || *at != kind) report->waiting.insert(at, kind);
}

}  // namespace fairlead::app
