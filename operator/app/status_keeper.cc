#include "operator/app/status_keeper.h"

#include <algorithm>
#include <cstdint>

#include "crds/base/json.h"

namespace fairlead::app {
std::optional<api::PolicyStatus> LiveStatusOf(const AnyObject& object) {
  if (const auto* policy = std::get_if<Ptr<api::RetryTimeoutPolicy>>(&object)) return (*policy)->status;
  if (const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&object)) return (*policy)->status;
  const auto* invalid = std::get_if<Ptr<Invalid>>(&object);
  if (invalid == nullptr) return std::nullopt;
  const Kind kind = (*invalid)->key.kind;
  if (kind != Kind::kRetryTimeoutPolicy && kind != Kind::kFailoverPolicy) return std::nullopt;
  const Result<JsonDocument> status = JsonDocument::Parse((*invalid)->status);
  return status ? std::optional(api::ParsePolicyStatus(status->root())) : std::nullopt;
}

StatusKeeper::StatusKeeper(Engine* engine, const xds::Catalog* catalog, Write write, Written written,
                           StatusPatience patience, const Clock* clock)
    : engine_(engine),
      catalog_(catalog),
      write_(std::move(write)),
      written_(std::move(written)),
      patience_(patience),
      clock_(clock) {}

std::optional<PolicyPicture> StatusKeeper::Look(const ObjectKey& key) const {
  return engine_->Read([&](const reconcilers::World& world) -> std::optional<PolicyPicture> {
    const std::optional<AnyObject> object = world.Find(key);
    if (!object) return std::nullopt;
    std::optional<api::PolicyStatus> live = LiveStatusOf(*object);
    std::map<xds::Audience, std::vector<std::string>> expected;
    for (const NamespacedName& waypoint : world.WaypointsOf(key)) {
      const auto found = world.waypoints().find(waypoint);
      if (found != world.waypoints().end()) expected[waypoint] = found->second->proxies;
    }
    const api::ProxyCounts counts = catalog_->CountFor(key, expected, MetaOf(*object).generation);
    PolicyPicture picture{MetaOf(*object), world.StatusOf(key, counts), std::move(live),
                          world.AwaitsIstio(key)};
    const bool by_hand = !expected.empty() && std::all_of(expected.begin(), expected.end(),
                                                          [](const auto& e) { return e.second.empty(); });
    const api::ProxyCounts before = picture.live ? picture.live->proxies : api::ProxyCounts();
    const bool fewer =
        counts.needed < before.needed && (counts.needed == 0 || counts.programmed < before.programmed);
    picture.gone =
        by_hand && fewer && picture.live->observed_generation == picture.desired.observed_generation;
    return picture;
  });
}

bool StatusKeeper::IsSettled(const PolicyPicture& picture) {
  return IsComplete(picture.desired.proxies) && !picture.awaited && !picture.gone;
}

StatusDecision StatusKeeper::Consider(Memory* memory, PolicyPicture* picture) const {
  if (memory->uid != picture->meta.uid || memory->generation != picture->meta.generation) {
    memory->uid = picture->meta.uid;
    memory->generation = picture->meta.generation;
    memory->incomplete_since.reset();
    memory->incomplete_writes = 0;
  }
  if (memory->written_over == picture->meta.resource_version) {
    picture->meta.resource_version = memory->written_version;
    picture->live = memory->written;
  }
  const Clock::TimePoint now = clock_->Now();
  const StatusDecision decision =
      Decide(picture->desired, picture->live, memory->incomplete_since, now,
             patience_.After(memory->incomplete_writes), picture->awaited, picture->gone);
  if (IsSettled(*picture)) {
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
  memory.written_over = over;
  memory.written_version = version;
  memory.written = picture.desired;
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
  const std::vector<ObjectKey> present =
      engine_->Read([](const reconcilers::World& world) { return world.policies(); });
  const std::lock_guard lock(mutex_);
  std::erase_if(memory_, [&](const auto& entry) {
    return !std::binary_search(present.begin(), present.end(), entry.first);
  });
  forget_at_ = std::max<size_t>(256, memory_.size() * 2);
}

StatusKeeper::Outcome StatusKeeper::Process(const ObjectKey& key) {
  std::optional<PolicyPicture> picture = Look(key);
  if (!picture || picture->meta.deleting) {
    const std::lock_guard lock(mutex_);
    memory_.erase(key);
    return {};
  }
  ForgetDeleted();
  const std::string shown = picture->meta.resource_version;  // by the watch
  {
    const std::lock_guard lock(mutex_);
    const StatusDecision decision = Consider(&memory_[key], &*picture);
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
