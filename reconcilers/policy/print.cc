#include "reconcilers/policy/print.h"

namespace fairlead::reconcilers {
namespace {

template <class T, class F>
std::string JoinAll(const std::vector<T>& items, F print) {
  std::string out = "[";
  for (const T& item : items) {
    if (out.size() > 1) out += ", ";
    out += print(item);
  }
  return out + "]";
}

}  // namespace

std::string Print(Duration value) { return value.ToString(); }
std::string Print(int value) { return std::to_string(value); }
std::string Print(bool value) { return value ? "true" : "false"; }

std::string Print(const std::vector<api::RetryOn>& value) {
  return JoinAll(value, [](api::RetryOn on) { return std::string(api::ToString(on)); });
}

std::string Print(const std::vector<int>& value) {
  return JoinAll(value, [](int code) { return std::to_string(code); });
}

std::string Print(const api::RetryMethods& value) {
  switch (value.choice) {
    case api::RetryMethods::Choice::kIdempotent:
      return "Idempotent";
    case api::RetryMethods::Choice::kAll:
      return "All";
    case api::RetryMethods::Choice::kListed:
      return JoinAll(value.listed, [](const std::string& method) { return method; });
  }
  return "";
}

std::string Describe(const Origin& origin) {
  return origin.level == Level::kBuiltIn ? "the default" : origin.object.ToString();
}

}  // namespace fairlead::reconcilers
