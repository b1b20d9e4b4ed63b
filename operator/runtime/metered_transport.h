// MeteredTransport: another transport with every request counted and timed by verb and outcome.
//
// Who calls: the composition root puts it around the real one. Thread-safe.
//   fairlead_api_requests_total{verb="PATCH",code="2xx"}; fairlead_api_request_seconds{verb="PATCH"}, to the
//   reply's headers.
#pragma once

#include <map>
#include <mutex>

#include "operator/kube/transport.h"
#include "operator/runtime/metrics.h"

namespace fairlead::runtime {

class MeteredTransport final : public kube::HttpTransport {
 public:
  // Neither is owned.
  MeteredTransport(kube::HttpTransport* inner, Metrics* metrics, const Clock* clock = &Clock::System())
      : inner_(inner), metrics_(metrics), clock_(clock) {}

  Result<std::unique_ptr<kube::HttpStream>> Open(const kube::HttpRequest& request) override;

  // verb: a method, or WATCH. status 0: no reply.
  void Count(const std::string& verb, int status, Clock::TimePoint sent);

 private:
  kube::HttpTransport* const inner_;
  Metrics* const metrics_;
  const Clock* const clock_;
  std::mutex mutex_;  // guards both maps
  std::map<std::pair<std::string, std::string>, Counter> counters_;
  std::map<std::string, Histogram> times_;
};

}  // namespace fairlead::runtime
