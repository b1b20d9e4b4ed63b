// Types that HTTPRoute and GRPCRoute share (Gateway API v1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/base/duration.h"
#include "crds/base/key.h"
#include "crds/base/text.h"

namespace fairlead::gateway {

struct ParentRef {
  Text group = "gateway.networking.k8s.io";  // "" for Service
  Text kind = "Gateway";
  Text ns;  // filled with the route's own where left out
  Text name;
  std::optional<Text> section_name;
  std::optional<uint16_t> port;
  friend auto operator<=>(const ParentRef&, const ParentRef&) = default;
};

struct BackendObject {
  Text group;  // "" for Service
  Text kind = "Service";
  Text ns;  // filled with the route's own where left out
  Text name;
  std::optional<uint16_t> port;
  friend auto operator<=>(const BackendObject&, const BackendObject&) = default;
};

struct Header {
  std::string name;  // as written; compared without case
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct HeaderModifier {
  std::vector<Header> set;
  std::vector<Header> add;
  std::vector<std::string> remove;
  friend bool operator==(const HeaderModifier&, const HeaderModifier&) = default;
};

struct Mirror {
  BackendObject backend;
  // Share of requests, of `denominator`; both absent in the object: all.
  int32_t numerator = 100;
  int32_t denominator = 100;
  friend bool operator==(const Mirror&, const Mirror&) = default;
};

enum class StringMatchType : unsigned char { kExact, kRegex };

struct NamedMatch {  // of a header or of a query parameter
  StringMatchType type = StringMatchType::kExact;
  std::string name;
  std::string value;
  friend bool operator==(const NamedMatch&, const NamedMatch&) = default;
};

}  // namespace fairlead::gateway
