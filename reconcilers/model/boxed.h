// Boxed: an optional value on the heap, for what is large and mostly absent. Used like std::optional.
//
// Of ten thousand route rules most have no retries; with std::optional each would pay their full size all the
// same. Copies are deep, equality is of values. No thread rule of its own.
//
//   Boxed<EffectiveRetries> retries;
//   retries = EffectiveRetries{};
//   if (retries) retries->attempts.value = 2;
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace fairlead::reconcilers {

template <class T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(std::nullopt_t) {}                                         // NOLINT: implicit like std::optional
  Boxed(T value) : box_(std::make_unique<T>(std::move(value))) {}  // NOLINT
  Boxed(const Boxed& other) : box_(other.box_ ? std::make_unique<T>(*other.box_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    box_ = std::move(other.box_);
    return *this;
  }
  ~Boxed() = default;

  template <class... A>
  T& emplace(A&&... arguments) {
    box_ = std::make_unique<T>(std::forward<A>(arguments)...);
    return *box_;
  }
  void reset() { box_.reset(); }

  bool has_value() const { return box_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *box_; }
  const T& operator*() const { return *box_; }
  T* operator->() { return box_.get(); }
  const T* operator->() const { return box_.get(); }

  friend bool operator==(const Boxed& a, const Boxed& b) {
    if (!a || !b) return !a && !b;
    return *a == *b;
  }

 private:
  std::unique_ptr<T> box_;
};

}  // namespace fairlead::reconcilers
