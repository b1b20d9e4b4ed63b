#include "operator/runtime/metered_transport.h"

namespace fairlead::runtime {
namespace {

std::string CodeOf(int status) {
  if (status == 0) return "none";
  // Those that tell of a cause of their own.
  if (status == 401 || status == 403 || status == 404 || status == 409 || status == 410 || status == 429) {
    return std::to_string(status);
  }
  return std::to_string(status / 100) + "xx";
}

class MeteredStream final : public kube::HttpStream {
 public:
  MeteredStream(std::unique_ptr<kube::HttpStream> inner, MeteredTransport* owner, std::string verb,
                Clock::TimePoint sent)
      : inner_(std::move(inner)), owner_(owner), verb_(std::move(verb)), sent_(sent) {}
  ~MeteredStream() override { Count(0); }

  kube::StreamEvent Next(Clock::TimePoint deadline, std::stop_token stop) override {
    kube::StreamEvent event = inner_->Next(deadline, stop);
    if (event.type == kube::StreamEvent::Type::kHeaders) Count(event.status);
    if (event.type == kube::StreamEvent::Type::kEnd) Count(0);
    return event;
  }

 private:
  void Count(int status) {
    if (!counted_) owner_->Count(verb_, status, sent_);
    counted_ = true;
  }
  std::unique_ptr<kube::HttpStream> inner_;
  MeteredTransport* const owner_;
  const std::string verb_;
  const Clock::TimePoint sent_;
  bool counted_ = false;
};

}  // namespace

Result<std::unique_ptr<kube::HttpStream>> MeteredTransport::Open(const kube::HttpRequest& request) {
  const std::string verb = request.streaming ? "WATCH" : request.method;
  const Clock::TimePoint sent = clock_->Now();
  Result<std::unique_ptr<kube::HttpStream>> stream = inner_->Open(request);
  if (!stream) {
    Count(verb, 0, sent);
    return stream;
  }
  return std::unique_ptr<kube::HttpStream>(
      std::make_unique<MeteredStream>(std::move(*stream), this, verb, sent));
}

void MeteredTransport::Count(const std::string& verb, int status, Clock::TimePoint sent) {
  std::lock_guard lock(mutex_);
  const std::string code = CodeOf(status);
  auto counter = counters_.find({verb, code});
  if (counter == counters_.end()) {
    counter = counters_
                  .emplace(std::pair(verb, code),
                           metrics_->AddCounter("fairlead_api_requests_total", "Requests to the API server.",
                                                {{"verb", verb}, {"code", code}}))
                  .first;
  }
  counter->second.Add();
  auto times = times_.find(verb);
  if (times == times_.end()) {
    times = times_
                .emplace(verb, metrics_->AddHistogram("fairlead_api_request_seconds",
                                                      "Time to the headers of the API server's reply.",
                                                      Metrics::LatencyBounds(), {{"verb", verb}}))
                .first;
  }
  if (status != 0) times->second.Observe(std::chrono::duration<double>(clock_->Now() - sent).count());
}

}  // namespace fairlead::runtime
