#include "operator/kube/cpprest_transport.h"

#include <cpprest/http_client.h>
#include <openssl/ssl.h>
#include <pplx/threadpool.h>

#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <utility>

#include "operator/kube/cpprest_stream.h"
#include "operator/kube/tls_env.h"
#include "operator/kube/tls_trouble.h"

namespace fairlead::kube {
namespace {

using web::http::client::http_client;
using web::http::client::http_client_config;

// The library's threads. It starts 40 unless told, once in a process; its continuations never block here.
class LibraryThreads {
 public:
  static void Start() {
    static std::once_flag once;
    std::call_once(once, [] {
      HideSystemAuthorities();
      // Its clean-up at the exit then comes after the end of the threads, each of which frees what it keeps
      // for it.
      OPENSSL_init_ssl(0, nullptr);
      crossplat::threadpool::initialize_with_threads(kCount);
    });
  }

  // Runs whatever is queued for them. A task of the library is a bare pointer in that queue, which a process
  // that ends would leave behind. They are held meanwhile, so that none is in the middle of queueing more.
  static void Drain() {
    struct Held {
      std::latch all{kCount}, left{kCount};
      std::promise<void> over;
      std::shared_future<void> release = over.get_future().share();
    };
    static std::mutex one_at_a_time;  // two that hold some of them each would wait for ever
    const std::lock_guard lock(one_at_a_time);
    boost::asio::io_service& service = crossplat::threadpool::shared_instance().service();
    const auto held = std::make_shared<Held>();
    for (int i = 0; i < kCount; ++i) {
      service.post([held] {
        held->all.count_down();
        held->release.wait();
        held->left.count_down();
      });
    }
    held->all.wait();
    service.poll();
    held->over.set_value();
    held->left.wait();
  }

