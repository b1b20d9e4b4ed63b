// Readiness: what this process still waits for before it is ready, by name.
//
// Who calls: each part that has a beginning takes a Token and drops it when it is ready; /readyz lists the
// rest. Thread-safe. A Token must not outlive its Readiness.
//
//   auto token = readiness.Wait("list of HTTPRoutes");
//   … token.Done();
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::runtime {

class Readiness {
 public:
  class Token {
   public:
    Token() = default;
    Token(Token&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), name_(std::move(other.name_)) {}
    Token& operator=(Token&& other) noexcept {
      Done();
      owner_ = std::exchange(other.owner_, nullptr);
      name_ = std::move(other.name_);
      return *this;
    }
    ~Token() { Done(); }
    void Done() {
      if (owner_ != nullptr) std::exchange(owner_, nullptr)->Remove(name_);
    }
    void Explain(const std::string& why) const {  // shown beside the name
      if (owner_ != nullptr) owner_->SetReason(name_, why);
    }

   private:
    friend class Readiness;
    Token(Readiness* owner, std::string name) : owner_(owner), name_(std::move(name)) {}
    Readiness* owner_ = nullptr;
    std::string name_;
  };

  [[nodiscard]] Token Wait(const std::string& name) {
    std::lock_guard lock(mutex_);
    pending_[name];
    return Token(this, name);
  }
  // "list of HTTPRoutes: forbidden", sorted; empty: ready.
  std::vector<std::string> Pending() const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, why] : pending_) out.push_back(why.empty() ? name : name + ": " + why);
    return out;
  }

 private:
  void Remove(const std::string& name) {
    std::lock_guard lock(mutex_);
    pending_.erase(name);
  }
  void SetReason(const std::string& name, const std::string& why) {
    std::lock_guard lock(mutex_);
    pending_[name] = why;
  }
  mutable std::mutex mutex_;
  std::map<std::string, std::string> pending_;
};

}  // namespace fairlead::runtime
