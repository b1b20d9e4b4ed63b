#include "operator/app/engine.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "operator/runtime/resident.h"

namespace fairlead::app {
namespace {

constexpr size_t kFirstServices = 64;  // that are lowered at once at the start

}  // namespace

Engine::Engine(EngineOptions options, xds::Catalog* catalog,
               std::function<void(const reconcilers::Delta&)> on_delta)
    : options_(std::move(options)),
      catalog_(catalog),
      on_delta_(std::move(on_delta)),
      world_(options_.world),
      planner_(options_.planner),
      pending_kinds_(options_.kinds),
      istio_pending_(options_.await_istio),
      clusters_pending_(options_.await_clusters) {}

Engine::~Engine() { Stop(); }

void Engine::Start() {
  const std::lock_guard lock(mutex_);
  if (started_ || stopping_) return;
  started_ = true;
  thread_ = std::thread([this] { Run(); });
}

void Engine::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  room_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Engine::Push(Event event) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return stopping_ || inbox_.size() < options_.max_pending; });
  if (stopping_) return;
  inbox_.emplace_back(std::move(event));
  lock.unlock();
  wake_.notify_one();
}

void Engine::Post(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  if (started_ && !stopping_) {
    inbox_.emplace_back(std::move(task));
    lock.unlock();
    wake_.notify_one();
    return;
  }
  // Not running: the caller's thread stands in for the engine's, one at a time.
  ended_signal_.wait(lock, [this] { return !started_ || ended_; });
  lock.unlock();
  const std::lock_guard offline(offline_mutex_);
  task();
}

Engine::IdleRead::IdleRead(Engine* engine) : engine_(nullptr) {
  const std::lock_guard lock(engine->mutex_);
  if (!engine->idle_ || engine->stopping_ || !engine->inbox_.empty()) return;
  ++engine->readers_;
  engine_ = engine;
}

Engine::IdleRead::~IdleRead() {
  if (engine_ == nullptr) return;
  const std::lock_guard lock(engine_->mutex_);
  if (--engine_->readers_ == 0) engine_->no_readers_.notify_one();
}

bool Engine::AwaitEvents(std::unique_lock<std::mutex>* lock) {
  const auto woken = [this] { return stopping_ || !inbox_.empty(); };
  const std::optional<Timestamp> deadline = world_.NextDeadline();
  if (!deadline) {
    wake_.wait(*lock, woken);
    return false;
  }
  const int64_t left = deadline->seconds - options_.clock->WallNow().seconds;
  return !wake_.wait_for(*lock, std::chrono::seconds(std::max<int64_t>(left, 0)), woken);
}

void Engine::Run() {
  for (;;) {
    std::deque<Item> batch;
    bool changed = false;
    {
      std::unique_lock lock(mutex_);
      idle_ = true;
      changed = AwaitEvents(&lock);
      idle_ = false;
      no_readers_.wait(lock, [this] { return readers_ == 0; });
      batch.swap(inbox_);
      if (batch.empty() && stopping_) {
        ended_ = true;
        break;
      }
    }
    room_.notify_all();
    for (Item& item : batch) {
      if (auto* event = std::get_if<Event>(&item)) {
        Handle(*event);
        changed = true;
        const std::lock_guard lock(mutex_);
        ++stats_.events;
      } else {
        if (std::exchange(changed, false)) Publish();  // a read sees all events before it
        std::get<std::function<void()>>(item)();
      }
    }
    if (changed) Publish();
    batch.clear();
    // A list leaves much behind that was needed once, the start even more.
    if (std::exchange(listed_, false) && first_published_) runtime::ReturnMemory();
  }
  ended_signal_.notify_all();
}

