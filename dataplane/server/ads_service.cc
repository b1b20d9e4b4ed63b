// Which calls are served.
#include "dataplane/server/ads_stream.h"

namespace fairlead::xds {
namespace {

constexpr std::string_view kService = "/envoy.service.discovery.v3.AggregatedDiscoveryService/";

// A call that ends at once.
class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

std::optional<grpc::Status> CheckMethod(const std::string& method) {
  if (method == std::string(kService) + "DeltaAggregatedResources") return std::nullopt;
  if (method == std::string(kService) + "StreamAggregatedResources") {
    return grpc::Status(
        grpc::StatusCode::UNIMPLEMENTED,
        "state-of-the-world xDS is not served: set api_type: DELTA_GRPC in the bootstrap's ads_config");
  }
  return grpc::Status(grpc::StatusCode::UNIMPLEMENTED,
                      "only " + std::string(kService.substr(1)) + "DeltaAggregatedResources is served here");
}

}  // namespace

AdsService::AdsService(AdsServerOptions options, Catalog* catalog, AdsMetrics* metrics, const Clock& clock)
    : options_(std::move(options)),
      catalog_(catalog),
      metrics_(metrics),
      clock_(clock),
      limiter_(options_.new_streams_per_second_of_peer, options_.new_streams_burst_of_peer, clock) {}

std::optional<grpc::Status> AdsService::Admit(const std::string& peer) {
  {
    std::lock_guard lock(mutex_);
    if (draining_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "shutting down");
    if (streams_.size() >= options_.max_streams) {
      return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams");
    }
  }
  if (!limiter_.Allow(PeerLimiter::WithoutPort(peer))) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many new streams from this address");
  }
  return std::nullopt;
}

grpc::ServerGenericBidiReactor* AdsService::CreateReactor(grpc::GenericCallbackServerContext* context) {
  const bool replica = options_.peers != nullptr && context->method() == kPeerMethod;
  if (!replica) {
    if (auto status = CheckMethod(context->method())) return new Refusal(*status);
  }
  if (auto status = Admit(context->peer())) {
    metrics_->OnRefused();
    return new Refusal(*status);
  }
  if (replica) return AcceptReplica(context);
  auto stream = std::make_shared<AdsStream>(this);
  AdsStream* const reactor = stream.get();
  {
    std::lock_guard lock(mutex_);
    streams_.insert(reactor);
  }
  metrics_->OnStream(+1);
  reactor->Start(std::move(stream));
  return reactor;
}

grpc::ServerGenericBidiReactor* AdsService::AcceptReplica(grpc::GenericCallbackServerContext* context) {
  if (!IsReplica(*context->auth_context(), options_.tls_certificate)) {
    metrics_->OnRefused();
    return new Refusal({grpc::StatusCode::PERMISSION_DENIED, "only replicas of this program report here"});
  }
  auto* const stream = new PeerStream(context, options_.peers, [this](PeerStream* gone) {
    std::lock_guard lock(mutex_);
    replicas_.erase(gone);
    gone_.notify_all();
  });
  bool draining = false;
  {
    std::lock_guard lock(mutex_);
    replicas_.insert(stream);
    draining = draining_;
  }
  stream->Start();
  if (draining) context->TryCancel();
  return stream;
}

void AdsService::Remove(AdsStream* stream) {
  metrics_->OnStream(-1);  // before the last one is let go of: then all this may end
  std::lock_guard lock(mutex_);
  streams_.erase(stream);
  if (streams_.empty()) gone_.notify_all();
}

void AdsService::Drain() {
  std::vector<std::shared_ptr<AdsStream>> open;
  {
    std::lock_guard lock(mutex_);
    draining_ = true;
    for (PeerStream* replica : replicas_) replica->Cancel();
    for (AdsStream* stream : streams_) {
      if (auto alive = stream->weak_from_this().lock()) open.push_back(std::move(alive));
    }
  }
  for (const auto& stream : open) stream->Close({grpc::StatusCode::UNAVAILABLE, "shutting down"});
}

void AdsService::AwaitStreams() {
  std::unique_lock lock(mutex_);
  gone_.wait(lock, [this] { return streams_.empty() && replicas_.empty(); });
}

size_t AdsService::streams() const {
  std::lock_guard lock(mutex_);
  return streams_.size();
}

}  // namespace fairlead::xds
