// Reading the protobuf bodies that kubectl's "create" commands send, for the kinds they make.
//
// Who calls: decode.cc. A field that is not in the table is never dropped in silence: the request is answered
// with 501. Pure.
#pragma once

#include <string_view>

#include "tests/support/apiserver/failure.h"

namespace fairlead::apiserver {

// With the magic number and the envelope, which says apiVersion and kind.
Outcome<Value> DecodeProtobuf(std::string_view body);

}  // namespace fairlead::apiserver
