#include "reconcilers/waypoints/stand.h"

#include <array>

namespace fairlead::reconcilers {

std::string_view ToString(Stand stand) {
  constexpr std::array<std::string_view, kStandCount> kNames = {
      "Awaits", "Prepared", "Moves", "Moved", "Released", "Leaves", "Stays", "OptedOut", "Refused"};
  return kNames[static_cast<size_t>(stand)];
}

const WaypointStand* WaypointPlans::Find(const ObjectKey& service) const {
  const auto plan = by_namespace.find(service.ns);
  if (plan == by_namespace.end()) return nullptr;
  const auto stand = plan->second.services.find(service);
  return stand == plan->second.services.end() ? nullptr : &stand->second;
}

std::string WaypointPlans::ProblemOf(const ObjectKey& object) const {
  const auto there = problems.find(object.ns);
  if (there == problems.end()) return "";
  const auto problem = there->second.find(object);
  return problem == there->second.end() ? "" : problem->second;
}

}  // namespace fairlead::reconcilers
