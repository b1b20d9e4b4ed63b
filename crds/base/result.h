// Result<T, E>: a value or an error, shaped like std::expected, which g++ 12 lacks.
//
// Used everywhere an operation can fail without a programming error. Exceptions stop at the adapters of
// libraries that throw. Values only; no thread rule.
//
//   Result<Duration> d = ParseDuration("5s");
//   if (!d) return Unexpected(d.error());
//   Use(*d);
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace fairlead {

// What a caller should do about an error; it decides whether and when to try again.
enum class ErrorClass {
  kInvalid,    // the input can never be carried out: say so in a status, do not retry
  kNotFound,   // wait for the event that creates it
  kConflict,   // somebody else wrote first: read again, retry at once
  kForbidden,  // missing rights: retry slowly, name the right
  kTransient,  // back off and retry
  kExpired,    // a resource version or continue token is too old: list again
  kCancelled,  // we are shutting down
  kFatal,      // the process cannot go on
};

struct Error {
  ErrorClass error_class = ErrorClass::kTransient;
  std::string message;          // one sentence, no trailing full stop
  int http_status = 0;          // where the error came over HTTP, else 0
  int retry_after_seconds = 0;  // from Retry-After, 0 where absent

  friend bool operator==(const Error&, const Error&) = default;
};

template <class E>
struct Unexpected {
  explicit Unexpected(E e) : error(std::move(e)) {}
  E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit like std::expected
  template <class U>
  Result(Unexpected<U> e) : state_(std::in_place_index<1>, std::move(e.error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  E& error() & {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  const E& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  E&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

  template <class U>
  T value_or(U&& other) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(other));
  }

 private:
  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() = default;
  template <class U>
  Result(Unexpected<U> e) : error_(std::move(e.error)) {}  // NOLINT

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  E& error() & {
    assert(!has_value());
    return *error_;
  }
  const E& error() const& {
    assert(!has_value());
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace fairlead
