#include "operator/clusters/registry.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "operator/kube/json_stream.h"

namespace fairlead::clusters {
namespace {

using reconcilers::RemoteState;
using reconcilers::RemoteStatus;

}  // namespace

class Registry::SecretStream final : public kube::JsonStream {
 public:
  explicit SecretStream(Registry* registry) : registry_(registry) {}

  void Status(const kube::WatchStatus& status) override {
    if (!status.reason.empty())
      registry_->parts_.log->Warn("Secrets of clusters cannot be watched", {{"reason", status.reason}});
  }

 private:
  void Replace(std::vector<Json::Value> objects) override {
    registry_->OnSecrets([&](ClusterSecrets* secrets) {
      secrets->Clear();
      for (const Json::Value& object : objects) secrets->Put(object);
    });
  }
  void Upsert(Json::Value object) override {
    registry_->OnSecrets([&](ClusterSecrets* secrets) { secrets->Put(object); });
  }
  void Delete(Json::Value last) override {
    registry_->OnSecrets(
        [&](ClusterSecrets* secrets) { secrets->Erase(last["metadata"]["name"].asString()); });
  }

  Registry* const registry_;
};

Registry::Registry(RegistryOptions options, RegistryParts parts)
    : options_(std::move(options)),
      parts_(parts),
      store_(parts.transport, nullptr, options_.ns),
      refused_(parts.metrics->AddGauge("fairlead_cluster_secrets_refused",
                                       "Keys of Secrets that are not read as a cluster as they say.")),
      used_(CopyCounter(parts.metrics, "used")),
      unusable_(CopyCounter(parts.metrics, "unusable")),
      secrets_(options_.own_cluster),
      watch_(std::make_unique<kube::Reflector>(parts.transport, ClusterSecrets::Target(options_.ns),
                                               std::make_unique<SecretStream>(this), kube::WatcherOptions{},
                                               parts.clock)) {}

Registry::~Registry() { Stop(); }

void Registry::Start() {
  settle_deadline_ = parts_.clock->Now() + options_.settle_limit;
  worker_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  watch_->Start();
}

void Registry::Stop() {
  watch_->Stop();
  worker_.request_stop();
  if (worker_.joinable()) worker_.join();
  for (const auto& [name, cluster] : connected_) cluster.connection->Stop();
}

void Registry::Announce() {
  const std::lock_guard lock(mutex_);
  announce_ = true;
  wake_.notify_all();
}

// --- what the watches tell, on their threads

void Registry::OnSecrets(const std::function<void(ClusterSecrets*)>& change) {
  const std::lock_guard lock(mutex_);
  change(&secrets_);
  secrets_changed_ = true;
  wake_.notify_all();
}

void Registry::OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) {
  parts_.log->Info("listed of another cluster",
                   {{"cluster", cluster}, {"kind", ToString(kind)}, {"objects", objects.size()}});
  parts_.sink->OnList(cluster, kind, std::move(objects));
  // After the objects: whoever hears of the state has them.
  const std::lock_guard lock(mutex_);
  shown_.at(cluster).health->OnListed(kind);
  health_changed_ = true;
  wake_.notify_all();
}

void Registry::OnObject(const std::string& cluster, AnyObject object) {
  parts_.sink->OnObject(cluster, std::move(object));
}

void Registry::OnObjectGone(const std::string& cluster, const ObjectKey& key) {
  parts_.sink->OnObjectGone(cluster, key);
}

void Registry::OnWatch(const std::string& cluster, Kind kind, const kube::WatchStatus& status) {
  const std::lock_guard lock(mutex_);
  Health& health = *shown_.at(cluster).health;
  const RemoteStatus before = health.status();
  health.OnStatus(kind, status);
  if (health.status() == before) return;
  health_changed_ = true;
  wake_.notify_all();
}

// --- the worker

void Registry::Run(const std::stop_token& stop) {
  for (;;) {
    std::optional<WishedClusters> wished;
    std::vector<ClusterProblem> again, unusable;
    {
      std::unique_lock lock(mutex_);
      const auto work = [this] { return secrets_changed_ || health_changed_ || announce_; };
      const Clock::TimePoint until = NextDeadline();
      if (until == Clock::TimePoint::max()) {
        wake_.wait(lock, stop, work);
      } else {
        wake_.wait_until(lock, stop, until, work);
      }
      if (stop.stop_requested()) return;
      if (std::exchange(secrets_changed_, false)) wished = secrets_.Resolve();
      if (std::exchange(announce_, false)) {
        again = problems_;
        for (const auto& [name, shown] : shown_) {
          if (shown.unusable) unusable.push_back(*shown.unusable);
        }
      }
      health_changed_ = false;
      for (auto& [name, shown] : shown_) {
        if (shown.health && parts_.clock->Now() >= shown.health->deadline()) shown.health->OnTimer();
      }
    }
    for (const ClusterProblem& problem : again) Say(problem, kRefused);
    for (const ClusterProblem& problem : unusable) Say(problem, kCopyUnusable);
    if (wished) Follow(*wished);
    Recall();
    Tell();
    bool settles = false;
    {
      const std::lock_guard lock(mutex_);
      followed_ = followed_ || wished;
      settles = Settles();
    }
    if (settles) parts_.sink->OnSettled();
  }
}

// By what the sink was told: what has changed since is told in the next round.
bool Registry::Settles() {
  if (settled_) return false;
  const bool heard = followed_ && std::all_of(shown_.begin(), shown_.end(), [&](const auto& entry) {
                       const Shown& shown = entry.second;
                       if (!shown.health) return true;
                       if (shown.told && shown.told->state != RemoteState::kConnecting) return true;
                       return IsMissed(*shown.health) && shown.recalled;
                     });
  settled_ = heard || (!followed_ && parts_.clock->Now() >= settle_deadline_);
  return settled_;
}

