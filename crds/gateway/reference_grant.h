// ReferenceGrant (Gateway API): which objects of other namespaces may refer to objects of this one.
#pragma once

#include <string>
#include <vector>

#include "crds/base/meta.h"

namespace fairlead::gateway {

struct GrantFrom {
  std::string group;  // "gateway.networking.k8s.io"
  std::string kind;   // "HTTPRoute"
  std::string ns;
  friend bool operator==(const GrantFrom&, const GrantFrom&) = default;
};

struct GrantTo {
  std::string group;  // "" for Service
  std::string kind;
  std::string name;  // empty: all of the kind
  friend bool operator==(const GrantTo&, const GrantTo&) = default;
};

// Any of `from` may refer to any of `to`, in the grant's own namespace.
struct ReferenceGrant {
  static constexpr Kind kKind = Kind::kReferenceGrant;
  ObjectMeta meta;
  std::vector<GrantFrom> from;
  std::vector<GrantTo> to;
  friend bool operator==(const ReferenceGrant&, const ReferenceGrant&) = default;
};

// Lenient towards unknown fields, since the API server has validated the object. An object that is malformed
// grants nothing.
Parsed<ReferenceGrant> ParseReferenceGrant(const JsonNode& object);

}  // namespace fairlead::gateway
