// TenancyRound: some workspaces looked at together: what is wished for them, what there is, and the writes
// from one to the other.
//
// Who calls: TenancyLoop, which carries the writes out. ReadRound runs on the engine's thread; the rest is
// pure, and its worker's.
//
//   Round round = ReadRound(world, objects, {"shop"});
//   for (const reconcilers::Write& write : PlanFor(round.wishes, live)) ...
#pragma once

#include <json/value.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "operator/app/membership_check.h"
#include "operator/app/tenancy_objects.h"
#include "operator/runtime/work_queue.h"
#include "reconcilers/native/transition.h"
#include "reconcilers/tenancy/report.h"
#include "reconcilers/world.h"

namespace fairlead::app {

// Kind, namespace, name.
using TenancyId = std::tuple<std::string, std::string, std::string>;
TenancyId IdOf(const Json::Value& object);
std::string NamespaceOf(const Json::Value& object);
std::string WorkspaceOf(const Json::Value& object);  // by its label; "": none, or all

// What is wished for one workspace, and what came of it.
struct Wish {
  uint64_t epoch = 0;
  bool unreadable = false;  // it is there, and no version of it can be read: nothing is changed
  std::vector<Json::Value> objects;
  std::set<std::string> going;  // namespaces that are being deleted, with all that is in them
  reconcilers::TenancyReport report;
  runtime::Outcome outcome = runtime::Outcome::Ok();
};
using Wishes = std::map<std::string, Wish>;
using TenancyState = std::map<TenancyId, Json::Value>;
const Json::Value* FindIn(const TenancyState& objects, const Json::Value& like);  // null: it is not there

struct Round {
  Wishes wishes;
  std::map<std::string, std::vector<Json::Value>> live;  // what there was of each workspace
  MembershipCheck membership;                            // of the namespaces that change hands
};

// Beside those that are asked for, the round has what all share, and workspaces that have objects where one
// of these has, or shall have, some: so a namespace that moves is never without the objects of either. Where
// what all share goes, those that it is about take part too.
Round ReadRound(const reconcilers::World& world, const TenancyObjects& objects,
                const std::set<std::string>& workspaces);

// What is of a kind that is not installed waits for it.
void LeaveMissing(const TenancyObjects& objects, Wishes* wishes);
// Somebody else's objects stand. Gives what was wished there.
std::vector<Json::Value> Refuse(const TenancyState& live, Wishes* wishes);
// What is as it should be takes no part; nor does what is on its way out, or is somebody else's.
std::vector<reconcilers::Write> PlanFor(const Wishes& wishes, const TenancyState& live);

// Where nothing may be opened, since something could not be written.
class Blocked {
 public:
  void Add(const Json::Value& object);  // that could not be written, or stands in the way
  // Whether the write may open something there. A binding of an admission policy keeps a namespace while
  // something could not be written there: it judges those whom a RoleBinding still gives rights. `live`: as
  // before all writes.
  bool Covers(const reconcilers::Write& write, const TenancyState& live) const;

 private:
  std::set<std::string> namespaces_;
  std::set<std::string> workspaces_;  // of which something that holds in all its namespaces failed
};

// Sorted and bounded.
void AddProblem(reconcilers::TenancyReport* report, std::string problem);
void AddWaiting(reconcilers::TenancyReport* report, const std::string& kind);

}  // namespace fairlead::app
