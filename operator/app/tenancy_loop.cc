#include "operator/app/tenancy_loop.h"

#include <algorithm>
#include <utility>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "operator/kube/json_stream.h"
#include "operator/runtime/resident.h"
#include "reconcilers/plan.h"
#include "reconcilers/tenancy/lower.h"

namespace fairlead::app {
namespace {

using Verb = reconcilers::PlannedWrite::Verb;

constexpr const char kManager[] = "fairlead/tenancy";
constexpr const char kSelector[] = "app.kubernetes.io/managed-by=fairlead,fairlead.dev/workspace";
constexpr uint64_t kBurst = 16;  // workspaces after which free memory goes back: a start, a relist
constexpr size_t kCrew = 3;      // requests at once, beside the worker's own: a round trip each, little work
constexpr size_t kTogether = 8;  // workspaces that are looked at together, beside those that they draw in
// Of what was drawn in and did not go through: what drew it in may be done, and tells of it no more.
constexpr std::chrono::milliseconds kDrawnIn{250};

// Keeps of each object the text, so that a long list is not in memory as values.
class Stream final : public kube::NodeStream {
 public:
  Stream(size_t kind, TenancyObjects* objects, std::function<void()> listed)
      : kind_(kind), objects_(objects), listed_(std::move(listed)) {}
  void Status(const kube::WatchStatus& status) override {
    const bool missing =
        status.phase == kube::WatchPhase::kAbsent || status.phase == kube::WatchPhase::kForbidden;
    // While it is asked for again nothing else is known.
    if (!missing && status.phase != kube::WatchPhase::kWatching) return;
    if (missing == objects_->missing(kind_)) return;
    objects_->SetMissing(kind_, missing);
    listed_();
  }

 private:
  void Forget() override { kept_.clear(); }
  void Keep(const JsonNode& object) override { kept_.push_back(Read(object)); }
  void HandOver() override {
    objects_->Replace(kind_, std::exchange(kept_, {}));
    listed_();
  }
  void Put(const JsonNode& object) override { objects_->Upsert(kind_, Read(object)); }
  void Drop(const JsonNode& last) override { objects_->Delete(kind_, Read(last)); }
  TenancyObject Read(const JsonNode& object) const { return TenancyObject::Of(kind_, ToJsonValue(object)); }

