// Comparing what we want with what is there, on dynamic JSON values.
//
// Who calls: the applier and the status writer. Pure.
#pragma once

#include <json/value.h>

#include <string>

namespace fairlead::runtime {

// Every field of `wanted` is in `live` with the same value. Lists count as one value, but the objects in them
// may hold more (defaults) than what is wanted.
bool Covers(const Json::Value& live, const Json::Value& wanted);

// A merge patch (RFC 7386) that turns `from` into `to`; an empty object: nothing to do.
Json::Value MergePatchOf(const Json::Value& from, const Json::Value& to);

// Sets lastTransitionTime in every condition of `wanted` (objects with type and status, at any depth): the
// time in `live` where the same condition has the same status, else `now`.
void CarryTransitionTimes(const Json::Value& live, const std::string& now, Json::Value* wanted);

// 16 hexadecimal digits of the canonical bytes.
std::string HashOf(const std::string& bytes);

}  // namespace fairlead::runtime
