// Path changes of Gateway API (ReplaceFullPath, ReplacePrefixMatch) in Envoy's terms.
//
// Envoy's prefix_rewrite swaps strings, Gateway API swaps path elements; they differ where one side is "/".
// Pure.
#pragma once

#include <optional>
#include <string>

#include "crds/gateway/http_route.h"

namespace fairlead::envoy {

// A regex that matches just `text`.
std::string QuoteRegex(std::string_view text);

// "/foo/" and "/foo" are the same prefix; "/" becomes "".
std::string WithoutTrailingSlash(std::string_view path);

struct PathChange {
  enum class Kind : unsigned char { kPrefix, kRegex };
  Kind kind = Kind::kPrefix;
  std::string pattern;  // kRegex
  std::string value;    // what stands instead; for kRegex a RE2 substitution
  friend bool operator==(const PathChange&, const PathChange&) = default;
};

// The change that `rewrite` asks for, on requests that `match` took. The query stays.
PathChange ChangeOf(const gateway::PathRewrite& rewrite, const gateway::HttpMatch& match);

}  // namespace fairlead::envoy
