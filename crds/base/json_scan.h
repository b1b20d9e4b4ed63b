// Walking over JSON text without parsing it: where a value ends, and where a field path leads.
//
// Who calls: yaml (lines of fields, merge keys). The text need not be valid: a malformed place gives npos.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

// The end of the value that starts at or after `at` (white space before it is skipped); npos: malformed or
// nested deeper than 512. `nodes` grows by the number of values passed: the value itself and all inside it.
size_t SkipJsonValue(std::string_view json, size_t at, size_t* nodes);

struct JsonMember {
  std::string_view key;  // with its quotes, as written
  std::string_view value;
  size_t nodes = 0;  // values in `value`, itself included
};
// The members of an object's text; false: not an object or malformed.
bool JsonMembers(std::string_view object, std::vector<JsonMember>* out);

// The items of an array's text; keys are empty. False: not an array or malformed.
bool JsonItems(std::string_view array, std::vector<JsonMember>* out);

// Where a field path ("spec.rules[0].name", "metadata.labels[\"a/b\"]") leads, or its longest part that is
// there.
struct JsonPlace {
  size_t offset = 0;  // of the member's key, or of the item
  size_t node = 0;    // number of the value in document order, the root being 0
  bool whole = true;  // false: only an ancestor was found
};
JsonPlace LocateInJson(std::string_view json, std::string_view path);

// "spec.rules[0].name" -> {"spec", "rules", "0", "name"}; [index] and ["key"] are segments of their own.
std::vector<std::string> SplitFieldPath(std::string_view path);

}  // namespace fairlead
