#include "operator/runtime/http_server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <charconv>
#include <optional>
#include <thread>
#include <utility>

namespace fairlead::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr size_t kMaxHeader = 16u << 10;
constexpr size_t kMaxBody = 64u << 10;

// "a%20b+c" -> "a b c"
std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

ServerRequest RequestOf(const http::request<http::string_body>& message) {
  ServerRequest request;
  request.method = std::string(message.method_string());
  const std::string target(message.target());
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  std::string_view rest =
      mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const size_t equals = pair.find('=');
    request.query[Decode(pair.substr(0, equals))] =
        equals == std::string_view::npos ? "" : Decode(pair.substr(equals + 1));
  }
  return request;
}

struct Address {
  asio::ip::address ip;
  unsigned short port = 0;
};

Result<Address> ParseAddress(const std::string& text) {
  const auto wrong = [&] {
    return Unexpected(
        Error{ErrorClass::kInvalid, "\"" + text + "\" is not an address of the form IP:port or :port"});
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong();
  std::string host = text.substr(0, colon);
  Address address;
  const char* end = text.data() + text.size();
  const auto [rest, range] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (rest != end || range != std::errc() || colon + 1 == text.size()) return wrong();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  // An address of every interface takes IPv4 as well.
  address.ip =
      host.empty() ? asio::ip::address(asio::ip::address_v6::any()) : asio::ip::make_address(host, error);
  if (error) return wrong();
  return address;
}

}  // namespace

struct HttpServer::Impl {
  class Session;

  explicit Impl(HttpServerOptions o) : options(o) {}
  Result<int> Listen(const Address& address);
  void Accept();
  http::response<http::string_body> Answer(const http::request<http::string_body>& message) const;

  const HttpServerOptions options;
  std::map<std::string, Handler> handlers;
  size_t connections = 0;
  bool stopping = false;
  asio::io_context io{1};  // its end is the end of all sessions, which still use what is above
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  std::thread thread;
};

// One connection: read, answer, read again. Lives as long as an operation is under way.
class HttpServer::Impl::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Impl* server) : stream_(std::move(socket)), server_(server) {
    ++server_->connections;
  }
  ~Session() {
    const bool was_full = server_->connections-- >= server_->options.max_connections;
    if (was_full && !server_->stopping) server_->Accept();
  }

  void Read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeader);
    parser_->body_limit(kMaxBody);
    stream_.expires_after(std::chrono::seconds(server_->options.idle_seconds));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, size_t) { self->OnRead(error); });
  }

 private:
  void OnRead(beast::error_code error) {
    if (error) return;
    reply_ = server_->Answer(parser_->get());
    const bool keep = reply_.keep_alive();
    stream_.expires_after(std::chrono::seconds(server_->options.idle_seconds));
    http::async_write(stream_, reply_, [self = shared_from_this(), keep](beast::error_code written, size_t) {
      if (!written && keep) return self->Read();
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  Impl* const server_;
  beast::flat_buffer buffer_{kMaxHeader + kMaxBody};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> reply_;
};

http::response<http::string_body> HttpServer::Impl::Answer(
    const http::request<http::string_body>& message) const {
  ServerReply reply;
  const ServerRequest request = RequestOf(message);
  const auto handler = handlers.find(request.path);
  if (handler == handlers.end()) {
    reply = {404, "text/plain; charset=utf-8", "not found\n"};
  } else if (message.method() != http::verb::get && message.method() != http::verb::head) {
    reply = {405, "text/plain; charset=utf-8", "only GET\n"};
  } else {
    try {
      reply = handler->second(request);
    } catch (const std::exception& e) {
      reply = {500, "text/plain; charset=utf-8", std::string(e.what()) + "\n"};
    }
  }
  http::response<http::string_body> response{static_cast<http::status>(reply.status), message.version()};
  response.set(http::field::content_type, reply.content_type);
  response.set("X-Content-Type-Options", "nosniff");
  response.keep_alive(message.keep_alive());
  response.content_length(reply.body.size());
  if (message.method() != http::verb::head) response.body() = std::move(reply.body);
  return response;
}

// Not called while the number of connections is at its limit: further ones wait in the kernel's queue.
void HttpServer::Impl::Accept() {
  acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (error) {  // out of descriptors, most likely: the same would come at once again
      pause.expires_after(std::chrono::milliseconds(100));
      return pause.async_wait([this](beast::error_code cancelled) {
        if (!cancelled) Accept();
      });
    }
    std::make_shared<Session>(std::move(socket), this)->Read();
    if (connections < options.max_connections) Accept();
  });
}

Result<int> HttpServer::Impl::Listen(const Address& address) {
  try {
    const tcp::endpoint endpoint(address.ip, address.port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(endpoint);
    acceptor.listen(128);
    return static_cast<int>(acceptor.local_endpoint().port());
  } catch (const std::exception& e) {
    return Unexpected(Error{ErrorClass::kFatal, std::string("cannot listen: ") + e.what()});
  }
}

HttpServer::HttpServer(HttpServerOptions options) : impl_(std::make_unique<Impl>(options)) {}
HttpServer::~HttpServer() { Stop(); }

void HttpServer::Handle(const std::string& path, Handler handler) {
  impl_->handlers[path] = std::move(handler);
}

Result<int> HttpServer::Start(const std::string& text) {
  Result<Address> address = ParseAddress(text);
  if (!address) return Unexpected(address.error());
  Result<int> port = impl_->Listen(*address);
  if (!port) return Unexpected(Error{ErrorClass::kFatal, text + ": " + port.error().message});
  impl_->Accept();
  impl_->thread = std::thread([this] { impl_->io.run(); });
  return port;
}

void HttpServer::Stop() {
  if (!impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
  impl_->stopping = true;
}

}  // namespace fairlead::runtime
