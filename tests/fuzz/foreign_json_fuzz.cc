// The JSON parsers of the kinds that others own, on any document. The first byte chooses the kind. What is
// valid holds what its header promises; what is invalid says why, within bounds; the same input gives the
// same value.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "crds/base/json.h"
#include "crds/object/any_object.h"

namespace {

using fairlead::AnyObject;
using fairlead::Kind;
using fairlead::Ptr;

constexpr std::array kKinds = {Kind::kHTTPRoute, Kind::kGRPCRoute,     Kind::kGateway, Kind::kServiceEntry,
                               Kind::kService,   Kind::kEndpointSlice, Kind::kPod,     Kind::kNode};

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckRoute(const fairlead::gateway::HTTPRoute& route) {
  Require(!route.rules.empty());
  for (const auto& rule : route.rules) {
    Require(!rule.matches.empty());
    for (const auto& backend : rule.backends) Require(backend.weight >= 0 && !backend.backend.name.empty());
  }
}

void Check(const AnyObject& object) {
  if (const auto* invalid = std::get_if<Ptr<fairlead::Invalid>>(&object)) {
    Require(!(*invalid)->errors.empty() && (*invalid)->errors.size() <= fairlead::FieldErrors::kMax);
  } else {
    Require(!MetaOf(object).name.empty());
    if (const auto* route = std::get_if<Ptr<fairlead::gateway::HTTPRoute>>(&object)) CheckRoute(**route);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Kind kind = kKinds[data[0] % kKinds.size()];
  const auto doc = fairlead::JsonDocument::Parse({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!doc) return 0;
  const AnyObject first = fairlead::ParseObject(kind, doc->root()).object;
  Check(first);
  const AnyObject second = fairlead::ParseObject(kind, doc->root()).object;
  Require(std::visit(
      [&second](const auto& value) {
        const auto* other = std::get_if<std::decay_t<decltype(value)>>(&second);
        return other != nullptr && *value == **other;
      },
      first));
  return 0;
}
