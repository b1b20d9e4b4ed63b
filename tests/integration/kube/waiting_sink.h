// WaitingSink: the objects that a reflector handed over, and a way to wait for a state of them. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "operator/kube/object_stream.h"

namespace fairlead::testing {

class WaitingSink final : public kube::ObjectSink {
 public:
  using Objects = std::map<NamespacedName, AnyObject>;

  void OnReplace(Kind, std::vector<AnyObject> objects) override {
    Change([&] {
      objects_.clear();
      for (AnyObject& object : objects) objects_.insert_or_assign(MetaOf(object).nn(), std::move(object));
      ++replaced_;
    });
  }
  void OnUpsert(Kind, AnyObject object) override {
    Change([&] { objects_.insert_or_assign(MetaOf(object).nn(), std::move(object)); });
  }
  void OnDelete(Kind, AnyObject object) override {
    Change([&] { objects_.erase(MetaOf(object).nn()); });
  }
  void OnSynced(Kind) override {
    Change([&] { ++synced_; });
  }
  void OnStatus(Kind, const kube::WatchStatus& status) override {
    Change([&] { status_ = status; });
  }

  // False: not within a minute.
  bool Await(const std::function<bool(const Objects&)>& state) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return state(objects_); });
  }
  bool AwaitSynced() {
    return Await([this](const Objects&) { return synced_ > 0; });
  }
  bool AwaitPhase(kube::WatchPhase phase) {
    return Await([this, phase](const Objects&) { return status_.phase == phase; });
  }
  Objects objects() {
    std::lock_guard lock(mutex_);
    return objects_;
  }
  int replaced() {
    std::lock_guard lock(mutex_);
    return replaced_;
  }
  kube::WatchStatus status() {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  template <class F>
  void Change(F f) {
    std::lock_guard lock(mutex_);
    f();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Objects objects_;
  int replaced_ = 0, synced_ = 0;
  kube::WatchStatus status_;
};

}  // namespace fairlead::testing
