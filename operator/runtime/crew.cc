#include "operator/runtime/crew.h"

namespace fairlead::runtime {

void Crew::Do(size_t count, const std::function<void(size_t)>& task) {
  if (count < 2) {
    if (count == 1) task(0);
    return;
  }
  while (threads_.size() < size_) threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  std::unique_lock lock(mutex_);
  task_ = &task;
  next_ = 0;
  count_ = count;
  wake_.notify_all();
  TakeAll(&lock);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void Crew::TakeAll(std::unique_lock<std::mutex>* lock) {
  while (next_ < count_) {
    const size_t one = next_++;
    lock->unlock();
    (*task_)(one);  // stays while somebody is busy with it
    lock->lock();
  }
}

void Crew::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return next_ < count_; })) {
    ++busy_;
    TakeAll(&lock);
    if (--busy_ == 0) done_.notify_one();
  }
}

}  // namespace fairlead::runtime
