// DiffAccess: who gains and who loses access between two states, summed to lines that people read.
//
// Who calls: the preview of a change, the graph. Callers that policies do not tell apart are one caller, a
// workspace whose namespaces are all alike is one, services that change alike are one line. What depends on
// the request is said as such. Services that one of the states lacks are left out. Pure.
//
//   for (const AccessLine& line : DiffAccess(before, after, table)) ...
#pragma once

#include <string>
#include <vector>

#include "reconcilers/preview/access.h"

namespace fairlead::reconcilers::preview {

struct AccessLine {
  enum class What : unsigned char { kLost, kMayLose, kGained, kMayGain, kDepends };
  What what = What::kLost;
  std::string caller;  // "workspace pay", "namespace ops", "edge/gateway", "everyone else"
  std::vector<std::string>
      except;  // callers of whom it does not hold; with "everyone else" and "the rest of …"
  std::vector<std::string>
      known;  // with "everyone else": namespaces of the input that are meant, the first few
  size_t known_count = 0;
  std::vector<std::string> services;  // "shop/ratings", "shop/ratings:8080"; sorted
  std::string to;                     // they, summed: "all 8 services of workspace shop"
  bool around = false;                // straight to the pods, around the waypoint
  Answer before = Answer::kNo, after = Answer::kNo;
  std::vector<std::string> because;  // policies that hold there in one state only, or differ
  friend bool operator==(const AccessLine&, const AccessLine&) = default;
};
std::string_view ToString(AccessLine::What what);  // "lost", "may be lost", …

// One state: who may call what, and which workspace a namespace is in.
struct AccessSide {
  const AccessModel& access;
  std::map<std::string, std::string> workspace_of;  // namespaces that are in one
};

// Sorted: losses first.
std::vector<AccessLine> DiffAccess(const AccessSide& before, const AccessSide& after,
                                   const PolicyTable& table);

// "namespace ops", "namespaces shop-*", "edge/gateway", "plain text"
std::string InWords(const Source& source);

}  // namespace fairlead::reconcilers::preview
