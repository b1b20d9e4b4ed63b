#include "webhooks/server/session.h"

#include <openssl/ssl.h>

namespace fairlead::webhooks {
namespace {

constexpr size_t kMaxLinger = 1u << 20;
constexpr std::chrono::milliseconds kLinger{2000};

asio::ssl::context Share(const TlsContext& tls) {
  SSL_CTX_up_ref(tls.get());
  return asio::ssl::context(tls.get());  // takes the reference
}

bool IsJson(beast::string_view content_type) {
  return beast::iequals(content_type.substr(0, content_type.find(';')), "application/json");
}

bool IsParseError(beast::error_code error) {
  const bool http = error.category() == beast::error_code(http::error::bad_method).category();
  return http && error != http::error::end_of_stream && error != http::error::partial_message;
}

std::string PathOf(const http::request_header<>& head) {
  const beast::string_view target = head.target();
  return std::string(target.substr(0, target.find('?')));
}

}  // namespace

Session::Session(tcp::socket socket, TlsContext tls, SessionContext* context)
    : context_(context),
      tls_(std::move(tls)),
      ssl_(Share(tls_)),
      stream_(beast::tcp_stream(std::move(socket)), ssl_),
      place_(context->sessions.insert(context->sessions.end(), this)),
      buffer_(context->options.max_header + context->options.max_body),
      pause_(*context->io) {
  context_->metrics->OnConnections(context_->sessions.size());
}

Session::~Session() {
  ReleaseLarge();
  context_->sessions.erase(place_);
  context_->metrics->OnConnections(context_->sessions.size());
  context_->on_ended();
}

void Session::Start() {
  Expire(context_->options.handshake_timeout);
  stream_.async_handshake(
      asio::ssl::stream_base::server, [self = shared_from_this()](beast::error_code error) {
        if (!error) return self->Await();
        if (!self->evicted_ && !self->context_->closing) {
          self->context_->metrics->OnRefused(error == beast::error::timeout ? Refusal::kSlow
                                                                            : Refusal::kHandshake);
        }
      });
}

// Between requests: until the first byte comes, the peer may take its time.
void Session::Await() {
  if (context_->closing) return End();
  phase_ = Phase::kIdle;
  context_->sessions.splice(context_->sessions.end(), context_->sessions, place_);
  if (buffer_.size() > 0) return ReadHeader();
  buffer_.shrink_to_fit();
  Expire(context_->options.idle_timeout);
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](beast::error_code error, size_t bytes) {
                            self->buffer_.commit(bytes);
                            if (!error) return self->ReadHeader();
                            self->End();  // closed by the peer, idle for too long, or evicted
                          });
}

void Session::ReadHeader() {
  phase_ = Phase::kReading;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(context_->options.max_header));
  parser_->body_limit(context_->options.max_body);
  beast::error_code error;
  if (ParseRead(false, &error)) return OnHeader(error);
  Expire(context_->options.header_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code e, size_t) { self->OnHeader(e); });
}

// What has been read often is the whole request already. False: it needs more.
bool Session::ParseRead(bool body, beast::error_code* error) {
  parser_->eager(body);
  const auto done = [&] { return body ? parser_->is_done() : parser_->is_header_done(); };
  if (!done() && buffer_.size() > 0) buffer_.consume(parser_->put(buffer_.data(), *error));
  if (*error == http::error::need_more) *error = {};
  return *error || done();
}

void Session::OnHeader(beast::error_code error) {
  if (error == http::error::header_limit) {
    return Refuse(Refusal::kTooLarge, http::status::request_header_fields_too_large,
                  "the headers are too long");
  }
  if (error == http::error::body_limit) {
    return Refuse(Refusal::kTooLarge, http::status::payload_too_large, "the body is too long");
  }
  if (error) return Fail(error);
  const auto& head = parser_->get();
  if (!context_->endpoints.contains(PathOf(head))) {
    return Refuse(Refusal::kNotFound, http::status::not_found, "there is nothing at this path");
  }
  if (head.method() != http::verb::post) {
    return Refuse(Refusal::kNotFound, http::status::method_not_allowed, "only POST");
  }
  if (!IsJson(head[http::field::content_type])) {
    return Refuse(Refusal::kNotFound, http::status::unsupported_media_type, "only application/json");
  }
  const auto length = parser_->content_length();
  if (!length || *length > context_->options.small_body) {
    if (context_->large >= context_->options.max_large) {
      return Refuse(Refusal::kBusy, http::status::service_unavailable, "too many long requests at once");
    }
    large_ = true;
    ++context_->large;
  }
  ReadBody();
}

void Session::ReadBody() {
  beast::error_code error;
  if (ParseRead(true, &error)) return OnBody(error);
  Expire(context_->options.body_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](beast::error_code error, size_t) { self->OnBody(error); });
}

void Session::OnBody(beast::error_code error) {
  if (error == http::error::body_limit) {
    return Refuse(Refusal::kTooLarge, http::status::payload_too_large, "the body is too long");
  }
  if (error) return Fail(error);
  if (context_->requests >= context_->options.max_requests) {
    return Refuse(Refusal::kBusy, http::status::service_unavailable, "too many requests at once");
  }
  Run(context_->endpoints.at(PathOf(parser_->get())));
}

