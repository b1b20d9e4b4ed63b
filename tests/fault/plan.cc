#include "tests/fault/plan.h"

#include <charconv>
#include <map>

namespace fairlead::fault {
namespace {

const std::map<std::string, Fault>& Faults() {
  static const std::map<std::string, Fault> faults = {{"after", Fault::kAfter},
                                                      {"before", Fault::kBefore},
                                                      {"lost", Fault::kLost},
                                                      {"failed", Fault::kFailed},
                                                      {"paused", Fault::kPaused}};
  return faults;
}

Unexpected<Error> Wrong(const std::string& name) {
  return Unexpected(
      Error{ErrorClass::kInvalid, "\"" + name +
                                      "\" is no plan: <workload>/<n>[.<fault>], the fault one of "
                                      "after (the default), before, lost, failed, paused"});
}

}  // namespace

std::string ToString(Fault fault) {
  for (const auto& [name, f] : Faults()) {
    if (f == fault) return name;
  }
  return "none";
}

Result<Plan> Plan::Parse(const std::string& name) {
  const size_t slash = name.rfind('/');
  if (slash == std::string::npos) return Wrong(name);
  const size_t dot = name.find('.', slash);
  Plan plan;
  plan.workload = name.substr(0, slash);
  const auto fault = Faults().find(dot == std::string::npos ? "after" : name.substr(dot + 1));
  if (fault == Faults().end()) return Wrong(name);
  plan.fault = fault->second;
  const std::string number = name.substr(slash + 1, dot == std::string::npos ? dot : dot - slash - 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), plan.write);
  if (error != std::errc() || end != number.data() + number.size() || plan.write < 1) return Wrong(name);
  return plan;
}

std::string Plan::Name() const {
  if (fault == Fault::kNone) return workload;
  return workload + "/" + std::to_string(write) + (fault == Fault::kAfter ? "" : "." + ToString(fault));
}

std::vector<int> PointsOf(int writes, int points) {
  std::vector<int> out;
  if (points <= 1 || points >= writes) points = writes;
  for (int i = 0; i < points; ++i) {
    out.push_back(points == 1 ? 1 : 1 + i * (writes - 1) / (points - 1));
  }
  return out;
}

}  // namespace fairlead::fault
