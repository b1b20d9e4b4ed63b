#include "tests/bench/raw_watch.h"

namespace fairlead::bench {
namespace {

Seen SeenOf(const AnyObject& object, Time at) {
  const ObjectMeta& meta = MetaOf(object);
  Seen out{meta.resource_version, meta.generation, 0, false, at};
  if (const auto* policy = std::get_if<Ptr<api::RetryTimeoutPolicy>>(&object);
      policy != nullptr && (*policy)->status) {
    out.reported = (*policy)->status->observed_generation;
    const api::ProxyCounts& proxies = (*policy)->status->proxies;
    out.programmed = proxies.programmed == proxies.needed && proxies.needed > 0;
  }
  return out;
}

}  // namespace

struct RawWatch::Memory final : public kube::ObjectSink {
  void Remember(const AnyObject& object) {
    const std::lock_guard lock(mutex);
    Seen seen = SeenOf(object, came);
    const NamespacedName name = KeyOf(object).nn();
    arrivals[{name, seen.resource_version}] = came;
    objects[name] = std::move(seen);
    changed.notify_all();
  }
  void OnReplace(Kind, std::vector<AnyObject> all) override {
    for (const AnyObject& object : all) Remember(object);
  }
  void OnUpsert(Kind, AnyObject object) override { Remember(object); }
  void OnDelete(Kind, AnyObject last) override {
    const std::lock_guard lock(mutex);
    objects.erase(KeyOf(last).nn());
    changed.notify_all();
  }
  void OnSynced(Kind) override {
    const std::lock_guard lock(mutex);
    synced = true;
    changed.notify_all();
  }

  Time came;  // the watch's thread only
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool synced = false;
  std::map<NamespacedName, Seen> objects;
  std::map<std::pair<NamespacedName, std::string>, Time> arrivals;
};

// Looks at the clock before anything is read.
struct RawWatch::Handler final : public kube::WatchHandler {
  Handler(Kind kind, std::shared_ptr<Memory> to) : memory(std::move(to)), stream(kind, memory.get()) {}
  void BeginList() override { stream.BeginList(); }
  Result<kube::PageInfo> Page(std::string_view type, std::string_view body) override {
    return stream.Page(type, body);
  }
  void Whole() override {
    memory->came = std::chrono::steady_clock::now();
    stream.Whole();
  }
  Result<void> BeginStream(std::string_view type) override { return stream.BeginStream(type); }
  Result<void, FrameError> Bytes(std::string_view bytes, const Marks& marks) override {
    memory->came = std::chrono::steady_clock::now();
    return stream.Bytes(bytes, marks);
  }
  Result<void, FrameError> EndStream() override { return stream.EndStream(); }
  void Status(const kube::WatchStatus& status) override { stream.Status(status); }

  const std::shared_ptr<Memory> memory;
  kube::ObjectStream stream;
};

RawWatch::RawWatch(kube::HttpTransport* transport, Kind kind)
    : memory_(std::make_shared<Memory>()),
      reflector_(std::make_unique<kube::Reflector>(transport, kube::ObjectStream::TargetOf(kind),
                                                   std::make_unique<Handler>(kind, memory_))) {
  reflector_->Start();
}

RawWatch::~RawWatch() { reflector_->Stop(); }

bool RawWatch::AwaitSynced() {
  std::unique_lock lock(memory_->mutex);
  return memory_->changed.wait_for(lock, std::chrono::minutes(1), [this] { return memory_->synced; });
}

std::optional<Time> RawWatch::When(const NamespacedName& name, const std::string& resource_version) {
  std::unique_lock lock(memory_->mutex);
  auto at = memory_->arrivals.end();
  memory_->changed.wait_for(lock, std::chrono::minutes(1), [&] {
    at = memory_->arrivals.find({name, resource_version});
    return at != memory_->arrivals.end();
  });
  if (at == memory_->arrivals.end()) return std::nullopt;
  return memory_->arrivals.extract(at).mapped();
}

std::optional<Seen> RawWatch::AwaitObject(const NamespacedName& name,
                                          const std::function<bool(const Seen&)>& holds) {
  std::unique_lock lock(memory_->mutex);
  std::optional<Seen> out;
  memory_->changed.wait_for(lock, std::chrono::minutes(1), [&] {
    const auto at = memory_->objects.find(name);
    if (at == memory_->objects.end() || !holds(at->second)) return false;
    out = at->second;
    return true;
  });
  return out;
}

bool RawWatch::AwaitAll(const std::function<bool(const Seen&)>& holds, std::chrono::seconds limit) {
  std::unique_lock lock(memory_->mutex);
  return memory_->changed.wait_for(lock, limit, [&] {
    for (const auto& [name, seen] : memory_->objects) {
      if (!holds(seen)) return false;
    }
    return memory_->synced;
  });
}

std::map<NamespacedName, Seen> RawWatch::objects() const {
  const std::lock_guard lock(memory_->mutex);
  return memory_->objects;
}

}  // namespace fairlead::bench
