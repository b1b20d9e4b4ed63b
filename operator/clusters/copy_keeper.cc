#include "operator/clusters/copy_keeper.h"

#include <utility>

namespace fairlead::clusters {
namespace {

using reconcilers::RemoteState;
using runtime::Outcome;

// No cluster has such a name.
constexpr char kSweep[] = "*";

// When what is known of it was heard; nullopt: there is nothing to be kept now.
std::optional<Timestamp> HeardOf(const CopySource& source, bool ends, Timestamp now) {
  if (source.identity.empty() || source.status.kept) return std::nullopt;
  switch (source.status.state) {
    case RemoteState::kConnecting:
      return std::nullopt;
    case RemoteState::kFresh:
      return ends ? std::optional(now) : std::nullopt;
    case RemoteState::kStale:
    case RemoteState::kExpired:
      return source.status.since;
  }
  return std::nullopt;
}

}  // namespace

CopyKeeper::CopyKeeper(CopyOptions options, CopyParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      store_(parts_.transport, parts_.fence, options_.ns),
      written_(CopyCounter(parts_.metrics, "written")),
      deleted_(CopyCounter(parts_.metrics, "deleted")),
      failed_(CopyCounter(parts_.metrics, "failed")),
      too_large_(CopyCounter(parts_.metrics, "too_large")),
      queue_({}, parts_.clock) {}

CopyKeeper::~CopyKeeper() { Stop(); }

void CopyKeeper::Start() {
  worker_ = std::jthread([this] { Work(); });
}

void CopyKeeper::Stop() {
  if (!worker_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    give_up_at_ = parts_.clock->Now() + options_.finish;
    for (const auto& [cluster, source] : sources_) queue_.Add(cluster);
  }
  queue_.ShutDown();
  worker_.join();
}

void CopyKeeper::OnNamed(std::set<std::string> clusters) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sources_, [&](const auto& entry) { return !clusters.contains(entry.first); });
  named_ = std::move(clusters);
  if (!copies_) return;
  for (const auto& [cluster, entry] : *copies_) {
    if (!named_->contains(cluster)) queue_.Add(cluster);
  }
}

void CopyKeeper::OnState(const std::string& cluster, CopySource source) {
  const std::lock_guard lock(mutex_);
  sources_.insert_or_assign(cluster, std::move(source));
  queue_.Add(cluster);
}

void CopyKeeper::OnLeadership(bool gained) {
  const std::lock_guard lock(mutex_);
  copies_.reset();  // another one may write now
  if (gained) queue_.Add(kSweep);
}

std::map<std::string, Timestamp> CopyKeeper::copies() const {
  std::map<std::string, Timestamp> out;
  const std::lock_guard lock(mutex_);
  if (!copies_) return out;
  for (const auto& [cluster, entry] : *copies_) out[cluster] = entry.heard;
  return out;
}

void CopyKeeper::Work() {
  while (const std::optional<std::string> cluster = queue_.Take({})) queue_.Done(*cluster, Process(*cluster));
}

Outcome CopyKeeper::Process(const std::string& cluster) {
  if (!parts_.fence->Leading()) return Outcome::Ok();  // with the lease comes a sweep
  if (cluster == kSweep) return Sweep();
  // What fails is tried once more at once, with new eyes: at the end there is no later. An answer that was
  // lost shows in what is there.
  const Outcome first = Try(cluster, false);
  return first.type == Outcome::Type::kRetry ? Try(cluster, true) : first;
}

Outcome CopyKeeper::Try(const std::string& cluster, bool again) {
  bool swept = false;
  {
    const std::lock_guard lock(mutex_);
    swept = copies_.has_value();
  }
  if (!swept && Sweep().type == Outcome::Type::kRetry) return Outcome::Retry();
  Outcome outcome;
  const std::optional<Job> job = JobFor(cluster, &outcome);
  if (!job) return outcome;
  const Result<void> done = job->source ? Write(cluster, *job) : Delete(cluster, *job->there);
  if (done) return Outcome::Ok();
  return Failed(cluster, job->source.value_or(CopySource()), done.error(), again);
}

