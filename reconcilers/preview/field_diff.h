// FieldDiff: which fields of an object differ, from what to what, in the spelling of the manifest.
//
// Who calls: the preview of a change. Lists of plain values are one field; of lists of objects only those
// elements are told that differ. Pure.
//
//   for (const FieldDelta& d : FieldDiff(before, after)) ...   // {"spec.retries.attempts", 2, 3}
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

namespace fairlead::reconcilers::preview {

struct FieldDelta {
  std::string path;           // "spec.rules[0].backendRefs[1].weight"
  Json::Value before, after;  // null: not there
  friend bool operator==(const FieldDelta&, const FieldDelta&) = default;
};

std::vector<FieldDelta> FieldDiff(const Json::Value& before, const Json::Value& after);

// What a user wrote, or may have: spec and the like, labels, and annotations without those of kubectl.
Json::Value Written(const Json::Value& object);

// Without what a terminal would take for a command: names are not trusted.
std::string Printable(std::string text);

// A value in one short line: "2", "[a, b]", "none".
std::string InWords(const Json::Value& value);

}  // namespace fairlead::reconcilers::preview
