// What was granted, and what was asked for: of a Role, and of an API server's audit log, in the same words.
//
// Who calls: tests of the chart's RBAC.
#pragma once

#include <json/value.h>

#include <ios>
#include <set>
#include <string>

namespace fairlead::testing {

struct Audit {
  std::set<std::string> used;  // "group/resource verb", and the same with " name"
  std::set<std::string> refused;
};

// What service accounts asked for, by the log from `offset` on.
Audit ReadAudit(const std::string& file, std::streamoff offset);

// "group/resource verb [name]" for each that a role grants.
std::set<std::string> Granted(const Json::Value& role);

}  // namespace fairlead::testing
