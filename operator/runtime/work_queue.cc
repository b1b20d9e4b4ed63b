#include "operator/runtime/work_queue.h"

#include <algorithm>

namespace fairlead::runtime {

Outcome Outcome::Of(const Result<void>& result) {
  if (result) return Ok();
  switch (result.error().error_class) {
    case ErrorClass::kInvalid:
    case ErrorClass::kNotFound:
    case ErrorClass::kCancelled:
    case ErrorClass::kFatal:
      return Ok();
    case ErrorClass::kForbidden:
      return After(std::chrono::seconds(30));
    case ErrorClass::kConflict:
    case ErrorClass::kTransient:
    case ErrorClass::kExpired:
      break;
  }
  const int asked = result.error().retry_after_seconds;
  return asked > 0 ? After(std::chrono::seconds(asked)) : Retry();
}

void WorkQueue::MakeReady(const Key& key, Entry& entry) {
  Unschedule(key, entry);
  if (entry.ready) return;
  if (entry.running) {
    entry.again = true;
    return;
  }
  entry.ready = true;
  ready_.push_back(key);
  changed_.notify_one();
}

void WorkQueue::Schedule(const Key& key, Entry& entry, Clock::TimePoint due) {
  if (entry.ready || entry.again) return;  // it comes sooner anyway
  if (entry.due && *entry.due <= due) return;
  Unschedule(key, entry);
  entry.due = due;
  waiting_.emplace(due, key);
  changed_.notify_one();
}

void WorkQueue::Unschedule(const Key& key, Entry& entry) {
  if (!entry.due) return;
  waiting_.erase({*entry.due, key});
  entry.due.reset();
}

void WorkQueue::Add(const Key& key) {
  std::lock_guard lock(mutex_);
  if (shut_) return;
  ++added_;
  MakeReady(key, entries_[key]);
}

void WorkQueue::AddAfter(const Key& key, std::chrono::milliseconds delay) {
  std::lock_guard lock(mutex_);
  if (shut_) return;
  ++added_;
  Schedule(key, entries_[key], clock_->Now() + delay);
}

void WorkQueue::PromoteDue() {
  const Clock::TimePoint now = clock_->Now();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const Key key = waiting_.begin()->second;
    MakeReady(key, entries_[key]);
  }
}

std::optional<WorkQueue::Key> WorkQueue::Pop() {
  PromoteDue();
  if (ready_.empty()) return std::nullopt;
  Key key = std::move(ready_.front());
  ready_.pop_front();
  Entry& entry = entries_[key];
  entry.ready = false;
  entry.running = true;
  ++running_;
  ++taken_;
  return key;
}

std::optional<WorkQueue::Key> WorkQueue::Poll() {
  std::lock_guard lock(mutex_);
  return Pop();
}

std::optional<WorkQueue::Key> WorkQueue::Take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (std::optional<Key> key = Pop()) return key;
    // A key that runs and was added again is still to come.
    if (shut_ && running_ == 0) return std::nullopt;
    const auto wake = [this] { return !ready_.empty() || (shut_ && running_ == 0); };
    if (waiting_.empty()) {
      changed_.wait(lock, stop, [&] { return wake() || !waiting_.empty(); });
    } else {
      const Clock::TimePoint next = waiting_.begin()->first;
      changed_.wait_until(lock, stop, next,
                          [&] { return wake() || waiting_.empty() || waiting_.begin()->first < next; });
    }
  }
  return std::nullopt;
}

void WorkQueue::Forget(const Key& key) {
  const auto it = entries_.find(key);
  const Entry& entry = it->second;
  if (!entry.ready && !entry.running && !entry.due && entry.failures == 0) entries_.erase(it);
}

bool WorkQueue::EndsBurst() {
  if (running_ > 0 || !ready_.empty()) return false;
  const uint64_t done = taken_ - std::exchange(empty_at_, taken_);
  return done >= options_.burst && options_.after_burst && !shut_;
}

void WorkQueue::Done(const Key& key, Outcome outcome) {
  std::unique_lock lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end() || !it->second.running) return;
  Entry& entry = it->second;
  entry.running = false;
  --running_;
  const bool again = std::exchange(entry.again, false);
  if (outcome.type == Outcome::Type::kRetry) {
    ++entry.failures;
    ++retried_;
  } else {
    entry.failures = 0;
  }
  if (again) {
    MakeReady(key, entry);
  } else if (!shut_ && outcome.type == Outcome::Type::kRetry) {
    const auto grown = options_.backoff_base * (int64_t{1} << std::min(entry.failures - 1, 30));
    Schedule(key, entry, clock_->Now() + std::min<std::chrono::milliseconds>(grown, options_.backoff_max));
  } else if (!shut_ && outcome.type == Outcome::Type::kAfter) {
    Schedule(key, entry, clock_->Now() + outcome.after);
  }
  if (shut_) {
    entry.failures = 0;
    changed_.notify_all();
  }
  Forget(key);
  if (!EndsBurst()) return;
  lock.unlock();
  options_.after_burst();
}

void WorkQueue::ShutDown() {
  std::lock_guard lock(mutex_);
  shut_ = true;
  for (const auto& [due, key] : waiting_) entries_[key].due.reset();
  waiting_.clear();
  changed_.notify_all();
}

QueueStats WorkQueue::stats() const {
  std::lock_guard lock(mutex_);
  return {ready_.size(), waiting_.size(), running_, added_, taken_, retried_};
}

}  // namespace fairlead::runtime
