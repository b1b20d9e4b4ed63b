// Webhooks: the admission webhooks of this process: server, certificate (of a mounted folder, or of a
// CertificateKeeper), verdicts, metrics.
//
// Who calls: the composition root. Warnings do not wait for the World: they are left out where the lists are
// not whole yet or the engine is at work for longer than a user should wait. Rights do wait, for as long as
// the API server does not give up.
//
//   auto webhooks = Webhooks::Start(options, {&engine, &metrics, &certificates, nullptr, &readiness, log});
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "operator/app/certificate_keeper.h"
#include "operator/app/engine.h"
#include "operator/app/gateway_facts.h"
#include "operator/app/ledger.h"
#include "operator/app/options.h"
#include "operator/runtime/log.h"
#include "operator/runtime/metrics.h"
#include "operator/runtime/readiness.h"
#include "webhooks/server/certificate_dir.h"
#include "webhooks/server/folder_watch.h"
#include "webhooks/server/server.h"
#include "webhooks/verdict/world_view.h"

namespace fairlead::app {

// Thread-safe.
class WebhookMetrics final : public webhooks::ServerMetrics {
 public:
  explicit WebhookMetrics(runtime::Metrics* metrics);
  void OnConnections(size_t open) override;
  void OnRefused(webhooks::Refusal refusal) override;
  void OnAnswer(const webhooks::Answer& answer, std::chrono::nanoseconds latency) override;
  void OnCertificate(bool used);

 private:
  runtime::Counter& Reviews(const std::string& kind, const std::string& operation,
                            const std::string& verdict);

  runtime::Metrics* const metrics_;
  runtime::Gauge connections_;
  runtime::Counter used_, unfit_;
  std::vector<runtime::Counter> refused_;
  std::map<std::string, runtime::Histogram> seconds_;
  std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, std::string>, runtime::Counter> reviews_;
};

// A WorldView of the engine's World as it is at each question; waits for the engine, within limits.
class EngineView final : public webhooks::View {
 public:
  // `gateway`: may be null, as where it is not known.
  EngineView(Engine* engine, const Options& options, const GatewayFacts* gateway)
      : engine_(engine),
        cluster_domain_(options.cluster_domain),
        administrators_(options.break_glass_groups),
        gateway_(gateway) {}
  std::vector<webhooks::Advice> AdviceOn(const AnyObject& object) const override;
  std::optional<webhooks::Tenancy> TenancyOf(const std::string& ns,
                                             const std::vector<ObjectKey>& targets) const override;
  std::optional<reconcilers::ForeignRuling> OnForeign(
      const reconcilers::ForeignChange& change) const override;
  std::optional<bool> RouteRetry() const override {
    return gateway_ == nullptr ? std::nullopt : gateway_->route_retry();
  }
  std::string ClusterDomain() const override { return cluster_domain_; }
  bool IsAdministrator(const std::vector<std::string>& groups) const override {
    return reconcilers::IsAdministrator(groups, administrators_);
  }
  std::map<std::string, std::string> TakenBy(const api::Workspace& candidate,
                                             const api::Workspace* before) const override;

 private:
  // The answer of a WorldView; nullopt: the cluster is not read yet, or the engine is too busy. `ask` may run
  // later still, so it owns what it uses.
  template <class F>
  auto Ask(std::chrono::milliseconds patience, F ask) const;

  Engine* const engine_;
  const std::string cluster_domain_;
  const std::vector<std::string> administrators_;
  const GatewayFacts* const gateway_;
};

struct WebhookParts {
  Engine* engine = nullptr;
  WebhookMetrics* metrics = nullptr;
  CertificateMetrics* certificates = nullptr;
  CertificateKeeper* keeper =
      nullptr;  // not started yet, and ended before the Webhooks; null: a mounted folder
  runtime::Readiness* readiness = nullptr;
  runtime::Log* log = nullptr;
  Ledger* ledger = nullptr;               // told what is let through; may be null
  const GatewayFacts* gateway = nullptr;  // may be null
};

class Webhooks {
 public:
  // An error: no certificate that can be used is mounted, none of the authorities of clients can be read, or
  // the address is taken. With a keeper the process is not ready until it has brought the first certificate.
  static Result<std::unique_ptr<Webhooks>> Start(const Options& options, const WebhookParts& parts);
  ~Webhooks();  // Stop
  void Stop();  // serves on for options.webhook_drain, and answers what is under way
  int port() const;

 private:
  Webhooks(const Options& options, const WebhookParts& parts);
  Result<void> Mount(const Options& options);
  webhooks::Server::Endpoint Validate();
  Result<void> Follow(const std::string& client_ca_file);
  void OnPair(const webhooks::TlsMaterial& pair);
  void OnClientAuthorities(Result<std::string> now);
  void Use(const Result<webhooks::TlsMaterial>& now);  // with mutex_

  const WebhookParts parts_;
  const EngineView view_;
  std::chrono::milliseconds drain_;
  std::mutex mutex_;  // guards the next two, and what the server is told
  runtime::Readiness::Token pending_;
  webhooks::TlsMaterial own_;  // the keeper's pair, once there is one, and whose clients may call
  std::unique_ptr<webhooks::Server> server_;
  // Their end is before the server's.
  std::unique_ptr<webhooks::CertificateDir> mounted_;
  std::unique_ptr<webhooks::FolderWatch> clients_;
};

}  // namespace fairlead::app
