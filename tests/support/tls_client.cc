#include "tests/support/tls_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "webhooks/openssl/handles.h"

namespace fairlead::testing {
namespace {

using openssl::BioPtr;
using openssl::KeyPtr;
using openssl::Open;
using openssl::X509Ptr;

std::string LastError() {
  std::string text(256, '\0');
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return text.substr(0, text.find('\0'));
}

}  // namespace

struct TlsClient::Handles {
  ~Handles() {
    if (fd >= 0) close(fd);
  }
  openssl::ContextPtr context;
  int fd = -1;
  openssl::SslPtr ssl;
};

int ConnectLoopback(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval minute{60, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &minute, sizeof(minute));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

TlsClient::TlsClient(const TlsClientOptions& options) : handles_(std::make_unique<Handles>()) {
  std::signal(SIGPIPE, SIG_IGN);  // a server that closes is no reason to end
  handles_->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = handles_->context.get();
  if (options.max_version != 0) {
    SSL_CTX_set_cipher_list(context, "DEFAULT@SECLEVEL=0");  // OpenSSL does not offer old versions otherwise
    SSL_CTX_set_min_proto_version(context, options.max_version);
    SSL_CTX_set_max_proto_version(context, options.max_version);
  }
  const BioPtr authorities = Open(options.ca_pem);
  while (X509Ptr ca{PEM_read_bio_X509(authorities.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
  }
  ERR_clear_error();
  if (!options.certificate_pem.empty()) {
    const X509Ptr own(PEM_read_bio_X509(Open(options.certificate_pem).get(), nullptr, nullptr, nullptr));
    const KeyPtr key(PEM_read_bio_PrivateKey(Open(options.key_pem).get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context, own.get());
    SSL_CTX_use_PrivateKey(context, key.get());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  handles_->fd = ConnectLoopback(options.port);
  if (handles_->fd < 0) {
    problem_ = "no connection";
    return;
  }
  handles_->ssl.reset(SSL_new(context));
  SSL_set_fd(handles_->ssl.get(), handles_->fd);
  SSL_set1_host(handles_->ssl.get(), options.server_name.c_str());
  SSL_set_tlsext_host_name(handles_->ssl.get(), options.server_name.c_str());
  if (SSL_connect(handles_->ssl.get()) != 1) problem_ = "no handshake: " + LastError();
}

TlsClient::~TlsClient() = default;

std::string TlsClient::version() const {
  return problem_.empty() ? SSL_get_version(handles_->ssl.get()) : "";
}

std::string TlsClient::peer_serial() const {
  if (!problem_.empty()) return "";
  const X509Ptr peer(SSL_get1_peer_certificate(handles_->ssl.get()));
  if (peer == nullptr) return "";
  const openssl::NumberPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(peer.get()), nullptr));
  char* text = BN_bn2hex(number.get());
  std::string out = text;
  OPENSSL_free(text);
  return out;
}

bool TlsClient::Send(const std::string& bytes) {
  if (!problem_.empty()) return false;
  ERR_clear_error();
  return SSL_write(handles_->ssl.get(), bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

bool TlsClient::Fill() {
  if (!problem_.empty()) return false;
  char bytes[4096];
  ERR_clear_error();
  const int count = SSL_read(handles_->ssl.get(), bytes, sizeof(bytes));
  if (count > 0) buffer_.append(bytes, static_cast<size_t>(count));
  return count > 0;
}

TlsReply TlsClient::Read() {
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return {};
  }
  TlsReply reply;
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  const size_t at = reply.head.find("Content-Length: ");
  const size_t length = at == std::string::npos ? 0 : std::stoul(reply.head.substr(at + 16));
  while (buffer_.size() < length) {
    if (!Fill()) return {};
  }
  reply.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  reply.status = std::stoi(reply.head.substr(reply.head.find(' ') + 1));
  return reply;
}

TlsReply TlsClient::Post(const std::string& path, const std::string& body, const std::string& token) {
  const std::string head = "POST " + path +
                           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                           (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") +
                           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return Send(head + body) ? Read() : TlsReply();
}

bool TlsClient::Ended() {
  if (!problem_.empty()) return true;
  errno = 0;
  if (!buffer_.empty() || Fill()) return false;
  return errno != EAGAIN;
}

}  // namespace fairlead::testing
