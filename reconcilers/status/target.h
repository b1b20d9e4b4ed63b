// AssessTarget: what came of a policy at one of its targets, for its status.
//
// World calls it for the targets that a change touched and keeps the records; see book.h. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reconcilers/lower/outcomes.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// In the order in which a bounded list shows them: the worst first.
enum class TargetState : unsigned char {
  kNotFound,
  kNotCarried,
  kNoWaypoint,
  kOverridden,
  kPartlyOverridden,
  kEffective,
};
inline constexpr size_t kTargetStateCount = 6;
std::string_view ToString(TargetState state);

struct TargetRecord {
  TargetState state = TargetState::kNotFound;
  bool conflicted = false;     // Overridden, and only by older policies of the same level
  bool partial = false;        // has effect in some places only: a parent without waypoint
  bool by_istiod = false;      // carried by objects that istiod reads
  bool istio_awaited = false;  // and those objects are not known to be there yet
  std::string message;
  std::vector<Note> advice;
  friend bool operator==(const TargetRecord&, const TargetRecord&) = default;
};

// What has been lowered of one service.
struct ServiceRow {
  Ptr<EffectiveService> service;
  std::vector<Outcome> outcomes;
  friend bool operator==(const ServiceRow&, const ServiceRow&) = default;
};
using ServiceRows = std::map<ObjectKey, ServiceRow>;

// That none of its ports, or of those named so, is HTTP; `need` says what needs it: "timeouts and retries
// need HTTP".
std::string NoPortNamed(const EffectiveService& service, const std::string& name);
std::string NoHttpPort(const EffectiveService& service, const std::string& section, const std::string& need);

TargetRecord AssessTarget(const View& view, const ServiceRows& rows, const ObjectKey& policy,
                          const Placement& placement);

}  // namespace fairlead::reconcilers
