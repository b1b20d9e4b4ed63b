#include "dataplane/server/ads_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <fstream>

#include "dataplane/server/ads_stream.h"
#include "dataplane/server/channel.h"

namespace fairlead::xds {
namespace {

constexpr int kMinPingIntervalMs = 10'000;
constexpr int kStreamsOfConnection = 100;

class NoMetrics final : public AdsMetrics {
 public:
  void OnStream(int) override {}
  void OnRefused() override {}
  void OnPush(Type, size_t, size_t, size_t) override {}
  void OnWritten(Type, std::chrono::nanoseconds) override {}
  void OnAnswer(Type, bool) override {}
};

Error Fatal(std::string message) { return {ErrorClass::kFatal, std::move(message)}; }

bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host == "[::1]" || host.rfind("127.", 0) == 0;
}

Result<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const AdsServerOptions& options) {
  for (const std::string* file : {&options.tls_certificate, &options.tls_key, &options.tls_client_ca}) {
    if (!std::ifstream(*file).good()) {
      return Unexpected(Fatal("--xds-bind-address: cannot read the certificate file '" + *file + "'"));
    }
  }
  namespace tls = grpc::experimental;
  auto provider = std::make_shared<tls::FileWatcherCertificateProvider>(
      options.tls_key, options.tls_certificate, options.tls_client_ca, kCertificateWatchSeconds);
  tls::TlsServerCredentialsOptions credentials(provider);
  credentials.watch_root_certs();
  credentials.watch_identity_key_cert_pairs();
  credentials.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(credentials);
}

}  // namespace

struct AdsServer::Impl {
  Impl(AdsServerOptions options, Catalog* catalog, AdsMetrics* given, const Clock& clock)
      : service(std::move(options), catalog, given ? given : &no_metrics, clock) {}
  NoMetrics no_metrics;
  AdsService service;
  std::unique_ptr<grpc::Server> server;
  int plaintext_port = 0;
  int tls_port = 0;
};

AdsServer::AdsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdsServer::~AdsServer() { Shutdown(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<AdsServer>> AdsServer::Start(AdsServerOptions options, Catalog* catalog,
                                                    AdsMetrics* metrics, const Clock& clock) {
  if (options.plaintext_address.empty() && options.tls_address.empty()) {
    return Unexpected(Fatal("xDS: neither --xds-bind-address nor --xds-plaintext-bind-address is set"));
  }
  auto impl = std::make_unique<Impl>(options, catalog, metrics, clock);
  grpc::ServerBuilder builder;
  if (!options.plaintext_address.empty()) {
    if (!IsLoopback(options.plaintext_address)) {
      return Unexpected(Fatal("--xds-plaintext-bind-address: " + options.plaintext_address +
                              " is not a loopback address; without TLS xDS is served on loopback only"));
    }
    builder.AddListeningPort(options.plaintext_address, grpc::InsecureServerCredentials(),
                             &impl->plaintext_port);
  }
  if (!options.tls_address.empty()) {
    auto credentials = TlsCredentials(options);
    if (!credentials) return Unexpected(credentials.error());
    builder.AddListeningPort(options.tls_address, *credentials, &impl->tls_port);
  }
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_request_bytes));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsOfConnection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingIntervalMs);
  builder.RegisterCallbackGenericService(&impl->service);
  impl->server = builder.BuildAndStart();
  const bool plaintext_failed = !options.plaintext_address.empty() && impl->plaintext_port == 0;
  const bool tls_failed = !options.tls_address.empty() && impl->tls_port == 0;
  if (!impl->server || plaintext_failed || tls_failed) {
    const bool plaintext = plaintext_failed || options.tls_address.empty();
    return Unexpected(
        Fatal(plaintext ? "--xds-plaintext-bind-address: cannot listen on " + options.plaintext_address
                        : "--xds-bind-address: cannot listen on " + options.tls_address));
  }
  return std::unique_ptr<AdsServer>(new AdsServer(std::move(impl)));
}

int AdsServer::plaintext_port() const { return impl_->plaintext_port; }
int AdsServer::tls_port() const { return impl_->tls_port; }
size_t AdsServer::streams() const { return impl_->service.streams(); }

void AdsServer::Shutdown(std::chrono::milliseconds patience) {
  if (!impl_->server) return;
  impl_->service.Drain();
  impl_->server->Shutdown(std::chrono::system_clock::now() + patience);
  impl_->server->Wait();
  impl_->service.AwaitStreams();
  impl_->server.reset();
}

}  // namespace fairlead::xds
