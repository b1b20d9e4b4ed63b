#include "reconcilers/model/service.h"

#include <array>

namespace fairlead::reconcilers {

std::string_view ToString(Protocol protocol) {
  constexpr std::array<std::string_view, 5> kNames = {"TCP", "HTTP", "HTTP2", "GRPC", "TLS"};
  return kNames[static_cast<size_t>(protocol)];
}

}  // namespace fairlead::reconcilers
