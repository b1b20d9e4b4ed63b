#include "tests/demo/words.h"

#include <cstdio>

namespace fairlead::demo {
namespace {

const api::TargetStatus* TargetNaming(const std::optional<api::PolicyStatus>& status,
                                      const std::string& winner) {
  if (!status) return nullptr;
  for (const api::TargetStatus& target : status->targets) {
    if (target.message.find(winner) != std::string::npos) return &target;
  }
  return nullptr;
}

}  // namespace

std::string Requests(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " request" : " requests");
}

std::string Millis(std::chrono::microseconds time) { return std::to_string(time.count() / 1000) + " ms"; }

std::string Ratio(uint64_t part, uint64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f",
                static_cast<double>(part) / static_cast<double>(whole == 0 ? 1 : whole));
  return text;
}

bool IsOverriddenBy(const std::optional<api::PolicyStatus>& status, const std::string& winner) {
  const api::TargetStatus* target = TargetNaming(status, winner);
  return target != nullptr && target->state.find("verridden") != std::string::npos;
}

std::string Verdict(const std::optional<api::PolicyStatus>& status, const std::string& winner) {
  const api::TargetStatus* target = TargetNaming(status, winner);
  if (target == nullptr) return "no target names " + winner;
  return target->state + ": " + target->message.substr(0, target->message.find(';'));  // the first field
}

}  // namespace fairlead::demo
