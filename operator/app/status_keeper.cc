#include "operator/app/status_keeper.h"

#include <algorithm>
#include <cstdint>

#include "crds/base/json.h"

namespace fairlead::app {
namespace {

constexpr size_t kLookedAt = 4;  // writes that the watch may have shown, at each look

}  // namespace

bool HasStatus(Kind kind) {
  return kind == Kind::kRetryTimeoutPolicy || kind == Kind::kFailoverPolicy || kind == Kind::kWorkspace ||
         kind == Kind::kWorkspaceSettings;
}

std::optional<api::ObjectStatus> LiveObjectStatusOf(const AnyObject& object) {
  const auto of = [](const auto& status) {
    return status ? std::optional<api::ObjectStatus>(*status) : std::nullopt;
  };
  if (const auto* policy = std::get_if<Ptr<api::RetryTimeoutPolicy>>(&object)) return of((*policy)->status);
  if (const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&object)) return of((*policy)->status);
  if (const auto* workspace = std::get_if<Ptr<api::Workspace>>(&object)) return of((*workspace)->status);
  if (const auto* settings = std::get_if<Ptr<api::WorkspaceSettings>>(&object))
    return of((*settings)->status);
  const auto* invalid = std::get_if<Ptr<Invalid>>(&object);
  if (invalid == nullptr || !HasStatus((*invalid)->key.kind)) return std::nullopt;
  const Result<JsonDocument> status = JsonDocument::Parse((*invalid)->status);
  if (!status) return std::nullopt;
  return api::ParseObjectStatus((*invalid)->key.kind, status->root());
}

StatusKeeper::StatusKeeper(Engine* engine, const xds::Catalog* catalog, Write write, Written written,
                           StatusPatience patience, const Clock* clock)
    : engine_(engine),
      catalog_(catalog),
      write_(std::move(write)),
      written_(std::move(written)),
      patience_(patience),
      clock_(clock) {}

void StatusKeeper::LookAtProxies(const reconcilers::World& world, const ObjectKey& key,
                                 PolicyPicture* picture) const {
  std::map<xds::Audience, std::vector<std::string>> expected;
  for (const NamespacedName& waypoint : world.WaypointsOf(key)) {
    const auto found = world.waypoints().find(waypoint);
    if (found != world.waypoints().end()) expected[waypoint] = found->second->proxies;
  }
  const api::ProxyCounts counts = catalog_->CountFor(key, expected, picture->meta.generation);
  api::PolicyStatus desired = world.StatusOf(key, counts);
  const bool by_hand = !expected.empty() && std::all_of(expected.begin(), expected.end(),
                                                        [](const auto& e) { return e.second.empty(); });
  if (picture->live) {
    const auto& live = std::get<api::PolicyStatus>(*picture->live);
    const bool fewer = counts.needed < live.proxies.needed &&
                       (counts.needed == 0 || counts.programmed < live.proxies.programmed);
    picture->gone = by_hand && fewer && live.observed_generation == desired.observed_generation;
  }
  picture->desired = std::move(desired);
  picture->awaited = world.AwaitsIstio(key);
}

std::optional<PolicyPicture> StatusKeeper::Look(const ObjectKey& key, std::string* shown) {
  return engine_->Read([&](const reconcilers::World& world) -> std::optional<PolicyPicture> {
    const std::optional<AnyObject> object = world.Find(key);
    if (!object) return std::nullopt;
    PolicyPicture picture{MetaOf(*object), {}, LiveObjectStatusOf(*object)};
    if (key.kind == Kind::kWorkspace || key.kind == Kind::kWorkspaceSettings) {
      picture.desired = world.ObjectStatusOf(key, {}).value_or(api::ObjectStatus());
      picture.awaited = world.AwaitsTenancy(key);
    } else {
      LookAtProxies(world, key, &picture);
    }
    *shown = picture.meta.resource_version;
    const std::lock_guard lock(mutex_);
    ForgetSeen(world);
    const auto memory = memory_.find(key);
    if (memory != memory_.end() && memory->second.written && memory->second.written->over == *shown) {
      picture.meta.resource_version = memory->second.written->version;
      picture.live = memory->second.written->status;
    }
    return picture;
  });
}

