// A duration as istiod reads it: Protobuf's JSON form, which is all that every version of Istio takes. Pure.
#pragma once

#include <string>

#include "crds/base/duration.h"

namespace fairlead::reconcilers::istiod {

// "0.250s"
inline std::string Seconds(Duration duration) {
  const int64_t ms = duration.milliseconds();
  std::string out = std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    const std::string rest = std::to_string(1000 + ms % 1000);
    out += "." + rest.substr(1);
  }
  return out + "s";
}

}  // namespace fairlead::reconcilers::istiod
