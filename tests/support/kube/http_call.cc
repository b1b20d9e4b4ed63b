#include "tests/support/kube/http_call.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "webhooks/openssl/handles.h"

namespace fairlead::testing {
namespace {

using openssl::ContextPtr;
using openssl::Open;

struct Socket {
  int fd = -1;
  ~Socket() {
    if (fd >= 0) close(fd);
  }
};

bool Connect(const HttpCallOptions& options, Socket* out) {
  out->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval timeout{options.timeout_seconds, 0};
  setsockopt(out->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(out->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(options.port));
  inet_pton(AF_INET, options.host.c_str(), &address.sin_addr);
  return connect(out->fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

ContextPtr MakeContext(const HttpCallOptions& options) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const openssl::BioPtr ca = Open(options.ca_pem);
  while (X509* certificate = PEM_read_bio_X509(ca.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), certificate);
    X509_free(certificate);
  }
  if (!options.certificate_pem.empty()) {
    const openssl::X509Ptr certificate(
        PEM_read_bio_X509(Open(options.certificate_pem).get(), nullptr, nullptr, nullptr));
    const openssl::KeyPtr key(
        PEM_read_bio_PrivateKey(Open(options.key_pem).get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
  }
  ERR_clear_error();
  return context;
}

// A call on a socket with a time limit ends with EINTR when the process was stopped and goes on (signal(7)).
template <class F>
auto Again(F call) {
  for (;;) {
    errno = 0;
    const auto result = call();
    if (result > 0 || errno != EINTR) return result;
  }
}

std::string RequestText(const HttpCallOptions& options) {
  std::string text = options.method + " " + options.path + " HTTP/1.0\r\nHost: " + options.host +
                     "\r\nAccept: " + options.accept + "\r\nUser-Agent: fairlead-tests\r\n";
  if (!options.token.empty()) text += "Authorization: Bearer " + options.token + "\r\n";
  for (const std::string& header : options.headers) text += header + "\r\n";
  if (!options.body.empty()) {
    text += "Content-Type: " + options.content_type +
            "\r\nContent-Length: " + std::to_string(options.body.size()) + "\r\n";
  }
  return text + "\r\n" + options.body;
}

HttpReply ParseReply(const std::string& text) {
  HttpReply reply;
  const size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos || text.rfind("HTTP/1.", 0) != 0) {
    reply.body = "not an HTTP reply: " + text.substr(0, 200);
    return reply;
  }
  reply.status = std::atoi(text.c_str() + 9);
  reply.headers = text.substr(0, end);
  reply.body = text.substr(end + 4);
  return reply;
}

}  // namespace

HttpReply HttpCall(const HttpCallOptions& options) {
  Socket socket;
  if (!Connect(options, &socket)) return {0, "", std::string("cannot connect: ") + std::strerror(errno)};
  const std::string request = RequestText(options);
  std::string reply;
  char buffer[16384];
  if (options.ca_pem.empty()) {
    if (send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {0, "", "cannot send"};
    for (ssize_t n; (n = Again([&] { return recv(socket.fd, buffer, sizeof(buffer), 0); })) > 0;)
      reply.append(buffer, static_cast<size_t>(n));
    return ParseReply(reply);
  }
  ContextPtr context = MakeContext(options);
  const openssl::SslPtr ssl(SSL_new(context.get()));
  if (options.server_name.empty()) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), options.host.c_str());
  } else {
    SSL_set1_host(ssl.get(), options.server_name.c_str());
  }
  SSL_set_fd(ssl.get(), socket.fd);
  if (Again([&] { return SSL_connect(ssl.get()); }) != 1) return {0, "", "TLS handshake failed"};
  if (Again([&] { return SSL_write(ssl.get(), request.data(), static_cast<int>(request.size())); }) <= 0)
    return {0, "", "cannot send"};
  for (int n; (n = Again([&] { return SSL_read(ssl.get(), buffer, sizeof(buffer)); })) > 0;)
    reply.append(buffer, static_cast<size_t>(n));
  return ParseReply(reply);
}

}  // namespace fairlead::testing
