// HttpSession: one connection: requests in, responses and event streams out.
//
// Who calls: http_server.cc only (it includes Boost.Beast and is compiled once a kind of stream). All of it
// runs on the server's one thread.
#pragma once

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/apiserver/failure.h"
#include "tests/support/apiserver/http_server.h"

namespace fairlead::apiserver {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

// What the server needs of a session of either kind.
class AnySession {
 public:
  virtual ~AnySession() = default;
  virtual void Cut() = 0;  // resets the connection
};

struct SessionContext {
  HttpOptions options;
  HttpServer::Handler handler;
  std::map<AnySession*, std::weak_ptr<AnySession>> sessions;
};

std::string HeadOf(const Response& response, bool chunked, bool keep_alive);

template <class Stream>
class HttpSession : public AnySession, public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  HttpSession(Stream stream, std::shared_ptr<SessionContext> context)
      : stream_(std::move(stream)),
        context_(std::move(context)),
        bookmark_(stream_.get_executor()),
        end_(stream_.get_executor()) {}
  ~HttpSession() override { context_->sessions.erase(this); }

  void Run() {
    context_->sessions[this] = this->weak_from_this();
    if constexpr (kTls) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](beast::error_code e) {
                                if (!e) self->ReadNext();
                              });
    } else {
      ReadNext();
    }
  }

  void Cut() override {
    auto& socket = beast::get_lowest_layer(stream_).socket();
    beast::error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
    bookmark_.cancel();
    end_.cancel();
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;
  using Parser = http::request_parser<http::string_body>;

  void ReadNext() {
    parser_ = std::make_unique<Parser>();
    parser_->body_limit(context_->options.max_body_bytes + 1024);
    parser_->header_limit(64 * 1024);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](beast::error_code e, size_t) { self->OnRead(e); });
  }

  void OnRead(beast::error_code e) {
    if (e == http::error::body_limit) {
      keep_alive_ = false;
      const size_t limit = context_->options.max_body_bytes;
      Send(FailureResponse(RequestTooLarge("limit is " + std::to_string(limit))));
      return;
    }
    if (e) return;  // closed, or no HTTP: the session ends with its last reference
    auto message = parser_->release();
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) {
      std::string name(field.name_string());
      for (char& c : name) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
      std::string& value = request.headers[name];
      value += (value.empty() ? "" : ", ") + std::string(field.value());
    }
    request.body = std::move(message.body());
    keep_alive_ = message.keep_alive();
    chunked_ = message.version() >= 11;
    head_only_ = request.method == "HEAD";
    Send(context_->handler(request));
  }

  void Send(Response response) {
    if (response.wire == Wire::kDropBeforeHeaders) return Cut();
    if (response.wire == Wire::kStall) return Listen();
    response_ = std::move(response);
    const bool chunked = response_.stream != nullptr;
    out_ = HeadOf(response_, chunked && chunked_, chunked ? false : keep_alive_);
    if (response_.wire == Wire::kNormal && !chunked && !head_only_) out_ += response_.body;
    if (response_.wire == Wire::kDropInBody) out_ += response_.body.substr(0, response_.body.size() / 2);
    Write([self = this->shared_from_this()] { self->Sent(); });
  }

  void Sent() {
    if (response_.wire == Wire::kDropAfterHeaders || response_.wire == Wire::kDropInBody) return Cut();
    if (response_.stream) return StartStream();
    if (keep_alive_) return ReadNext();
    CloseCleanly();
  }

  void CloseCleanly() {
    beast::error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(asio::socket_base::shutdown_send, ignored);
  }

  template <class Then>
  void Write(Then then) {
    writing_ = true;
    asio::async_write(stream_, asio::buffer(out_),
                      [self = this->shared_from_this(), then = std::move(then)](beast::error_code e, size_t) {
                        self->writing_ = false;
                        if (e) return self->Cut();
                        then();
                      });
  }

  void StartStream() {
    const std::weak_ptr<HttpSession> weak = this->weak_from_this();
    response_.stream->SetWakeup([weak, executor = stream_.get_executor()] {
      asio::post(executor, [weak] {
        if (auto self = weak.lock()) self->Pump();
      });
    });
    if (const int seconds = response_.stream->timeout_seconds(); seconds > 0) {
      end_.expires_after(std::chrono::seconds(seconds));
      end_.async_wait([self = this->shared_from_this()](beast::error_code e) {
        if (e) return;
        self->time_is_up_ = true;
        self->Pump();
      });
    }
    ScheduleBookmark();
    Listen();
    Pump();
  }

  void ScheduleBookmark() {
    bookmark_.expires_after(context_->options.bookmark_interval);
    bookmark_.async_wait([self = this->shared_from_this()](beast::error_code e) {
      if (e || !self->response_.stream) return;
      self->bookmark_due_ = true;
      self->Pump();
      self->ScheduleBookmark();
    });
  }

  // Notices that the client has gone while nothing is to be sent.
  void Listen() {
    stream_.async_read_some(asio::buffer(&nothing_, 1),
                            [self = this->shared_from_this()](beast::error_code e, size_t) {
                              if (e) self->Cut();
                            });
  }

  // HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
  std::string Chunk(const std::string& frame) const {
    if (!chunked_) return frame;
    char size[20];
    snprintf(size, sizeof size, "%zx\r\n", frame.size());
    return size + frame + "\r\n";
  }

  void Pump() {
    if (writing_ || ended_ || !response_.stream) return;
    out_.clear();
    // Many small events go out in one write; what comes meanwhile waits for it.
    while (out_.size() < 256 * 1024) {
      std::optional<std::string> frame = response_.stream->Next();
      if (!frame) break;
      out_ += Chunk(*frame);
    }
    const StreamState state = response_.stream->state();
    if (state == StreamState::kStalled) return;
    if (out_.empty() && state == StreamState::kAborted) return Cut();
    if (bookmark_due_ || (time_is_up_ && out_.empty())) {
      bookmark_due_ = false;
      if (const std::string frame = response_.stream->Bookmark(); !frame.empty()) out_ += Chunk(frame);
    }
    if (out_.empty() || time_is_up_) {
      if (state == StreamState::kFinished || time_is_up_) return EndStream();
      return;
    }
    Write([self = this->shared_from_this()] { self->Pump(); });
  }

  void EndStream() {
    ended_ = true;
    bookmark_.cancel();
    end_.cancel();
    if (chunked_) out_ += "0\r\n\r\n";
    Write([self = this->shared_from_this()] {
      self->response_.stream.reset();
      self->CloseCleanly();
    });
  }

  Stream stream_;
  const std::shared_ptr<SessionContext> context_;
  beast::flat_buffer buffer_;
  std::unique_ptr<Parser> parser_;
  Response response_;
  std::string out_;
  char nothing_ = 0;
  asio::steady_timer bookmark_;
  asio::steady_timer end_;
  bool keep_alive_ = true;
  bool chunked_ = true;
  bool head_only_ = false;
  bool writing_ = false;
  bool bookmark_due_ = false;
  bool time_is_up_ = false;
  bool ended_ = false;
};

}  // namespace fairlead::apiserver