bool Registry::IsMissed(const Health& health) const {
  return health.status().state == RemoteState::kConnecting &&
         (!health.status().reason.empty() || (!settled_ && parts_.clock->Now() >= settle_deadline_));
}

Clock::TimePoint Registry::NextDeadline() const {
  Clock::TimePoint next = settled_ ? Clock::TimePoint::max() : settle_deadline_;
  for (const auto& [name, shown] : shown_) {
    if (shown.health) next = std::min(next, shown.health->deadline());
  }
  return next;
}

void Registry::Follow(const WishedClusters& wished) {
  std::set<std::string> gone, named;
  for (const auto& [name, entry] : wished.clusters) named.insert(name);
  if (parts_.copies != nullptr) parts_.copies->OnNamed(std::move(named));
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, shown] : shown_) {
      if (!wished.clusters.contains(name)) gone.insert(name);
    }
  }
  for (const std::string& name : gone) Drop(name);
  std::vector<ClusterProblem> problems = wished.problems;
  for (const auto& [name, entry] : wished.clusters) {
    if (entry.config) {
      Connect(name, entry, &problems);
    } else if (!connected_.contains(name)) {
      ShowRefused(name, entry, entry.config.error().message);
    }
  }
  std::sort(problems.begin(), problems.end());
  std::vector<ClusterProblem> fresh;
  {
    const std::lock_guard lock(mutex_);
    std::set_difference(problems.begin(), problems.end(), problems_.begin(), problems_.end(),
                        std::back_inserter(fresh));
    problems_ = std::move(problems);
    refused_.Set(static_cast<double>(problems_.size()));
  }
  for (const ClusterProblem& problem : fresh) {
    parts_.log->Error(
        "a cluster's Secret is refused",
        {{"cluster", problem.cluster}, {"secret", problem.secret}, {"reason", problem.message}});
    Say(problem, kRefused);
  }
}

void Registry::Connect(const std::string& name, const ClusterEntry& entry,
                       std::vector<ClusterProblem>* problems) {
  const auto at = connected_.find(name);
  if (at != connected_.end() && at->second.entry.kubeconfig == entry.kubeconfig) {
    at->second.entry = entry;
    const std::lock_guard lock(mutex_);
    shown_.at(name).report.secret = entry.secret;
    return;
  }
  Result<std::unique_ptr<Connection>> connection =
      Connection::Make(name, *entry.config, options_.watches, this, parts_.clock);
  if (!connection) {
    const std::string why = "secret " + entry.secret + ", key " + name + ": " + connection.error().message;
    problems->push_back({entry.secret, entry.uid, name, why});
    if (at == connected_.end()) ShowRefused(name, entry, why);
    return;
  }
  if (at != connected_.end()) at->second.connection->Stop();
  {
    const std::lock_guard lock(mutex_);
    Shown& shown = shown_[name];
    if (shown.health) {
      shown.health->Reconnect();
    } else {
      shown.health.emplace(Connection::Kinds(), options_.stale_limit, parts_.clock);
    }
    shown.report.secret = entry.secret;
    shown.report.server = entry.config->server;
  }
  parts_.log->Info(at == connected_.end() ? "cluster added" : "cluster has other credentials",
                   {{"cluster", name}, {"secret", entry.secret}, {"server", entry.config->server}});
  Cluster& cluster = connected_[name];
  cluster.entry = entry;
  cluster.connection = *std::move(connection);
  Tell();
  cluster.connection->Start();
}

void Registry::Drop(const std::string& name) {
  const auto at = connected_.find(name);
  const bool connected = at != connected_.end();
  if (connected) {
    at->second.connection->Stop();
    connected_.erase(at);
    parts_.sink->OnGone(name);
  }
  {
    const std::lock_guard lock(mutex_);
    shown_.erase(name);
  }
  SetState(name, "", {});
  parts_.log->Info("cluster removed", {{"cluster", name}});
}

// What has changed since it was told.
void Registry::Tell() {
  std::map<std::string, RemoteStatus> changed;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, shown] : shown_) {
      if (!shown.health) continue;
      Cluster& cluster = connected_[name];
      if (shown.health->listed()) {
        cluster.listed = IdentityOf(*cluster.entry.config);
        shown.unusable.reset();
      }
      if (shown.told == shown.health->status()) continue;
      shown.told = shown.health->status();
      changed[name] = *shown.told;
    }
  }
  for (const auto& [name, status] : changed) Tell(name, status);
}

void Registry::Tell(const std::string& name, const RemoteStatus& status) {
  parts_.sink->OnState(name, status);
  // After the sink: what is kept is read behind it.
  const Cluster& cluster = connected_[name];
  if (parts_.copies != nullptr)
    parts_.copies->OnState(name, {status, cluster.listed, {cluster.entry.secret, cluster.entry.uid}});
  SetState(name, std::string(ToString(status.state)), status.since, status.kept);
  const runtime::LogFields fields = {{"cluster", name},
                                     {"state", ToString(status.state)},
                                     {"reason", status.reason},
                                     {"kept", status.kept},
                                     {"policies", status.policies}};
  if (status.reason.empty()) {
    parts_.log->Info("state of another cluster", fields);
  } else {
    parts_.log->Warn("state of another cluster", fields);
  }
}

}  // namespace fairlead::clusters