// The watch has shown a newer version: what we wrote is in it, or somebody wrote after us. A few at a time,
// the longest written first; a burst of writes is soon forgotten.
void StatusKeeper::ForgetSeen(const reconcilers::World& world) {
  for (size_t n = std::min(unseen_.size(), kLookedAt); n > 0; --n) {
    ObjectKey key = std::move(unseen_.front());
    unseen_.pop_front();
    const auto memory = memory_.find(key);
    if (memory == memory_.end() || !memory->second.written) continue;
    const std::optional<AnyObject> object = world.Find(key);
    if (object && MetaOf(*object).resource_version == memory->second.written->over) {
      unseen_.push_back(std::move(key));
      continue;
    }
    memory->second.written.reset();
    if (memory->second.empty()) memory_.erase(memory);
  }
}

bool StatusKeeper::IsSettled(const PolicyPicture& picture) {
  return IsComplete(ProxiesOf(picture.desired)) && !picture.awaited && !picture.gone;
}

StatusDecision StatusKeeper::Consider(Memory* memory, const PolicyPicture& picture) const {
  if (memory->uid != picture.meta.uid || memory->generation != picture.meta.generation) {
    memory->uid = picture.meta.uid;
    memory->generation = picture.meta.generation;
    memory->incomplete_since.reset();
    memory->incomplete_writes = 0;
  }
  const Clock::TimePoint now = clock_->Now();
  StatusPatience patience = patience_.After(memory->incomplete_writes);
  // Objects that are being written are soon there; nobody waits for the word that they are not.
  if (!std::holds_alternative<api::PolicyStatus>(picture.desired)) patience.lagging = patience.most;
  const StatusDecision decision = Decide(picture.desired, picture.live, memory->incomplete_since, now,
                                         patience, picture.awaited, picture.gone);
  if (IsSettled(picture)) {
    memory->incomplete_since.reset();
    memory->incomplete_writes = 0;
  } else if (!memory->incomplete_since) {
    memory->incomplete_since = now;
  }
  return decision;
}

void StatusKeeper::Remember(const ObjectKey& key, const std::string& over, const PolicyPicture& picture,
                            const std::string& version) {
  const std::lock_guard lock(mutex_);
  Memory& memory = memory_[key];
  if (!memory.written) unseen_.push_back(key);
  memory.written = std::make_unique<OwnWrite>(OwnWrite{over, version, picture.desired});
  if (!IsSettled(picture)) {
    memory.incomplete_since = clock_->Now();
    ++memory.incomplete_writes;
  }
  ++writes_;
}

// Nobody tells of deleted policies: they are looked for whenever the memory has doubled.
void StatusKeeper::ForgetDeleted() {
  {
    const std::lock_guard lock(mutex_);
    if (memory_.size() < forget_at_) return;
    forget_at_ = SIZE_MAX;  // one at a time
  }
  const std::vector<ObjectKey> present = engine_->Read([](const reconcilers::World& world) {
    std::vector<ObjectKey> keys = world.policies();
    for (ObjectKey& key : world.TenancyObjects()) keys.push_back(std::move(key));  // kinds after those
    return keys;
  });
  const std::lock_guard lock(mutex_);
  std::erase_if(memory_, [&](const auto& entry) {
    return !std::binary_search(present.begin(), present.end(), entry.first);
  });
  forget_at_ = std::max<size_t>(256, memory_.size() * 2);
}

StatusKeeper::Outcome StatusKeeper::Process(const ObjectKey& key) {
  std::string shown;
  std::optional<PolicyPicture> picture = Look(key, &shown);
  if (!picture || picture->meta.deleting) {
    const std::lock_guard lock(mutex_);
    memory_.erase(key);
    return {};
  }
  ForgetDeleted();
  {
    const std::lock_guard lock(mutex_);
    const auto memory = memory_.try_emplace(key).first;
    const StatusDecision decision = Consider(&memory->second, *picture);
    if (memory->second.empty()) memory_.erase(memory);
    if (decision.action == StatusAction::kNothing) return {};
    if (decision.action == StatusAction::kWait) return {{}, decision.wait};
  }
  StampTransitions(&picture->desired, picture->live, clock_->WallNow());
  const Result<std::string> version = write_(key, *picture);
  if (!version) {
    // Somebody wrote in between, or it is gone: the watch brings the newer state, and with it this key.
    const ErrorClass error = version.error().error_class;
    if (error == ErrorClass::kNotFound) return {};
    return {Unexpected(version.error()), {}};
  }
  Remember(key, shown, *picture, *version);
  written_(key, *picture);
  return {};
}

size_t StatusKeeper::remembered() const {
  const std::lock_guard lock(mutex_);
  return memory_.size();
}

uint64_t StatusKeeper::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

}  // namespace fairlead::app
