// MakeTransport: HttpTransport over cpprestsdk's http_client (HTTP/1.1, TLS 1.2 and 1.3).
//
// Who calls: the composition root and tests. No header of the library is seen from here. The library's traps
// that this file answers for are told where they are met in the .cc files.
#pragma once

#include <memory>

#include "operator/kube/config.h"
#include "operator/kube/credentials.h"
#include "operator/kube/transport.h"

namespace fairlead::kube {

struct TransportOptions {
  std::string user_agent = DefaultUserAgent();
  // The library's own idle limits, behind the deadlines of the callers.
  std::chrono::seconds call_idle{60};
  std::chrono::seconds watch_idle{900};
};

// An error: the configuration cannot be used (server URL, credentials).
Result<std::unique_ptr<HttpTransport>> MakeTransport(const ClusterConfig& config,
                                                     const TransportOptions& options = {});
Result<std::unique_ptr<HttpTransport>> MakeTransport(const ClusterConfig& config,
                                                     const TransportOptions& options,
                                                     std::unique_ptr<Credentials> credentials);

}  // namespace fairlead::kube
