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

std::vector<webhooks::Advice> EngineView::AdviceOn(const AnyObject& object) const {
  if (!engine_->ready()) return {};  // what is not listed yet would be called missing
  const auto found = engine_->ReadWithin(kPatience, [object](const reconcilers::World& world) {
    return reconcilers::LintCandidate(world, object);
  });
  std::vector<webhooks::Advice> out;
  if (!found) return out;
  for (const reconcilers::Finding& finding : *found) {
    out.push_back({reconcilers::ToString(finding.code), finding.field, finding.message, finding.fix});
  }
  return out;
}

std::optional<webhooks::Tenancy> EngineView::TenancyOf(const std::string& ns,
                                                       const std::vector<ObjectKey>& targets) const {
  if (!engine_->ready()) return std::nullopt;  // what is not listed yet would be no workspace's
  return engine_->ReadWithin(kPatienceForRights, [ns, targets](const reconcilers::World& world) {
    const reconcilers::View& view = world.view();
    webhooks::Tenancy out;
    out.workspace = view.tables.Get<api::Workspace>({"", view.membership.WorkspaceOf(ns)});
    for (const ObjectKey& target : targets) {
      if (const ObjectMeta* meta = view.tables.MetaOf(target)) out.labels[target] = meta->labels;
    }
    return out;
  });
}

std::optional<reconcilers::ForeignRuling> EngineView::OnForeign(
    const reconcilers::ForeignChange& change) const {
  if (!engine_->ready()) return std::nullopt;  // what is not listed yet would be no workspace's
  return engine_->ReadWithin(kPatienceForRights, [change](const reconcilers::World& world) {
    return reconcilers::JudgeForeign(world.view(), change);
  });
}

std::map<std::string, std::string> EngineView::TakenBy(const api::Workspace& candidate,
                                                       const api::Workspace* before) const {
  if (!engine_->ready()) return {};
  const auto stored = before == nullptr ? std::nullopt : std::optional(*before);
  const auto found =
      engine_->ReadWithin(kPatienceForRights, [candidate, stored](const reconcilers::World& world) {
        return reconcilers::NamespacesOfOthers(world.view(), candidate, stored ? &*stored : nullptr);
      });
  return found ? *found : std::map<std::string, std::string>();
}

Webhooks::Webhooks(const Options& options, const WebhookParts& parts)
    : parts_(parts),
      view_(parts.engine, options.cluster_domain, parts.gateway),
      drain_(options.webhook_drain) {}

Webhooks::~Webhooks() { Stop(); }

Result<std::unique_ptr<Webhooks>> Webhooks::Start(const Options& options, const WebhookParts& parts) {
  std::unique_ptr<Webhooks> out(new Webhooks(options, parts));
  std::map<std::string, webhooks::Server::Handler> handlers;
  handlers["/validate"] = [view = &out->view_, ledger = parts.ledger](std::string_view body) {
    webhooks::Answer answer = AnswerReview(body, *view);
    // Before the reply: nothing can be seen of the change by then.
    if (ledger != nullptr && answer.intent) ledger->Note(*std::exchange(answer.intent, std::nullopt));
    return answer;
  };
  Result<std::unique_ptr<webhooks::Server>> server = webhooks::Server::Listen(
      {.host = options.webhooks->host, .port = options.webhooks->port}, std::move(handlers), parts.metrics);
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
