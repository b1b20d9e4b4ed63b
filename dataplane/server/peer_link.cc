#include "dataplane/server/peer_link.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "dataplane/server/channel.h"
#include "dataplane/server/peer_stream.h"

namespace fairlead::xds {
namespace {

// Beside the chain: replicas share one certificate, and a proxy that listens at the address has another.
class OwnCertificateVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit OwnCertificateVerifier(std::string own) : own_(std::move(own)) {}
  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>, grpc::Status* status) override {
    const grpc::string_ref shown = request->peer_cert();
    if (!IsSameCertificate({shown.data(), shown.size()}, own_)) {
      *status = {grpc::StatusCode::UNAUTHENTICATED, "the leader shows another certificate than ours"};
    }
    return true;  // at once
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string own_;
};

std::shared_ptr<grpc::ChannelCredentials> Credentials(const PeerLinkOptions& options) {
  if (options.tls_certificate.empty()) return grpc::InsecureChannelCredentials();
  namespace tls = grpc::experimental;
  tls::TlsChannelCredentialsOptions credentials;
  credentials.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
      options.tls_key, options.tls_certificate, options.tls_ca, kCertificateWatchSeconds));
  credentials.watch_root_certs();
  credentials.watch_identity_key_cert_pairs();
  credentials.set_verify_server_certs(true);
  credentials.set_check_call_host(false);  // it is dialled by address, the certificate is the service's
  credentials.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<OwnCertificateVerifier>(options.tls_certificate));
  return tls::TlsCredentials(credentials);
}

std::shared_ptr<grpc::Channel> Connect(const PeerLinkOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  return grpc::CreateCustomChannel(options.address, Credentials(options), arguments);
}

}  // namespace

// No mutex is held where an operation is started: gRPC may call back inside.
class PeerLink::Call final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Call(const PeerLinkOptions& options, std::function<void()> changed)
      : changed_(std::move(changed)), stub_(Connect(options)) {}

  void Begin(std::shared_ptr<Call> self) {
    self_ = std::move(self);
    stub_.PrepareBidiStreamingCall(&context_, kPeerMethod, {}, this);
    AddHold();  // for writes that are started outside of callbacks
    StartCall();
    StartRead(&in_);  // nothing comes; it fails when the stream ends
  }
  void End() {
    context_.TryCancel();
    ReleaseHold();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return ended_; });
  }
  bool CanSend() const {
    std::lock_guard lock(mutex_);
    return !writing_ && !released_;
  }
  void Send(std::string message) {
    {
      std::lock_guard lock(mutex_);
      if (writing_ || released_) return;
      writing_ = true;
      ++starting_;
      const grpc::Slice slice(message);
      out_ = grpc::ByteBuffer(&slice, 1);
    }
    StartWrite(&out_);
    {
      std::lock_guard lock(mutex_);
      if (--starting_ > 0 || !std::exchange(release_due_, false)) return;
    }
    RemoveHold();
  }
  bool ended() const {
    std::lock_guard lock(mutex_);
    return released_;
  }
  std::string why() const {
    std::lock_guard lock(mutex_);
    return why_;
  }

  void OnReadDone(bool ok) override {
    if (ok) return StartRead(&in_);
    ReleaseHold();
  }
  void OnWriteDone(bool ok) override {
    {
      std::lock_guard lock(mutex_);
      writing_ = false;
    }
    if (ok) changed_();
  }
  void OnDone(const grpc::Status& status) override {
    self_.reset();  // not the last reference: End() is waited for
    {
      std::lock_guard lock(mutex_);
      released_ = true;
      why_ = status.error_message();
    }
    changed_();
    std::lock_guard lock(mutex_);
    ended_ = true;
    done_.notify_all();
  }

 private:
  // Once. While Send starts a write gRPC must not be done with the call, so then Send does it.
  void ReleaseHold() {
    {
      std::lock_guard lock(mutex_);
      if (released_) return;
      released_ = true;
      release_due_ = starting_ > 0;
      if (release_due_) return;
    }
    RemoveHold();
  }

  const std::function<void()> changed_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::shared_ptr<Call> self_;  // until OnDone
  grpc::ByteBuffer in_, out_;
  mutable std::mutex mutex_;
  std::condition_variable done_;
  bool writing_ = false;  // until its end is told
  int starting_ = 0;      // that are inside StartWrite
  bool released_ = false;
  bool release_due_ = false;
  bool ended_ = false;
  std::string why_;
};

PeerLink::PeerLink(const PeerLinkOptions& options, std::function<void()> changed)
    : call_(std::make_shared<Call>(options, std::move(changed))) {
  call_->Begin(call_);
}
PeerLink::~PeerLink() { call_->End(); }
bool PeerLink::CanSend() const { return call_->CanSend(); }
void PeerLink::Send(std::string message) { call_->Send(std::move(message)); }
bool PeerLink::ended() const { return call_->ended(); }
std::string PeerLink::why() const { return call_->why(); }

}  // namespace fairlead::xds
