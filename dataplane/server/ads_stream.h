// AdsStream: one open stream, between gRPC's callbacks and the Catalog. AdsService: which calls become one.
//
// Included by ads_*.cc only: it brings in gRPC. Callbacks come from gRPC's threads, and from any thread that
// starts an operation: gRPC may run them inside Start…(), so no mutex is held there.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "dataplane/server/ads_server.h"
#include "dataplane/server/peer_limiter.h"
#include "dataplane/server/peer_stream.h"

namespace fairlead::xds {

class AdsStream;

class AdsService final : public grpc::CallbackGenericService {
 public:
  AdsService(AdsServerOptions options, Catalog* catalog, AdsMetrics* metrics, const Clock& clock);

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;

  void Drain();         // closes all streams, refuses new ones
  void AwaitStreams();  // until the last one has gone, replicas' included
  size_t streams() const;

  Catalog* catalog() const { return catalog_; }
  AdsMetrics& metrics() const { return *metrics_; }
  const Clock& clock() const { return clock_; }
  const AdsServerOptions& options() const { return options_; }
  void Remove(AdsStream* stream);

 private:
  std::optional<grpc::Status> Admit(const std::string& peer);
  grpc::ServerGenericBidiReactor* AcceptReplica(grpc::GenericCallbackServerContext* context);

  const AdsServerOptions options_;
  Catalog* const catalog_;
  AdsMetrics* const metrics_;
  const Clock& clock_;
  PeerLimiter limiter_;
  mutable std::mutex mutex_;
  std::condition_variable gone_;
  bool draining_ = false;
  std::set<AdsStream*> streams_;
  std::set<PeerStream*> replicas_;
};

class AdsStream final : public grpc::ServerGenericBidiReactor,
                        public std::enable_shared_from_this<AdsStream> {
 public:
  explicit AdsStream(AdsService* service) : service_(service) {}
  void Start(std::shared_ptr<AdsStream> self);
  void Close(grpc::Status status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  struct Kept;  // the resources of a response until gRPC let go of their slices

  grpc::Status Handle();
  void Read();
  void Pump();
  void Fill(const Response& response);
  bool FinishNow();  // with the mutex held: nothing is being started, and the stream is to be closed

  AdsService* const service_;
  std::shared_ptr<AdsStream> self_;  // until OnDone
  std::unique_ptr<Stream> stream_;   // from the first request on
  grpc::ByteBuffer in_;
  grpc::ByteBuffer out_;

  std::mutex mutex_;
  std::optional<grpc::Status> closing_;
  bool finished_ = false;
  int starting_ = 0;                  // threads between the decision to start an operation and its start
  bool writing_ = false;              // a write is in flight, or its response is being made
  bool again_ = false;                // woken while a response was being made
  std::atomic<size_t> requests_ = 0;  // since the last response
  Type writing_type_ = Type::kCluster;
  std::optional<Clock::TimePoint> published_;
};

}  // namespace fairlead::xds
