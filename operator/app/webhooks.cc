#include "operator/app/webhooks.h"

#include <utility>

#include "reconcilers/lint/candidate.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/claims.h"

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

std::vector<webhooks::Advice> WorldView::AdviceOn(const AnyObject& object) const {
  std::vector<webhooks::Advice> out;
  for (const reconcilers::Finding& finding : reconcilers::LintCandidate(world_, object)) {
    out.push_back({reconcilers::ToString(finding.code), finding.field, finding.message, finding.fix});
  }
  return out;
}

std::optional<webhooks::Tenancy> WorldView::TenancyOf(const std::string& ns,
                                                      const std::vector<ObjectKey>& targets) const {
  const reconcilers::View& view = world_.view();
  webhooks::Tenancy out;
  out.workspace = view.tables.Get<api::Workspace>({"", view.membership.WorkspaceOf(ns)});
  for (const ObjectKey& target : targets) {
    if (const ObjectMeta* meta = view.tables.MetaOf(target)) out.labels[target] = meta->labels;
  }
  return out;
}

std::optional<reconcilers::ForeignRuling> WorldView::OnForeign(
    const reconcilers::ForeignChange& change) const {
  return reconcilers::JudgeForeign(world_.view(), change);
}

std::map<std::string, std::string> WorldView::TakenBy(const api::Workspace& candidate,
                                                      const api::Workspace* before) const {
  return reconcilers::NamespacesOfOthers(world_.view(), candidate, before);
}

template <class F>
auto EngineView::Ask(std::chrono::milliseconds patience, F ask) const {
  const auto asked = [ask = std::move(ask), domain = cluster_domain_](const reconcilers::World& world) {
    return ask(WorldView(world, domain));
  };
  using R = decltype(engine_->ReadWithin(patience, asked));
  if (!engine_->ready()) return R();  // what is not listed yet would be called missing, and no workspace's
  return engine_->ReadWithin(patience, asked);
}

std::vector<webhooks::Advice> EngineView::AdviceOn(const AnyObject& object) const {
  return Ask(kPatience, [object](const WorldView& view) { return view.AdviceOn(object); })
      .value_or(std::vector<webhooks::Advice>());
}

std::optional<webhooks::Tenancy> EngineView::TenancyOf(const std::string& ns,
                                                       const std::vector<ObjectKey>& targets) const {
  return Ask(kPatienceForRights, [ns, targets](const WorldView& view) { return view.TenancyOf(ns, targets); })
      .value_or(std::nullopt);
}

std::optional<reconcilers::ForeignRuling> EngineView::OnForeign(
    const reconcilers::ForeignChange& change) const {
  return Ask(kPatienceForRights, [change](const WorldView& view) { return view.OnForeign(change); })
      .value_or(std::nullopt);
}

std::map<std::string, std::string> EngineView::TakenBy(const api::Workspace& candidate,
                                                       const api::Workspace* before) const {
  const auto stored = before == nullptr ? std::nullopt : std::optional(*before);
  return Ask(kPatienceForRights,
             [candidate, stored](const WorldView& view) {
               return view.TakenBy(candidate, stored ? &*stored : nullptr);
             })
      .value_or(std::map<std::string, std::string>());
}

Webhooks::Webhooks(const Options& options, const WebhookParts& parts)
    : parts_(parts),
      view_(parts.engine, options.cluster_domain, parts.gateway),
      drain_(options.webhook_drain) {}

Webhooks::~Webhooks() { Stop(); }

Result<std::unique_ptr<Webhooks>> Webhooks::Start(const Options& options, const WebhookParts& parts) {
  std::unique_ptr<Webhooks> out(new Webhooks(options, parts));
  Result<std::unique_ptr<webhooks::Server>> server =
      webhooks::Server::Listen({.host = options.webhooks->host, .port = options.webhooks->port},
                               {{"/validate", out->Validate()}}, parts.metrics);
  if (!server) return Unexpected(server.error());
  out->server_ = std::move(*server);
  if (parts.keeper != nullptr) {
    out->Follow();
  } else if (Result<void> mounted = out->Mount(options); !mounted) {
    return Unexpected(mounted.error());
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
                   return webhooks::AnswerQuickly(body, WorldView(world, view_.ClusterDomain()),
                                                  parts_.ledger != nullptr);
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
  return mounted_->Watch([this](const Result<webhooks::TlsMaterial>& now) { OnCertificate(now); });
}

void Webhooks::Follow() {
  pending_ = parts_.readiness->Wait("certificate of the webhooks");
  parts_.keeper->OnPair([this](const webhooks::TlsMaterial& now) { OnCertificate(now); },
                        [this](const std::string& why) {
                          const std::lock_guard lock(mutex_);
                          pending_.Explain(why);
                        });
}

void Webhooks::OnCertificate(const Result<webhooks::TlsMaterial>& now) {
  const Result<void> used = now ? server_->SetTls(*now) : Unexpected(now.error());
  parts_.metrics->OnCertificate(used.has_value());
  if (!used) {
    return parts_.log->Warn("the webhooks' certificate cannot be used; the one before it stays",
                            {{"error", used.error().message}});
  }
  parts_.certificates->OnServed(now->certificate_pem);
  parts_.log->Info("the webhooks' certificate was read");
  const std::lock_guard lock(mutex_);
  pending_.Done();
}

void Webhooks::Stop() {
  mounted_.reset();
  if (server_) server_->Drain({.serve = drain_, .finish = kFinish});
}

int Webhooks::port() const { return server_->port(); }

}  // namespace fairlead::app
