// One object of each core kind, with every field that we read and some that we do not, as JSON and as the
// protobuf that the API server sends for it. For tests and for the corpora of the fuzz targets.
#pragma once

#include <string>
#include <vector>

#include "crds/base/key.h"

namespace fairlead::testing {

struct CoreMessage {
  Kind kind;
  std::string name;  // of the case
  std::string json;
  std::string protobuf;  // the object message, without envelope
};
const std::vector<CoreMessage>& CoreMessages();

// {"kind": "PodList", "metadata": …, "items": […]} of the messages of one kind.
std::string JsonList(Kind kind);
std::string ProtobufList(Kind kind);  // with envelope

}  // namespace fairlead::testing
