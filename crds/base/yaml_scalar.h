// What a plain YAML scalar means: the rules of YAML 1.1 as kubectl applies them (sigs.k8s.io/yaml).
//
// yes/no/on/off/y/n are booleans, 017 and 0o17 are fifteen, 1_000 is a thousand, ~ and nothing are null,
// dates stay strings. Who calls: the YAML reader, and the YAML writer to know what it has to quote. Pure.
#pragma once

#include <string>
#include <string_view>

namespace fairlead {

enum class ScalarKind : unsigned char {
  kString,
  kNull,
  kBool,
  kInt,
  kFloat,
  kNotANumber,  // .inf, .nan: JSON has no such value
  kMerge,       // <<
};

struct Scalar {
  ScalarKind kind = ScalarKind::kString;
  std::string json;  // the value as JSON for null, booleans and numbers; empty for the others
};

Scalar ResolvePlainScalar(std::string_view text);

// The kind only, without building the value.
bool IsPlainString(std::string_view text);

}  // namespace fairlead
