// What every encoder of this folder needs: short names of Envoy's packages, helpers for Protobuf, and what
// several of them say alike.
//
// For .cc files and for headers of this folder that hand messages to each other; planner.h stays free of it.
#pragma once

#include <google/protobuf/any.pb.h>
#include <google/protobuf/duration.pb.h>

#include <string>
#include <string_view>

#include "crds/base/duration.h"

namespace envoy::config::core::v3 {}
namespace envoy::config::route::v3 {}
namespace envoy::type::matcher::v3 {}

namespace fairlead::envoy {

namespace core_v3 = ::envoy::config::core::v3;
namespace route_v3 = ::envoy::config::route::v3;
namespace matcher_v3 = ::envoy::type::matcher::v3;

// Serialized with map entries in order: equal messages give equal bytes.
std::string Serialize(const google::protobuf::Message& message);

google::protobuf::Any Pack(const google::protobuf::Message& message);

void Assign(Duration duration, google::protobuf::Duration* out);

// As HTTP/2 has header names (RFC 9113, section 8.2).
std::string Lower(std::string text);

// After so long without a request a connection, of callers or to endpoints, is closed.
inline constexpr Duration kConnectionIdle = Duration::Seconds(3600);

}  // namespace fairlead::envoy