// On any thread. nullopt only of a handler that is quick.
template <class H>
std::optional<Answer> Session::Ask(const H& handler, Clock::TimePoint begun) const {
  try {
    std::optional<Answer> answer = handler(parser_->get().body());
    if (answer) context_->metrics->OnAnswer(*answer, Clock::System().Now() - begun);
    return answer;
  } catch (...) {
    context_->metrics->OnRefused(Refusal::kException);
    return Answer{500, "the verdict failed", "", "", ""};
  }
}

void Session::Run(const Server::Endpoint& endpoint) {
  phase_ = Phase::kJudging;
  ++context_->requests;
  const Clock::TimePoint begun = Clock::System().Now();
  if (endpoint.quick && !large_) {
    if (std::optional<Answer> answer = Ask(endpoint.quick, begun)) return OnAnswer(std::move(*answer));
  }
  beast::get_lowest_layer(stream_).expires_never();
  asio::post(*context_->workers, [self = shared_from_this(), &endpoint, begun]() mutable {
    std::optional<Answer> answer = self->Ask(endpoint.handler, begun);
    asio::io_context& io = *self->context_->io;
    asio::post(io, [self = std::move(self), answer = std::move(answer)]() mutable {
      self->OnAnswer(std::move(*answer));
    });
  });
}

void Session::OnAnswer(Answer answer) {
  --context_->requests;
  if (answer.status == 400) return Pause(std::move(answer));
  served_ = true;
  Send(std::move(answer));
}

// It holds no more than a connection meanwhile.
void Session::Pause(Answer answer) {
  parser_->get().body() = {};
  ReleaseLarge();
  beast::get_lowest_layer(stream_).expires_never();
  pause_.expires_after(context_->options.malformed_pause);
  pause_.async_wait([self = shared_from_this(), answer = std::move(answer)](beast::error_code) mutable {
    if (beast::get_lowest_layer(self->stream_).socket().is_open()) self->Send(std::move(answer));
  });
}

void Session::Send(Answer answer) {
  const bool failed = answer.status == 500;
  Reply(static_cast<http::status>(answer.status), failed ? "text/plain; charset=utf-8" : "application/json",
        std::move(answer.body), parser_->get().keep_alive() && !context_->draining);
}

void Session::Reply(http::status status, std::string_view type, std::string body, bool keep) {
  phase_ = Phase::kWriting;
  reply_ = http::response<http::string_body>(status, 11);
  reply_.set(http::field::content_type, beast::string_view(type.data(), type.size()));
  reply_.keep_alive(keep);
  reply_.body() = std::move(body);
  reply_.prepare_payload();
  Expire(context_->options.write_timeout);
  http::async_write(stream_, reply_, [self = shared_from_this(), keep](beast::error_code error, size_t) {
    self->reply_ = {};
    if (error) return self->Fail(error);
    const bool whole = self->parser_ && self->parser_->is_done();
    self->parser_.reset();
    self->ReleaseLarge();
    if (keep) return self->Await();
    whole ? self->End() : self->Linger();
  });
}

void Session::Refuse(Refusal refusal, http::status status, std::string text) {
  context_->metrics->OnRefused(refusal);
  Reply(status, "text/plain; charset=utf-8", std::move(text) + "\n", false);
}

void Session::Linger() {
  phase_ = Phase::kEnding;
  if (lingered_ == 0) {
    Expire(kLinger);
    buffer_.clear();
  }
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](beast::error_code error, size_t bytes) {
                            self->lingered_ += bytes;
                            if (!error && self->lingered_ < kMaxLinger) return self->Linger();
                            self->End();
                          });
}

void Session::End() {
  phase_ = Phase::kEnding;
  if (!beast::get_lowest_layer(stream_).socket().is_open()) return;
  Expire(kLinger);
  stream_.async_shutdown([self = shared_from_this()](beast::error_code) { self->Cut(); });
}

void Session::Fail(beast::error_code error) {
  if (error == beast::error::timeout) {
    context_->metrics->OnRefused(Refusal::kSlow);
  } else if (IsParseError(error)) {
    return Refuse(Refusal::kMalformed, http::status::bad_request, "this is no HTTP/1.1 request");
  } else if (phase_ == Phase::kReading) {
    context_->metrics->OnRefused(Refusal::kMalformed);  // broken off
  }
  Cut();
}

void Session::EndWhenIdle() {
  if (idle()) beast::get_lowest_layer(stream_).cancel();  // Await's read ends, and then the connection
}

void Session::Evict() {
  evicted_ = true;
  context_->metrics->OnRefused(Refusal::kEvicted);
  Cut();
}

void Session::Cut() {
  phase_ = Phase::kEnding;
  pause_.cancel();
  beast::get_lowest_layer(stream_).close();
}

void Session::ReleaseLarge() {
  if (std::exchange(large_, false)) --context_->large;
}

}  // namespace fairlead::webhooks
