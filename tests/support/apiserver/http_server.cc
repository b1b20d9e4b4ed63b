#include "tests/support/apiserver/http_server.h"

#include <thread>

#include "tests/support/apiserver/http_session.h"

namespace fairlead::apiserver {
namespace {

const char* Phrase(int code) {
  const auto phrase = http::obsolete_reason(static_cast<http::status>(code));
  return phrase.empty() ? "Status" : phrase.data();
}

}  // namespace

std::string HeadOf(const Response& r, bool chunked, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(r.code) + " " + Phrase(r.code) + "\r\n";
  out += "Content-Type: " + r.content_type + "\r\n";
  out += "Cache-Control: no-cache, private\r\n";
  for (const auto& [name, value] : r.headers) out += name + ": " + value + "\r\n";
  if (chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (!r.stream) {
    out += "Content-Length: " + std::to_string(r.body.size()) + "\r\n";
  }
  if (!keep_alive || chunked) out += "Connection: close\r\n";
  return out + "\r\n";
}

struct HttpServer::Impl {
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor{io};
  std::unique_ptr<asio::ssl::context> tls;
  std::shared_ptr<SessionContext> context = std::make_shared<SessionContext>();
  std::jthread thread;
  uint16_t port = 0;

  void Accept() {
    acceptor.async_accept([this](beast::error_code e, asio::ip::tcp::socket socket) {
      if (e == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (!e && context->sessions.size() < context->options.max_connections) Serve(std::move(socket));
      Accept();
    });
  }

  void Serve(asio::ip::tcp::socket socket) {
    beast::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (tls) {
      using Tls = beast::ssl_stream<beast::tcp_stream>;
      std::make_shared<HttpSession<Tls>>(Tls(beast::tcp_stream(std::move(socket)), *tls), context)->Run();
    } else {
      std::make_shared<HttpSession<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), context)->Run();
    }
  }

  void CutAll() {
    const auto sessions = context->sessions;
    for (const auto& [key, weak] : sessions) {
      if (auto session = weak.lock()) session->Cut();
    }
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpOptions options, Handler handler) {
  auto impl = std::make_unique<Impl>();
  impl->context->handler = std::move(handler);
  impl->context->options = options;
  try {
    if (!options.certificate.empty()) {
      impl->tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
      impl->tls->use_certificate_chain_file(options.certificate);
      impl->tls->use_private_key_file(options.key, asio::ssl::context::pem);
    }
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(options.host), options.port);
    impl->acceptor.open(endpoint.protocol());
    impl->acceptor.set_option(asio::socket_base::reuse_address(true));
    impl->acceptor.bind(endpoint);
    impl->acceptor.listen();
    impl->port = impl->acceptor.local_endpoint().port();
  } catch (const std::exception& e) {
    return Unexpected(Error{ErrorClass::kFatal, "cannot listen on " + options.host + ":" +
                                                    std::to_string(options.port) + ": " + e.what()});
  }
  impl->Accept();
  Impl* raw = impl.get();
  impl->thread = std::jthread([raw] { raw->io.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

uint16_t HttpServer::port() const { return impl_->port; }

void HttpServer::DropConnections() {
  asio::post(impl_->io, [this] { impl_->CutAll(); });
}

void HttpServer::Stop() {
  if (!impl_ || !impl_->thread.joinable()) return;
  asio::post(impl_->io, [this] {
    beast::error_code ignored;
    impl_->acceptor.close(ignored);
    impl_->CutAll();
  });
  impl_->thread.join();
}

}  // namespace fairlead::apiserver