 private:
  static constexpr int kCount = 4;
};

// Throws where the PEM cannot be used; the library hands that to the request.
void ConfigureTls(const Credential& credential, boost::asio::ssl::context& context) {
  const auto buffer = [](const std::string& text) { return boost::asio::buffer(text.data(), text.size()); };
  if (credential.ca_pem.empty()) {
    SSL_CTX_load_verify_locations(context.native_handle(), nullptr, X509_get_default_cert_dir());
  } else {
    context.add_certificate_authority(buffer(credential.ca_pem));
  }
  if (credential.certificate_pem.empty()) return;
  context.use_certificate_chain(buffer(credential.certificate_pem));
  context.use_private_key(buffer(credential.key_pem.Reveal()), boost::asio::ssl::context::pem);
}

HttpHeaders HeadersOf(const web::http::http_response& response) {
  HttpHeaders out;
  for (const auto& [name, value] : response.headers()) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    out.values[lower] = value;
  }
  return out;
}

// The message of an exception, as an error that may pass.
Error ErrorOf(const std::string& what, const std::exception_ptr& exception, const TlsTrouble* trouble) {
  try {
    std::rethrow_exception(exception);
  } catch (const web::http::http_exception& e) {
    const std::string message = e.what();
    const std::string more = trouble == nullptr || message.find("SSL handshake") == std::string::npos
                                 ? ""
                                 : trouble->About(static_cast<unsigned long>(e.error_code().value()));
    return Error{ErrorClass::kTransient, what + ": " + message + (more.empty() ? "" : ": " + more)};
  } catch (const std::exception& e) {
    return Error{ErrorClass::kTransient, what + ": " + e.what()};
  } catch (...) {
    return Error{ErrorClass::kTransient, what + ": failed"};
  }
}

// How many requests the library still works on. A process that ends, or a transport that goes, while one is
// queued would leave its tasks behind.
class InFlight {
 public:
  void Add() {
    std::lock_guard lock(mutex_);
    ++count_;
  }
  void Done() {
    std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  void AwaitNone(std::chrono::seconds most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, most, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

// The connections that were made with one set of certificates.
struct Clients {
  Credential credential;
  http_client_config call_config;
  std::shared_ptr<TlsTrouble> trouble = std::make_shared<TlsTrouble>();
  std::unique_ptr<http_client> calls, watches;
};

class CpprestTransport;

class CpprestStream final : public HttpStream {
 public:
  CpprestStream(CpprestTransport* transport, HttpRequest request)
      : transport_(transport), request_(std::move(request)) {}
  ~CpprestStream() override { Cancel(); }
  Result<void> Start();
  StreamEvent Next(Clock::TimePoint deadline, std::stop_token stop) override;

 private:
  void Cancel();
  bool SendAgain(const StreamEvent& event);

  CpprestTransport* transport_;
  HttpRequest request_;
  Credential used_;
  bool renewed_ = false, resent_ = false;
  bool replied_ = false;
  std::shared_ptr<StreamBuffer> buffer_;
  pplx::cancellation_token_source cancel_;
};

class CpprestTransport final : public HttpTransport {
 public:
  CpprestTransport(ClusterConfig config, TransportOptions options, std::unique_ptr<Credentials> credentials)
      : config_(std::move(config)), options_(std::move(options)), credentials_(std::move(credentials)) {}
  // Streams are gone by now, so each request that is left was cancelled and ends at once.
  ~CpprestTransport() override {
    in_flight_->AwaitNone(std::chrono::seconds(5));
    clients_.reset();
    LibraryThreads::Drain();
  }

  Result<std::unique_ptr<HttpStream>> Open(const HttpRequest& request) override {
    auto stream = std::make_unique<CpprestStream>(this, request);
    if (Result<void> started = stream->Start(); !started) return Unexpected(started.error());
    return std::unique_ptr<HttpStream>(std::move(stream));
  }

  Result<Credential> Send(const HttpRequest& request, const std::shared_ptr<StreamBuffer>& buffer,
                          const pplx::cancellation_token& token);
  bool Rejected(const Credential& used) { return credentials_->Rejected(used); }

 private:
  std::shared_ptr<Clients> ClientsFor(const Credential& credential);
  http_client_config ConfigFor(const Clients& clients, std::chrono::seconds idle) const;
  web::http::http_request MessageOf(const HttpRequest& request, const Credential& credential) const;

  const ClusterConfig config_;
  const TransportOptions options_;
  const std::unique_ptr<Credentials> credentials_;
  const std::shared_ptr<InFlight> in_flight_ = std::make_shared<InFlight>();
  std::mutex mutex_;  // guards clients_
  std::shared_ptr<Clients> clients_;
};

http_client_config CpprestTransport::ConfigFor(const Clients& clients, std::chrono::seconds idle) const {
  http_client_config config;
  config.set_timeout(idle);
  config.set_max_redirects(0);  // a redirect would carry the token to another host
  config.set_ssl_context_callback(
      [credential = clients.credential, trouble = clients.trouble](boost::asio::ssl::context& context) {
        TlsTrouble::Attach(trouble, context.native_handle());
        ConfigureTls(credential, context);
      });
  return config;
}

std::shared_ptr<Clients> CpprestTransport::ClientsFor(const Credential& credential) {
  std::lock_guard lock(mutex_);
  if (clients_ && clients_->credential.SameTls(credential)) return clients_;
  auto clients = std::make_shared<Clients>();
  clients->credential = credential;
  clients->call_config = ConfigFor(*clients, options_.call_idle);
  clients->calls = std::make_unique<http_client>(config_.server, clients->call_config);
  clients->watches = std::make_unique<http_client>(config_.server, ConfigFor(*clients, options_.watch_idle));
  clients_ = clients;
  return clients;
}

web::http::http_request CpprestTransport::MessageOf(const HttpRequest& request,
                                                    const Credential& credential) const {
  web::http::http_request message(request.method);
  message.set_request_uri(web::uri(request.path));
  web::http::http_headers& headers = message.headers();
  headers.add("Accept", request.accept);
  headers.add("User-Agent", options_.user_agent);
  // The library checks the server's certificate against this header where it is set; that is what
  // tls-server-name asks for, and nothing else may set it.
  if (!config_.tls_server_name.empty()) headers.add("Host", config_.tls_server_name);
  if (!credential.token.empty()) headers.add("Authorization", "Bearer " + credential.token.Reveal());
  if (!config_.impersonate_user.empty()) headers.add("Impersonate-User", config_.impersonate_user);
  if (!config_.impersonate_uid.empty()) headers.add("Impersonate-Uid", config_.impersonate_uid);
  for (const std::string& group : config_.impersonate_groups) headers.add("Impersonate-Group", group);
  if (!request.body.empty()) message.set_body(request.body, request.content_type);
  return message;
}

Result<Credential> CpprestTransport::Send(const HttpRequest& request,
                                          const std::shared_ptr<StreamBuffer>& buffer,
                                          const pplx::cancellation_token& token) {
  Result<Credential> credential = credentials_->Get();
  if (!credential) return credential;
  const std::string what = request.method + " " + request.path.substr(0, request.path.find('?'));
  try {
    std::shared_ptr<Clients> clients = ClientsFor(*credential);
    web::http::http_request message = MessageOf(request, *credential);
    message.set_response_stream(concurrency::streams::ostream(
        concurrency::streams::streambuf<uint8_t>(std::make_shared<ReplyBuffer>(buffer))));
    // A pooled connection that turns out to be dead makes the library send the request again, whether it was
    // carried out or not. What is not idempotent therefore gets a connection of its own, which is never
    // reused.
    std::shared_ptr<http_client> own;
    if (request.method == "POST") own = std::make_shared<http_client>(config_.server, clients->call_config);
    http_client& client = own ? *own : request.streaming ? *clients->watches : *clients->calls;
    // Every task is observed: one that fails unobserved ends the process.
    pplx::task<web::http::http_response> sent = client.request(message, token);
    in_flight_->Add();
    sent.then([buffer](const web::http::http_response& response) {
          buffer->Headers(response.status_code(), HeadersOf(response));
          return response.content_ready();
        })
        .then([buffer, what, clients, own,
               in_flight = in_flight_](const pplx::task<web::http::http_response>& task) {
          try {
            task.get();
            buffer->End({});
          } catch (...) {
            buffer->End(Unexpected(kube::ErrorOf(what, std::current_exception(), clients->trouble.get())));
          }
          in_flight->Done();
        });
  } catch (...) {
    return Unexpected(kube::ErrorOf(what, std::current_exception(), nullptr));
  }
  return credential;
}

Result<void> CpprestStream::Start() {
  buffer_ = std::make_shared<StreamBuffer>();
  cancel_ = pplx::cancellation_token_source();
  Result<Credential> used = transport_->Send(request_, buffer_, cancel_.get_token());
  if (!used) return Unexpected(used.error());
  used_ = std::move(*used);
  return {};
}

StreamEvent CpprestStream::Next(Clock::TimePoint deadline, std::stop_token stop) {
  while (true) {
    StreamEvent event = buffer_->Next(deadline, stop);
    if (!SendAgain(event)) return event;
    Cancel();
    if (Result<void> started = Start(); !started) {
      return StreamEvent{.type = StreamEvent::Type::kEnd, .error = Unexpected(started.error())};
    }
  }
}

// Once each, and never what may have been carried out: a refused credential, when there is a newer one; and a
// read that died before its reply, since the connection may have been dead in the pool.
bool CpprestStream::SendAgain(const StreamEvent& event) {
  if (event.type == StreamEvent::Type::kHeaders) {
    replied_ = true;
    if (event.status != 401 || renewed_) return false;
    renewed_ = true;
    replied_ = false;
    return transport_->Rejected(used_);
  }
  const bool died = event.type == StreamEvent::Type::kEnd && !event.error && !replied_;
  if (!died || request_.method != "GET" || resent_) return false;
  resent_ = true;
  return true;
}

void CpprestStream::Cancel() {
  if (!buffer_) return;
  buffer_->Abandon();
  cancel_.cancel();
}

}  // namespace

Result<std::unique_ptr<HttpTransport>> MakeTransport(const ClusterConfig& config,
                                                     const TransportOptions& options,
                                                     std::unique_ptr<Credentials> credentials) {
  LibraryThreads::Start();
  try {
    const web::uri server(config.server);
    if (server.host().empty()) throw std::runtime_error("no host");
  } catch (const std::exception& e) {
    return Unexpected(Error{ErrorClass::kFatal, "server " + config.server + ": " + e.what()});
  }
  return std::unique_ptr<HttpTransport>(
      std::make_unique<CpprestTransport>(config, options, std::move(credentials)));
}

Result<std::unique_ptr<HttpTransport>> MakeTransport(const ClusterConfig& config,
                                                     const TransportOptions& options) {
  return MakeTransport(config, options, std::make_unique<Credentials>(config, MakeExecRunner()));
}

}  // namespace fairlead::kube
