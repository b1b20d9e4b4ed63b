// Value: a JSON value that the embedded API server keeps and changes, with reading, printing and walking
// helpers.
//
// Who calls: every file of tests/support/apiserver. Texts are parsed strictly by crds/base/json.h and become
// jsoncpp values; printing sorts keys, so that the same object gives the same bytes. Plain functions; no
// thread rule.
//
//   Value pod = *ParseJson(R"({"spec":{"nodeName":"a"}})");
//   TextAt(pod, {"spec", "nodeName"});  // "a"
#pragma once

#include <json/value.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/result.h"

namespace fairlead::apiserver {

using Value = Json::Value;
using Path = std::initializer_list<std::string_view>;

// Where `duplicates` is given, it gets the path of each field that is given twice (the last one wins).
Result<Value> ParseJson(std::string_view text, std::vector<std::string>* duplicates = nullptr,
                        size_t max_bytes = 64u << 20);
std::string Print(const Value& value);               // minified, keys sorted, "<" not escaped
void PrintTo(const Value& value, std::string* out);  // appended
std::string QuoteJson(std::string_view text);        // with the quotes

Value Object();
Value Array();
Value Int(int64_t i);

// Reading never throws: what is absent or below something that is no object is null, "" or 0.
const Value& Get(const Value& object, std::string_view key);
const Value& At(const Value& object, Path path);
const Value* Find(const Value& object, std::string_view key);  // null: absent
bool Has(const Value& object, std::string_view key);

std::string Lower(std::string text);  // of ASCII
std::string TextAt(const Value& object, Path path);
std::string TextAt(const Value& object, std::string_view key);
int64_t IntAt(const Value& object, Path path, int64_t otherwise = 0);
bool BoolAt(const Value& object, Path path, bool otherwise = false);

// Makes objects on the way; what stands in the way and is no object is replaced.
Value& Ensure(Value& object, Path path);
void Set(Value& object, Path path, Value value);
void Remove(Value& object, Path path);  // the last name of the path; nothing if absent

bool IsInteger(const Value& value);              // 5 and 5.0
bool SameValue(const Value& a, const Value& b);  // deep; 5 equals 5.0
std::vector<std::string> Strings(const Value& array);

}  // namespace fairlead::apiserver