  std::vector<TenancyObject> kept_;
  const size_t kind_;
  TenancyObjects* const objects_;
  const std::function<void()> listed_;
};

const kube::Resource& ResourceOf(const Json::Value& object) {
  return TenancyKinds()[*TenancyKindOf(object)].resource;
}

std::string InWords(const reconcilers::Write& write) {
  const bool deletes = write.verb == reconcilers::Write::Verb::kDelete;
  return (deletes ? "delete " : "apply ") + write.object["kind"].asString() + " " +
         NamespacedName{NamespaceOf(write.object), write.object["metadata"]["name"].asString()}.ToString();
}

// Notes it in the wish. True: it may be through the next time.
bool NoteFailure(const reconcilers::Write& write, const Error& error, Wish* wish) {
  if (error.error_class == ErrorClass::kNotFound) {  // the kind, or the namespace, is not there yet
    AddWaiting(&wish->report, TenancyKinds()[*TenancyKindOf(write.object)].ToString());
    wish->outcome = runtime::Outcome::After(kTaken);
    return false;
  }
  if (error.error_class == ErrorClass::kInvalid || error.error_class == ErrorClass::kForbidden) {
    AddProblem(&wish->report, InWords(write) + ": " + error.message);
    wish->outcome = runtime::Outcome::After(kTaken);
    return false;
  }
  wish->outcome = runtime::Outcome::Retry();
  return true;
}

}  // namespace

TenancyLoop::TenancyLoop(Engine* engine, kube::HttpTransport* transport, kube::Client* client,
                         const runtime::Fence* fence, TenancyMetrics* metrics, runtime::Log* log,
                         const Clock* clock)
    : engine_(engine),
      client_(client),
      fence_(fence),
      metrics_(metrics),
      log_(log),
      clock_(clock),
      writer_(client, kManager, OwnedWriter::Foreign::kReplaced),
      crew_(kCrew),
      queue_({.after_burst = [] { runtime::ReturnMemory(); }, .burst = kBurst}, clock),
      objects_([this](const std::set<std::string>& workspaces) { Enqueue(workspaces); }) {
  for (size_t kind = 0; kind < TenancyKinds().size(); ++kind) {
    kube::WatchTarget target;
    target.collection = kube::CollectionPath(TenancyKinds()[kind].resource, "");
    target.label_selector = kSelector;
    reflectors_.push_back(std::make_unique<kube::Reflector>(
        transport, std::move(target), std::make_unique<Stream>(kind, &objects_, [this] { EnqueueAll(); }),
        kube::WatcherOptions{}, clock));
  }
}

TenancyLoop::~TenancyLoop() { Stop(); }

void TenancyLoop::Start() {
  for (const auto& reflector : reflectors_) reflector->Start();
  worker_ = std::jthread([this](const std::stop_token& stop) { Work(stop); });
}

void TenancyLoop::Stop() {
  for (const auto& reflector : reflectors_) reflector->Stop();
  queue_.ShutDown();
  worker_ = {};  // asks it to stop, and waits
}

void TenancyLoop::OnPublished(const std::set<std::string>& workspaces) {
  if (fence_->Leading()) {
    const std::lock_guard lock(mutex_);
    for (const std::string& workspace : workspaces) since_.try_emplace(workspace, clock_->Now());
  }
  Enqueue(workspaces);
  if (!std::exchange(published_, true)) Enqueue(objects_.Workspaces());
}

void TenancyLoop::Enqueue(const std::set<std::string>& workspaces) {
  if (!fence_->Leading()) return;
  for (const std::string& workspace : workspaces) queue_.Add(workspace);
}

void TenancyLoop::EnqueueAll() {
  if (!fence_->Leading() || !objects_.synced() || !engine_->ready()) return;
  std::set<std::string> workspaces = objects_.Workspaces();
  engine_->Read([&](const reconcilers::World& world) {
    for (const auto& [name, workspace] : world.tenancy().by_name()) workspaces.insert(name);
  });
  Enqueue(workspaces);
}

void TenancyLoop::OnCrd(const std::string& name) {
  for (size_t kind = 0; kind < reflectors_.size(); ++kind) {
    if (TenancyKinds()[kind].resource.ToString() == name) reflectors_[kind]->Wake();
  }
}

void TenancyLoop::Work(const std::stop_token& stop) {
  while (std::optional<std::string> key = queue_.Take(stop)) {
    std::set<std::string> workspaces = {*std::move(key)};
    while (workspaces.size() < kTogether) {
      std::optional<std::string> more = queue_.Poll();
      if (!more) break;
      workspaces.insert(*std::move(more));
    }
    // What was looked at is gone from memory when the last of them is done.
    const std::map<std::string, runtime::Outcome> outcomes = Look(workspaces);
    for (const auto& [name, outcome] : outcomes) {
      const bool taken = workspaces.count(name) > 0;
      if (taken || outcome.type == runtime::Outcome::Type::kOk) continue;
      queue_.AddAfter(name, std::max(kDrawnIn, outcome.after));
    }
    for (const std::string& name : workspaces) {
      const auto outcome = outcomes.find(name);
      queue_.Done(name, outcome == outcomes.end() ? runtime::Outcome::Ok() : outcome->second);
    }
  }
}

std::map<std::string, runtime::Outcome> TenancyLoop::Look(const std::set<std::string>& workspaces) {
  Wishes wishes;
  if (fence_->Leading()) wishes = Process(workspaces);
  Count(wishes);
  std::map<std::string, runtime::Outcome> out;
  for (const auto& [name, wish] : wishes) out[name] = wish.outcome;
  return out;
}

void TenancyLoop::Count(const Wishes& wishes) {
  const Clock::TimePoint now = clock_->Now();
  const std::lock_guard lock(mutex_);
  if (wishes.empty()) return since_.clear();  // somebody else leads
  for (const auto& [name, wish] : wishes) {
    const auto since = since_.find(name);
    if (since == since_.end() || wish.outcome.type == runtime::Outcome::Type::kRetry) continue;
    if (wish.outcome.type == runtime::Outcome::Type::kOk)
      metrics_->in_force.Observe(std::chrono::duration<double>(now - since->second).count());
    since_.erase(since);
  }
}

Result<Json::Value> TenancyLoop::ReadUnknown(const Json::Value& object) const {
  const Result<std::string> found =
      client_->GetJson({ResourceOf(object), NamespaceOf(object), object["metadata"]["name"].asString()});
  if (!found && found.error().error_class == ErrorClass::kNotFound) return Json::Value();
  if (!found) return Unexpected(found.error());
  const Result<JsonDocument> document = JsonDocument::Parse(*found);
  if (!document) return Unexpected(document.error());
  Json::Value there = ToJsonValue(document->root());
  if (writer_.HasApplied(there)) {
    there["metadata"]["labels"][reconcilers::kManagedByLabel] = reconcilers::kManagedByFairlead;
    there["metadata"]["labels"].removeMember(reconcilers::kWorkspaceLabel);  // so that it is written again
  }
  there["metadata"].removeMember("managedFields");
  return there;
}

// What the watches know of the workspaces, and what there is under names that are to be created. Left out is
// what goes with its namespace, and what cannot be seen now: nothing of that is deleted.
bool TenancyLoop::Sees(const Json::Value& object) const {
  static const size_t kRoleBindings = TenancyKinds().size() - 1;
  // What judges those whom RoleBindings give something stays while these cannot be seen.
  if (object["apiVersion"] == TenancyKinds().front().resource.GroupVersion() &&
      objects_.missing(kRoleBindings))
    return false;
  return !objects_.missing(*TenancyKindOf(object));
}

Result<std::optional<TenancyState>> TenancyLoop::ReadLive(Round* round) {
  TenancyState live;
  const Wishes& wishes = round->wishes;
  for (const auto& [name, wish] : wishes) {
    for (Json::Value& object : round->live[name]) {
      if (Sees(object) && wish.going.count(NamespaceOf(object)) == 0) live[IdOf(object)] = std::move(object);
    }
  }
  std::vector<const Json::Value*> unknown;
  for (const auto& [name, wish] : wishes) {
    for (const Json::Value& object : wish.objects) {
      if (FindIn(live, object) != nullptr) continue;
      if (std::optional<Json::Value> other = objects_.Find(object)) {
        live[IdOf(object)] = *std::move(other);
      } else {
        unknown.push_back(&object);
      }
    }
  }
  Result<bool> settled = true;
  std::vector<Result<Json::Value>> there(unknown.size(), Json::Value());
  crew_.Do(unknown.size() + 1, [&](size_t i) {
    if (i == 0) {
      settled = round->membership.IsTrue(client_);
    } else {
      there[i - 1] = ReadUnknown(*unknown[i - 1]);
    }
  });
  if (!settled) return Unexpected(settled.error());
  if (!*settled) return std::optional<TenancyState>();
  for (size_t i = 0; i < unknown.size(); ++i) {
    if (!there[i]) return Unexpected(there[i].error());
    if (!there[i]->isNull()) live[IdOf(*unknown[i])] = *std::move(there[i]);
  }
  return std::optional(std::move(live));
}

Result<void> TenancyLoop::Carry(const reconcilers::Write& write, const TenancyState& live) {
  const size_t kind = *TenancyKindOf(write.object);
  objects_.BeginWrite(kind, write.object);
  Result<std::optional<Json::Value>> now = Send(write, live);
  if (!now) {
    objects_.NotWritten(kind, write.object);
    return Unexpected(now.error());
  }
  if (*now) {
    objects_.Wrote(kind, **std::move(now));
  } else {
    objects_.Deleted(kind, write.object);
  }
  return {};
}

Result<std::optional<Json::Value>> TenancyLoop::Send(const reconcilers::Write& write,
                                                     const TenancyState& live) {
  const kube::Resource& resource = ResourceOf(write.object);
  // A form between may have been written a moment ago.
  std::optional<Json::Value> before = objects_.Find(write.object);
  if (!before) {
    if (const Json::Value* there = FindIn(live, write.object)) before = *there;
  }
  if (write.verb == reconcilers::Write::Verb::kDelete) {
    const Result<void> deleted = before ? writer_.Delete(resource, *before) : Result<void>();
    if (!deleted) return Unexpected(deleted.error());
    return std::optional<Json::Value>();
  }
  Result<Json::Value> now = writer_.Write(resource, {before ? Verb::kApply : Verb::kCreate, write.object},
                                          before ? VersionOf(*before) : "");
  if (!now) return Unexpected(now.error());
  return std::optional(*std::move(now));
}

void TenancyLoop::Note(const reconcilers::Write& write, const Result<void>& done, Progress* progress) {
  const std::string words = InWords(write);
  if (done) {
    (write.verb == reconcilers::Write::Verb::kDelete ? metrics_->deleted : metrics_->written).Add();
    log_->Info("written for a workspace", {{"write", words}});
    return;
  }
  progress->blocked.Add(write.object);
  progress->left.insert(IdOf(write.object));
  metrics_->failed.Add();
  log_->Warn("not written for a workspace", {{"write", words}, {"error", done.error().message}});
  const auto wish = progress->wishes->find(WorkspaceOf(write.object));
  if (wish != progress->wishes->end()) progress->transient |= NoteFailure(write, done.error(), &wish->second);
}

std::set<TenancyId> TenancyLoop::Carry(const std::vector<reconcilers::Write>& writes,
                                       const TenancyState& live, Wishes* wishes) {
  Progress progress{wishes};
  for (const Json::Value& object : Refuse(live, wishes)) {
    progress.blocked.Add(object);
    progress.left.insert(IdOf(object));
  }
  for (auto write = writes.begin(); write != writes.end();) {
    const int phase = write->phase;
    std::vector<const reconcilers::Write*> due;
    for (; write != writes.end() && write->phase == phase; ++write) {
      if (!progress.blocked.Covers(*write, live)) {
        due.push_back(&*write);
        continue;
      }
      progress.left.insert(IdOf(write->object));
      const auto wish = wishes->find(WorkspaceOf(write->object));
      if (wish == wishes->end()) continue;
      AddProblem(&wish->second.report, InWords(*write) + " waits for what is in the way there");
      wish->second.outcome = progress.transient ? runtime::Outcome::Retry() : runtime::Outcome::After(kTaken);
    }
    std::vector<Result<void>> done(due.size());
    crew_.Do(due.size(), [&](size_t i) { done[i] = Carry(*due[i], live); });
    for (size_t i = 0; i < due.size(); ++i) Note(*due[i], done[i], &progress);
  }
  return std::move(progress.left);
}

void TenancyLoop::Tell(const std::set<TenancyId>& left, Wishes* wishes) {
  const reconcilers::TenancyReport shared = wishes->at(reconcilers::kShared).report;
  for (auto& [name, wish] : *wishes) {
    if (wish.outcome.type == runtime::Outcome::Type::kRetry) continue;  // told when it is through
    if (name == reconcilers::kShared) continue;
    for (const std::string& problem : shared.problems) AddProblem(&wish.report, problem);
    for (const Json::Value& object : wish.objects) wish.report.objects += left.count(IdOf(object)) == 0;
    engine_->Push(Engine::TenancyResult{name, wish.epoch, wish.report});
  }
}

Wishes TenancyLoop::Process(const std::set<std::string>& workspaces) {
  // Half a state is no state: nothing is deleted for what was not listed yet. Both bring everything back.
  if (!objects_.synced() || !engine_->ready()) return {};
  Round round =
      engine_->Read([&](const reconcilers::World& world) { return ReadRound(world, objects_, workspaces); });
  Wishes& wishes = round.wishes;
  std::erase_if(wishes, [](const auto& entry) { return entry.second.unreadable; });
  LeaveMissing(objects_, &wishes);
  const Result<std::optional<TenancyState>> live = ReadLive(&round);
  if (!live || !*live) {
    if (live) {
      metrics_->waits.Add();
      log_->Info("objects of workspaces wait for a watch",
                 {{"workspaces", std::to_string(workspaces.size())}});
    } else {
      log_->Warn("objects of workspaces not read", {{"error", live.error().message}});
    }
    for (auto& [name, wish] : wishes) wish.outcome = runtime::Outcome::Retry();
    return std::move(wishes);
  }
  Tell(Carry(PlanFor(wishes, **live), **live, &wishes), &wishes);
  return std::move(wishes);
}

}  // namespace fairlead::app
