// SliceJson: an EndpointSlice with one endpoint, as an endpoint controller would write it. Pure.
#pragma once

#include <string>

namespace fairlead::demo {

struct SliceOf {
  std::string ns, service, suffix;
  int port = 0;      // of 127.0.0.1
  std::string node;  // empty: not told
  bool ready = true;
};

// One slice an endpoint: the endpoints of a slice share their port.
std::string SliceJson(const SliceOf& slice);

}  // namespace fairlead::demo
