#include "operator/app/status_loop.h"

#include "operator/app/status_patch.h"
#include "operator/runtime/resident.h"
#include "reconcilers/status/events.h"

namespace fairlead::app {
namespace {

// A write takes one round trip; more workers only help when many policies change at once.
constexpr int kWorkers = 4;
constexpr const char kManager[] = "fairlead/status";

// "RetryTimeoutPolicy shop/ratings", "Workspace shop"
std::string QueueKey(const ObjectKey& key) { return key.ToString(); }

ObjectKey FromQueueKey(const std::string& text) {
  const size_t space = text.find(' '), slash = text.find('/', space);
  const KindInfo* info = FindKind(api::kGroup, text.substr(0, space));
  if (slash == std::string::npos) return {info->kind, "", text.substr(space + 1)};
  return {info->kind, text.substr(space + 1, slash - space - 1), text.substr(slash + 1)};
}

}  // namespace

StatusLoop::StatusLoop(Engine* engine, const xds::Catalog* catalog, kube::Client* client,
                       runtime::EventRecorder* events, const runtime::Fence* fence, runtime::Log* log,
                       const Clock* clock)
    : engine_(engine),
      client_(client),
      events_(events),
      fence_(fence),
      log_(log),
      queue_({.after_burst = runtime::ReturnMemory}, clock),
      keeper_(
          engine, catalog,
          [this](const ObjectKey& key, const PolicyPicture& picture) { return Write(key, picture); },
          [this](const ObjectKey& key, const PolicyPicture& picture) {
            log_->Info("status written",
                       {{"policy", key.ToString()}, {"generation", picture.meta.generation}});
          },
          {}, clock) {}

StatusLoop::~StatusLoop() { Stop(); }

void StatusLoop::Start() {
  for (int i = 0; i < kWorkers; ++i) {
    workers_.emplace_back([this](std::stop_token stop) { Work(stop); });
  }
}

void StatusLoop::Stop() {
  queue_.ShutDown();
  workers_.clear();  // asks them to stop, and waits
}

void StatusLoop::Enqueue(const std::set<ObjectKey>& keys) {
  if (!fence_->Leading()) return;
  for (const ObjectKey& key : keys) {
    if (HasStatus(key.kind)) queue_.Add(QueueKey(key));
  }
}

void StatusLoop::EnqueueAll() {
  if (!engine_->ready()) return;  // the first publication brings them all
  engine_->Read([&](const reconcilers::World& world) {
    for (const auto& keys : {world.policies(), world.TenancyObjects()}) {
      for (const ObjectKey& key : keys) queue_.Add(QueueKey(key));
    }
  });
}

void StatusLoop::Work(std::stop_token stop) {
  while (const std::optional<std::string> key = queue_.Take(stop)) {
    if (!fence_->Leading()) {
      queue_.Done(*key, runtime::Outcome::Ok());
      continue;
    }
    const StatusKeeper::Outcome outcome = keeper_.Process(FromQueueKey(*key));
    if (!outcome.result) {
      log_->Warn("status not written", {{"policy", *key}, {"error", outcome.result.error().message}});
    }
    queue_.Done(*key, outcome.again.count() > 0 ? runtime::Outcome::After(outcome.again)
                                                : runtime::Outcome::Of(outcome.result));
  }
}

// Events go first: they are told from the difference to the live status, which is gone once that is written.
// Whoever takes over after a crash in between tells them again, under the same names.
Result<std::string> StatusLoop::Write(const ObjectKey& key, const PolicyPicture& picture) {
  Tell(key, picture);
  const Result<kube::Written> written =
      client_->MergePatch({kube::ResourceOf(key.kind), key.ns, key.name},
                          R"({"status":)" + StatusPatch(picture.live, picture.desired) + "}",
                          picture.meta.resource_version, kManager, "status", kube::Client::Reply::kMetadata);
  if (!written) return Unexpected(written.error());
  return written->resource_version;
}

void StatusLoop::Tell(const ObjectKey& key, const PolicyPicture& picture) {
  const KindInfo& kind = InfoOf(key.kind);
  const runtime::ObjectReference object{std::string(kind.group) + "/" + std::string(kind.version),
                                        std::string(kind.name), key.ns, key.name, picture.meta.uid};
  for (const reconcilers::PolicyEvent& event : reconcilers::EventsOf(picture.live, picture.desired)) {
    events_->RecordNow({object, event.reason, "Program", event.message, event.warning});
  }
}

}  // namespace fairlead::app