std::optional<CopyKeeper::Job> CopyKeeper::JobFor(const std::string& cluster, Outcome* wait) const {
  const std::lock_guard lock(mutex_);
  const Clock::TimePoint now = parts_.clock->Now();
  if (!copies_ || (give_up_at_ && now >= *give_up_at_)) return std::nullopt;
  Job job;
  if (const auto at = copies_->find(cluster); at != copies_->end()) job.there = at->second;
  if (named_ && !named_->contains(cluster)) return job.there ? std::optional(job) : std::nullopt;
  const auto source = sources_.find(cluster);
  if (source == sources_.end()) return std::nullopt;
  const Timestamp today = parts_.clock->WallNow();
  const auto heard = HeardOf(source->second, give_up_at_.has_value(), today);
  if (!heard) return std::nullopt;
  const bool fresh = source->second.status.state == RemoteState::kFresh;  // more than a second tells
  // One of the future was written by another clock, and would stand until then.
  if (!fresh && job.there && job.there->heard >= *heard && job.there->heard <= today) return std::nullopt;
  const auto hopeless = hopeless_.find(cluster);
  if (hopeless != hopeless_.end() && hopeless->second >= *heard) return std::nullopt;
  const auto last = last_.find(cluster);
  if (give_up_at_ && last != last_.end() && last->second >= *give_up_at_ - options_.finish)
    return std::nullopt;  // at the end, once
  if (!give_up_at_ && last != last_.end() && now < last->second + options_.between) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(last->second + options_.between - now);
    *wait = Outcome::After(left);
    return std::nullopt;
  }
  job.source = source->second;
  job.heard = *heard;
  return job;
}

// What is there is looked at once in a term: nobody else writes in its course.
Outcome CopyKeeper::Sweep() {
  Result<std::map<std::string, CopyEntry>> list = store_.List();
  if (!list) {
    failed_.Add();
    parts_.log->Warn("kept copies of clusters cannot be listed", {{"error", list.error().message}});
    return Outcome::Retry();
  }
  const std::lock_guard lock(mutex_);
  copies_ = *std::move(list);
  for (const auto& [cluster, entry] : *copies_) queue_.Add(cluster);
  for (const auto& [cluster, source] : sources_) queue_.Add(cluster);
  return Outcome::Ok();
}

Result<void> CopyKeeper::Write(const std::string& cluster, const Job& job) {
  const std::optional<reconcilers::Known> known = parts_.known(cluster);
  if (!known) return {};
  const Result<std::string> bytes =
      EncodeCopy({cluster, job.source->identity, options_.by, job.heard}, *known);
  if (!bytes) {
    too_large_.Add();
    Tell(cluster, *job.source, bytes.error().message);
    const std::lock_guard lock(mutex_);
    hopeless_[cluster] = job.heard;
    return {};
  }
  const Result<CopyEntry> entry = store_.Write(cluster, job.source->owner, job.heard, *bytes, job.there);
  if (!entry) return Unexpected(entry.error());
  written_.Add();
  parts_.log->Info("what was last known of a cluster is kept", {{"cluster", cluster},
                                                                {"heard", job.heard.ToString()},
                                                                {"slices", known->slices.size()},
                                                                {"bytes", bytes->size()}});
  const std::lock_guard lock(mutex_);
  last_[cluster] = parts_.clock->Now();
  if (copies_) copies_->insert_or_assign(cluster, *entry);
  return {};
}

Result<void> CopyKeeper::Delete(const std::string& cluster, const CopyEntry& there) {
  if (const Result<void> gone = store_.Delete(cluster, there); !gone) return Unexpected(gone.error());
  deleted_.Add();
  parts_.log->Info("the kept copy of a cluster is deleted: no Secret names it", {{"cluster", cluster}});
  const std::lock_guard lock(mutex_);
  if (copies_) copies_->erase(cluster);
  last_.erase(cluster);
  hopeless_.erase(cluster);
  return {};
}

// What is there is not what was thought to be, or the API server does not answer: looked at anew.
Outcome CopyKeeper::Failed(const std::string& cluster, const CopySource& source, const Error& error,
                           bool tell) {
  if (error.error_class == ErrorClass::kCancelled) return Outcome::Ok();  // the lease is gone
  failed_.Add();
  if (tell) Tell(cluster, source, error.message);
  const std::lock_guard lock(mutex_);
  copies_.reset();
  return Outcome::Retry();
}

void CopyKeeper::Tell(const std::string& cluster, const CopySource& source, const std::string& why) {
  parts_.log->Error("what was last known of a cluster is not kept", {{"cluster", cluster}, {"reason", why}});
  if (parts_.events == nullptr || source.owner.uid.empty()) return;
  parts_.events->Record({.regarding = {"v1", "Secret", options_.ns, source.owner.secret, source.owner.uid},
                         .reason = "ClusterNotKept",
                         .action = "Keep",
                         .note = "what was last known of cluster " + cluster + " is not kept: " + why,
                         .warning = true});
}

}  // namespace fairlead::clusters
