// Webhooks: the admission webhooks of this process: server, certificate of a mounted folder, verdicts,
// metrics.
//
// Who calls: the composition root. Warnings do not wait for the World: they are left out where the lists are
// not whole yet or the engine is at work for longer than a user should wait. Rights do wait, for as long as
// the API server does not give up.
//
//   auto webhooks = Webhooks::Start(options, &engine, &metrics, log);
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "operator/app/engine.h"
#include "operator/app/options.h"
#include "operator/runtime/log.h"
#include "operator/runtime/metrics.h"
#include "webhooks/server/certificate_dir.h"
#include "webhooks/server/server.h"
#include "webhooks/verdict/view.h"

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

// What `fairleadctl lint` would find at an object, and the workspaces as they are now.
class EngineView final : public webhooks::View {
 public:
  explicit EngineView(Engine* engine) : engine_(engine) {}
  std::vector<webhooks::Advice> AdviceOn(const AnyObject& object) const override;
  std::optional<webhooks::Tenancy> TenancyOf(const std::string& ns,
                                             const std::vector<ObjectKey>& targets) const override;

 private:
  Engine* const engine_;
};

class Webhooks {
 public:
  // An error: no certificate that can be used, or the address is taken.
  static Result<std::unique_ptr<Webhooks>> Start(const Options& options, Engine* engine,
                                                 WebhookMetrics* metrics, runtime::Log* log);
  ~Webhooks();  // Stop
  void Stop();  // answers what is under way
  int port() const;

 private:
  Webhooks(const Options& options, Engine* engine);
  void OnCertificate(const Result<webhooks::TlsMaterial>& now, WebhookMetrics* metrics, runtime::Log* log);

  const EngineView view_;
  std::unique_ptr<webhooks::Server> server_;
  std::unique_ptr<webhooks::CertificateDir> certificates_;  // its end is before the server's
};

}  // namespace fairlead::app
