#include "operator/app/webhooks.h"

#include <utility>

namespace fairlead::app {
namespace {

constexpr std::chrono::milliseconds kPatience{50};  // of a user, for warnings
constexpr std::chrono::milliseconds kPatienceForRights{
    2000};                                   // the API server gives up after several seconds
constexpr std::chrono::seconds kFinish{10};  // what is under way at the end

std::vector<std::string> KindNames() {
  return {"RetryTimeoutPolicy", "FailoverPolicy", "Workspace", "WorkspaceSettings", "DataPlane", "other"};
}

}  // namespace

WebhookMetrics::WebhookMetrics(runtime::Metrics* metrics)
    : metrics_(metrics),
      connections_(metrics->AddGauge("fairlead_webhook_connections", "Open connections.")),
      used_(metrics->AddCounter("fairlead_webhook_certificates_total", "Certificates read after a change.",
                                {{"result", "used"}})),
      unfit_(metrics->AddCounter("fairlead_webhook_certificates_total", "Certificates read after a change.",
                                 {{"result", "unfit"}})) {
  for (size_t i = 0; i < webhooks::kRefusalCount; ++i) {
    refused_.push_back(
        metrics->AddCounter("fairlead_webhook_refused_total", "What ended without a verdict.",
                            {{"reason", std::string(ToString(static_cast<webhooks::Refusal>(i)))}}));
  }
  for (const std::string& kind : KindNames()) {
    seconds_.emplace(kind, metrics->AddHistogram("fairlead_webhook_review_seconds",
                                                 "From the whole request until its reply is ready.",
                                                 runtime::Metrics::LatencyBounds(), {{"kind", kind}}));
    for (const char* operation : {"CREATE", "UPDATE", "DELETE"}) {
      for (const char* verdict : {"allowed", "refused"}) Reviews(kind, operation, verdict);
    }
  }
}

void WebhookMetrics::OnConnections(size_t open) { connections_.Set(static_cast<double>(open)); }
void WebhookMetrics::OnRefused(webhooks::Refusal refusal) { refused_[static_cast<size_t>(refusal)].Add(); }
void WebhookMetrics::OnCertificate(bool used) { (used ? used_ : unfit_).Add(); }

void WebhookMetrics::OnAnswer(const webhooks::Answer& answer, std::chrono::nanoseconds latency) {
  seconds_.at(answer.kind).Observe(std::chrono::duration<double>(latency).count());
  const std::lock_guard lock(mutex_);
  Reviews(answer.kind, answer.operation, answer.verdict).Add();
}

runtime::Counter& WebhookMetrics::Reviews(const std::string& kind, const std::string& operation,
                                          const std::string& verdict) {
  const auto at = reviews_.find({kind, operation, verdict});
  if (at != reviews_.end()) return at->second;
  return reviews_
      .emplace(std::tuple(kind, operation, verdict),
               metrics_->AddCounter("fairlead_webhook_reviews_total", "Reviews answered.",
                                    {{"kind", kind}, {"operation", operation}, {"verdict", verdict}}))
      .first->second;
}

template <class F>
auto EngineView::Ask(std::chrono::milliseconds patience, F ask) const {
  const auto asked = [ask = std::move(ask)](const reconcilers::World& world) {
    return ask(webhooks::WorldView(world));
  };
  using R = decltype(engine_->ReadWithin(patience, asked));
  if (!engine_->ready()) return R();  // what is not listed yet would be called missing, and no workspace's
  return engine_->ReadWithin(patience, asked);
}

std::vector<webhooks::Advice> EngineView::AdviceOn(const AnyObject& object) const {
  return Ask(kPatience, [object](const webhooks::WorldView& view) { return view.AdviceOn(object); })
      .value_or(std::vector<webhooks::Advice>());
}

std::optional<webhooks::Tenancy> EngineView::TenancyOf(const std::string& ns,
                                                       const std::vector<ObjectKey>& targets) const {
  return Ask(kPatienceForRights,
             [ns, targets](const webhooks::WorldView& view) { return view.TenancyOf(ns, targets); })
      .value_or(std::nullopt);
}

std::optional<reconcilers::ForeignRuling> EngineView::OnForeign(
    const reconcilers::ForeignChange& change) const {
  return Ask(kPatienceForRights, [change](const webhooks::WorldView& view) { return view.OnForeign(change); })
      .value_or(std::nullopt);
}

std::map<std::string, std::string> EngineView::TakenBy(const api::Workspace& candidate,
                                                       const api::Workspace* before) const {
  const auto stored = before == nullptr ? std::nullopt : std::optional(*before);
  return Ask(kPatienceForRights,
             [candidate, stored](const webhooks::WorldView& view) {
               return view.TakenBy(candidate, stored ? &*stored : nullptr);
             })
      .value_or(std::map<std::string, std::string>());
}

Webhooks::Webhooks(const Options& options, const WebhookParts& parts)
    : parts_(parts), view_(parts.engine, options, parts.gateway), drain_(options.webhook_drain) {}

Webhooks::~Webhooks() { Stop(); }

Result<std::unique_ptr<Webhooks>> Webhooks::Start(const Options& options, const WebhookParts& parts) {
  std::unique_ptr<Webhooks> out(new Webhooks(options, parts));
  Result<std::unique_ptr<webhooks::Server>> server =
      webhooks::Server::Listen({.host = options.webhooks->host, .port = options.webhooks->port},
                               {{"/validate", out->Validate()}}, parts.metrics);
  if (!server) return Unexpected(server.error());
  out->server_ = std::move(*server);
  const Result<void> certified =
      parts.keeper != nullptr ? out->Follow(options.webhook_client_ca) : out->Mount(options);
  if (!certified) {
    out->drain_ = std::chrono::milliseconds(0);  // nobody was served
    return Unexpected(certified.error());
  }
  parts.log->Info("serving webhooks", {{"port", out->port()}});
  return out;
}

// What the engine can be asked at once is answered at once, out of one picture of the World.
webhooks::Server::Endpoint Webhooks::Validate() {
  const auto note = [ledger = parts_.ledger](webhooks::Answer* answer) {
    // Before the reply: nothing can be seen of the change by then.
    if (ledger != nullptr && answer->intent) ledger->Note(*std::exchange(answer->intent, std::nullopt));
  };
  webhooks::Server::Endpoint out;
  out.handler = [this, note](std::string_view body) {
    webhooks::Answer answer = webhooks::AnswerReview(body, view_, parts_.ledger != nullptr);
    note(&answer);
    return answer;
  };
  out.quick = [this, note](std::string_view body) {
    std::optional<webhooks::Answer> answer;
    if (!parts_.engine->ready()) return answer;
    answer = parts_.engine
                 ->TryRead([&](const reconcilers::World& world) {
                   return webhooks::AnswerQuickly(body, webhooks::WorldView(world), parts_.ledger != nullptr);
                 })
                 .value_or(std::nullopt);
    if (answer) note(&*answer);
    return answer;
  };
  return out;
}

Result<void> Webhooks::Mount(const Options& options) {
  mounted_ = std::make_unique<webhooks::CertificateDir>(options.webhook_cert_dir, options.webhook_client_ca);
  const Result<webhooks::TlsMaterial> first = mounted_->Read();
  if (!first) return Unexpected(Error{ErrorClass::kFatal, "--webhook-cert-dir: " + first.error().message});
  if (Result<void> used = server_->SetTls(*first); !used) return used;
  return mounted_->Watch([this](const Result<webhooks::TlsMaterial>& now) {
    const std::lock_guard lock(mutex_);
    Use(now);
  });
}

Result<void> Webhooks::Follow(const std::string& client_ca_file) {
  pending_ = parts_.readiness->Wait("certificate of the webhooks");
  if (!client_ca_file.empty()) {
    Result<std::string> first = webhooks::ReadClientAuthorities(client_ca_file);
    if (!first) return Unexpected(Error{ErrorClass::kFatal, "--webhook-client-ca: " + first.error().message});
    own_.client_ca_pem = std::move(*first);
    auto watch = webhooks::FolderWatch::Start(
        {webhooks::FolderOf(client_ca_file)},
        webhooks::OnDifference<std::string>(
            [client_ca_file] { return webhooks::ReadClientAuthorities(client_ca_file); },
            [this](Result<std::string> now) { OnClientAuthorities(std::move(now)); }));
    if (!watch) return Unexpected(watch.error());
    clients_ = std::move(*watch);
  }
  parts_.keeper->OnPair([this](const webhooks::TlsMaterial& pair) { OnPair(pair); },
                        [this](const std::string& why) {
                          const std::lock_guard lock(mutex_);
                          pending_.Explain(why);
                        });
  return {};
}

void Webhooks::OnPair(const webhooks::TlsMaterial& pair) {
  const std::lock_guard lock(mutex_);
  own_.certificate_pem = pair.certificate_pem;
  own_.key_pem = pair.key_pem;
  Use(own_);
}

void Webhooks::OnClientAuthorities(Result<std::string> now) {
  if (!now) {
    return parts_.log->Warn("the authorities of the webhooks' clients cannot be used; those before stay",
                            {{"error", now.error().message}});
  }
  const std::lock_guard lock(mutex_);
  if (own_.client_ca_pem == *now) return;
  own_.client_ca_pem = std::move(*now);
  if (!own_.certificate_pem.empty()) Use(own_);
}

void Webhooks::Use(const Result<webhooks::TlsMaterial>& now) {
  const Result<void> used = now ? server_->SetTls(*now) : Unexpected(now.error());
  parts_.metrics->OnCertificate(used.has_value());
  if (!used) {
    return parts_.log->Warn("the webhooks' certificate cannot be used; the one before it stays",
                            {{"error", used.error().message}});
  }
  parts_.certificates->OnServed(now->certificate_pem);
  parts_.log->Info("the webhooks' certificate was read");
  pending_.Done();
}

void Webhooks::Stop() {
  mounted_.reset();
  clients_.reset();
  if (server_) server_->Drain({.serve = drain_, .finish = kFinish});
}

int Webhooks::port() const { return server_->port(); }

}  // namespace fairlead::app
