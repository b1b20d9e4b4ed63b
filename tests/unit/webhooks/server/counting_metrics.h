// CountingMetrics: what a webhook server told, and a wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "webhooks/server/server.h"

namespace fairlead::webhooks {

class CountingMetrics final : public ServerMetrics {
 public:
  void OnConnections(size_t open) override {
    std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  void OnRefused(Refusal refusal) override { Count("refused " + std::string(ToString(refusal))); }
  void OnAnswer(const Answer& answer, std::chrono::nanoseconds) override {
    Count(answer.kind + " " + answer.operation + " " + answer.verdict);
  }

  int Of(const std::string& what) const {
    std::lock_guard lock(mutex_);
    const auto at = counts_.find(what);
    return at == counts_.end() ? 0 : at->second;
  }
  bool Await(const std::string& what, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return counts_[what] >= count; });
  }
  bool AwaitOpen(size_t open) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return open_ == open; });
  }

 private:
  void Count(const std::string& what) {
    std::lock_guard lock(mutex_);
    ++counts_[what];
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> counts_;
  size_t open_ = 0;
};

}  // namespace fairlead::webhooks
