// PeerStream: a stream on which another replica reports how far its proxies are (dataplane/xds/peer_book.h).
//
// Included by ads_*.cc and peer_*.cc only: it brings in gRPC. Made by AdsService, deletes itself.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <string>
#include <string_view>

#include "dataplane/xds/peer_book.h"

namespace fairlead::xds {

inline constexpr char kPeerMethod[] = "/fairlead.dev.Replicas/Report";

// True: the call may report. Over TLS a caller must show our own certificate: replicas share one, and what
// has another of the same authority is a proxy. Without TLS (loopback only) anybody may.
bool IsReplica(const grpc::AuthContext& caller, const std::string& own_certificate_file);
// The PEM text begins with the same certificate as the file; false where there is none.
bool IsSameCertificate(std::string_view pem, const std::string& own_certificate_file);

class PeerStream final : public grpc::ServerGenericBidiReactor {
 public:
  // `gone`: called last.
  PeerStream(grpc::GenericCallbackServerContext* context, PeerBook* book,
             std::function<void(PeerStream*)> gone);
  void Start();
  void Cancel() { context_->TryCancel(); }  // not after `gone`

  void OnReadDone(bool ok) override;
  void OnDone() override;

 private:
  Result<void> Handle();

  grpc::GenericCallbackServerContext* const context_;
  PeerBook* const book_;
  const std::function<void(PeerStream*)> gone_;
  Result<uint64_t> peer_;
  grpc::ByteBuffer in_;
};

}  // namespace fairlead::xds