void Engine::Handle(Event& event) {
  std::optional<Kind> listed;
  if (auto* upsert = std::get_if<Upsert>(&event)) {
    world_.Apply(upsert->object);
  } else if (auto* remove = std::get_if<Remove>(&event)) {
    world_.Remove(remove->key);
  } else if (auto* replace = std::get_if<Replace>(&event)) {
    world_.Replace(replace->kind, replace->objects);
    listed = replace->kind;
  } else if (auto* absent = std::get_if<Absent>(&event)) {
    world_.Replace(absent->kind, {});
    listed = absent->kind;
  } else if (auto* facts = std::get_if<IstioFacts>(&event)) {
    world_.SetIstio(facts->capabilities);
    const std::lock_guard lock(mutex_);
    istio_pending_ = false;
  } else if (auto* result = std::get_if<IstioResult>(&event)) {
    world_.ReportIstio(result->service, result->epoch, std::move(result->report));
  } else if (auto* written = std::get_if<TenancyResult>(&event)) {
    world_.ReportTenancy(written->workspace, written->epoch, std::move(written->report));
  } else if (auto* waypoints = std::get_if<WaypointResult>(&event)) {
    world_.ReportWaypoints(waypoints->ns, std::move(waypoints->problems));
  } else if (auto* remote = std::get_if<Remote>(&event)) {
    HandleRemote(*remote);
  } else if (std::holds_alternative<ClustersSettled>(event)) {
    const std::lock_guard lock(mutex_);
    clusters_pending_ = false;
  }
  if (listed) {
    listed_ = true;
    const std::lock_guard lock(mutex_);
    pending_kinds_.erase(*listed);
  }
}

void Engine::HandleRemote(const Remote& remote) {
  if (const auto* upsert = std::get_if<Upsert>(&remote.what)) {
    world_.ApplyRemote(remote.cluster, upsert->object);
  } else if (const auto* remove = std::get_if<Remove>(&remote.what)) {
    world_.RemoveRemoteObject(remote.cluster, remove->key);
  } else if (const auto* replace = std::get_if<Replace>(&remote.what)) {
    world_.ReplaceRemote(remote.cluster, replace->kind, replace->objects);
    listed_ = true;
  } else if (const auto* kept = std::get_if<Kept>(&remote.what)) {
    world_.KeepRemote(remote.cluster, kept->objects);
    listed_ = true;
  } else if (const auto* status = std::get_if<reconcilers::RemoteStatus>(&remote.what)) {
    world_.SetRemoteState(remote.cluster, *status);
    if (status->state == reconcilers::RemoteState::kFresh) listed_ = true;  // much is lowered now
  } else {
    world_.RemoveRemote(remote.cluster);
  }
}

void Engine::Publish() {
  if (!first_published_ && !ready()) return;  // half a state is no state
  world_.SetNow(options_.clock->WallNow());
  if (!std::exchange(first_published_, true)) return PublishFirst();
  const reconcilers::Delta delta = world_.Drain();
  if (!delta.empty()) Publish(delta);
}

// Part by part, as nobody is served yet. While one part is planned the next is lowered: what World hands out
// is never changed, so no more than the parts themselves goes from one thread to the other.
void Engine::PublishFirst() {
  std::future<void> planned;
  for (bool more = true; more;) {
    auto part = std::make_shared<reconcilers::Delta>();
    more = world_.DrainPart(kFirstServices, part.get());
    if (planned.valid()) planned.get();
    planned = std::async(std::launch::async, [this, part = std::move(part)] { Publish(*part); });
  }
  planned.get();
  catalog_->SetReady();
}

void Engine::Publish(const reconcilers::Delta& delta) {
  const xds::Update update = planner_.Plan(delta);
  if (!update.empty()) catalog_->Publish(update);
  {
    const std::lock_guard lock(mutex_);
    ++stats_.drains;
    stats_.services_lowered += delta.services.size();
    for (const auto& [audience, change] : update.audiences)
      stats_.resources_published += change.changed.size();
  }
  on_delta_(delta);
}

std::vector<xds::ResourcePtr> Engine::ResourcesOf(const xds::Audience& waypoint) {
  return Read([&](const reconcilers::World&) { return planner_.ResourcesOf(waypoint); });
}

std::set<Kind> Engine::PendingKinds() const {
  const std::lock_guard lock(mutex_);
  return pending_kinds_;
}

bool Engine::ready() const {
  const std::lock_guard lock(mutex_);
  return pending_kinds_.empty() && !istio_pending_ && !clusters_pending_;
}

EngineStats Engine::stats() const {
  const std::lock_guard lock(mutex_);
  EngineStats stats = stats_;
  stats.pending = inbox_.size();
  return stats;
}

}  // namespace fairlead::app
