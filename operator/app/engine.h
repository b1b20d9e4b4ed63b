// Engine: the one thread that owns the World; from watch events to what the proxies get.
//
// Watches push events from their threads; the engine takes whatever has come (so a burst coalesces while it
// works, and nothing waits for a timer), lowers what was touched, and publishes it to the Catalog. Nothing is
// published before every watched kind has had its first list. Reads of the World from other threads go
// through Read(): in the caller's own thread while the engine has nothing to do, beside other readers; else
// on the engine's, in their turn. Either way a read sees every event that was pushed before it.
//
//   Engine engine(options, &catalog, [](const std::set<ObjectKey>& policies) { statuses.Enqueue(policies);
//   }); engine.Start(); engine.Push(Engine::Upsert{object});
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <variant>
#include <vector>

#include "crds/base/clock.h"
#include "crds/object/any_object.h"
#include "dataplane/envoy/planner.h"
#include "dataplane/xds/catalog.h"
#include "reconcilers/store/remotes.h"
#include "reconcilers/world.h"

namespace fairlead::app {

struct EngineOptions {
  reconcilers::WorldOptions world;
  envoy::PlannerOptions planner;
  std::set<Kind>
      kinds;  // that are watched: each must be listed (or found absent) before the first publication
  bool await_istio = false;               // IstioFacts must have come, too
  bool await_clusters = false;            // and ClustersSettled
  size_t max_pending = 16'384;            // events; beyond it Push waits, and so does the watch behind it
  const Clock* clock = &Clock::System();  // for the ends of drills
};

// Counters since the start; for metrics and the debug dump.
struct EngineStats {
  uint64_t events = 0;  // taken from the inbox
  uint64_t drains = 0;  // rounds of lowering
  uint64_t services_lowered = 0;
  uint64_t resources_published = 0;
  uint64_t pending = 0;  // in the inbox now
};

class Engine {
 public:
  struct Upsert {
    AnyObject object;
  };
  struct Remove {
    ObjectKey key;
  };
  struct Replace {
    Kind kind;
    std::vector<AnyObject> objects;
  };
  struct Absent {
    Kind kind;
  };  // the API server does not serve the kind: as an empty list
  struct IstioFacts {
    reconcilers::IstioCapabilities capabilities;
  };
  struct IstioResult {
    ObjectKey service;
    uint64_t epoch = 0;
    reconcilers::IstioReport report;
  };
  struct TenancyResult {
    std::string workspace;
    uint64_t epoch = 0;
    reconcilers::TenancyReport report;
  };
  struct WaypointResult {
    std::string ns;
    std::map<ObjectKey, std::string> problems;
  };
  struct Gone {};
  struct Kept {
    std::vector<AnyObject> objects;
  };
  // Of another cluster: its objects, what an operator before has kept of it, its state, or that it is none of
  // ours any more.
  struct Remote {
    std::string cluster;
    std::variant<Upsert, Remove, Replace, Kept, reconcilers::RemoteStatus, Gone> what;
  };
  struct ClustersSettled {};  // of other clusters is known what can be known at the start
  using Event = std::variant<Upsert, Remove, Replace, Absent, IstioFacts, IstioResult, TenancyResult,
                             WaypointResult, Remote, ClustersSettled>;

  // `on_delta`: called after a publication, with what changed; on the engine's thread, or one that it waits
  // for.
  Engine(EngineOptions options, xds::Catalog* catalog,
         std::function<void(const reconcilers::Delta&)> on_delta);
  ~Engine();

  void Start();
  void Stop();             // takes no further events; returns when the thread has ended
  void Push(Event event);  // waits while the inbox is full

  // Runs `f(const World&)` after the events pushed before. Not from the engine's own thread, nor from within
  // another read. When the engine has stopped, it runs at once in the caller.
  template <class F>
  auto Read(F f) -> decltype(f(std::declval<const reconcilers::World&>())) {
    using R = decltype(f(std::declval<const reconcilers::World&>()));
    if (const IdleRead idle(this); idle) return f(static_cast<const reconcilers::World&>(world_));
    std::promise<R> promise;
    std::future<R> future = promise.get_future();
    Post([&] {
      if constexpr (std::is_void_v<R>) {
        f(static_cast<const reconcilers::World&>(world_));
        promise.set_value();
      } else {
        promise.set_value(f(static_cast<const reconcilers::World&>(world_)));
      }
    });
    return future.get();
  }

  // The same for who cannot wait at all: nullopt while the engine is at work. `f` is quick, and in its course
  // the World stands still.
  template <class F>
  auto TryRead(F f) -> std::optional<decltype(f(std::declval<const reconcilers::World&>()))> {
    const IdleRead idle(this);
    if (!idle) return std::nullopt;
    return f(static_cast<const reconcilers::World&>(world_));
  }

  // The same for who can wait for a while: nullopt after `patience` for the engine. `f` may still run later,
  // so it owns what it uses.
  template <class F>
  auto ReadWithin(std::chrono::milliseconds patience, F f)
      -> std::optional<decltype(f(std::declval<const reconcilers::World&>()))> {
    using R = decltype(f(std::declval<const reconcilers::World&>()));
    if (const IdleRead idle(this); idle) return f(static_cast<const reconcilers::World&>(world_));
    auto promise = std::make_shared<std::promise<R>>();
    std::future<R> future = promise->get_future();
    Post([this, promise, f = std::move(f)] {
      promise->set_value(f(static_cast<const reconcilers::World&>(world_)));
    });
    if (future.wait_for(patience) != std::future_status::ready) return std::nullopt;
    return future.get();
  }

  // The resources of a waypoint, as planned.
  std::vector<xds::ResourcePtr> ResourcesOf(const xds::Audience& waypoint);

  std::set<Kind> PendingKinds() const;  // not listed yet
  bool ready() const;
  EngineStats stats() const;

 private:
  using Item = std::variant<Event, std::function<void()>>;

  // Holds the engine back from changing the World, where it waits for events; false: it is at work. New
  // readers are not taken once an event has come, so it never waits for more than those that were there.
  class IdleRead {
   public:
    explicit IdleRead(Engine* engine);
    ~IdleRead();
    IdleRead(const IdleRead&) = delete;
    IdleRead& operator=(const IdleRead&) = delete;
    explicit operator bool() const { return engine_ != nullptr; }

   private:
    Engine* engine_;
  };

  void Post(std::function<void()> task);
  void Run();
  // Until there are events, or a drill ends by its time: then true. With the lock held.
  bool AwaitEvents(std::unique_lock<std::mutex>* lock);
  void Handle(Event& event);
  void HandleRemote(const Remote& remote);
  void Publish();
  void PublishFirst();
  void Publish(const reconcilers::Delta& delta);

  const EngineOptions options_;
  xds::Catalog* const catalog_;
  const std::function<void(const reconcilers::Delta&)> on_delta_;
  reconcilers::World world_;  // changed by the engine's thread only, while nobody reads
  envoy::Planner planner_;    // likewise, or of one that it waits for
  bool first_published_ = false;
  bool listed_ = false;  // a list was handled since memory was last given back

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable room_;
  std::condition_variable no_readers_;
  std::deque<Item> inbox_;
  bool idle_ = false;  // waiting for events
  size_t readers_ = 0;
  std::set<Kind> pending_kinds_;
  bool istio_pending_, clusters_pending_;
  EngineStats stats_;
  bool started_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  std::condition_variable ended_signal_;
  std::mutex offline_mutex_;
  std::thread thread_;
};

}  // namespace fairlead::app
