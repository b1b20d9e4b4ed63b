// CertificateKeeper: the webhooks' own certificates: keeps the Secret that holds them and the caBundle of our
// webhook configuration as NextStep (webhooks/certificates/rotation.h) wants them, and tells each replica
// what to serve.
//
// Who calls: the composition root, in every replica. All of them watch both objects. Whoever leads does the
// steps, one at a time; so does a replica that waits for its first certificate, since the leader may be of a
// version that knows nothing of them and must not be waited for. What is read is read anew for each step, the
// configuration before the Secret, and what is written is written over exactly that version: so two that act
// at once, or one that was frozen, do no harm. There is no timer but the one for the next step.
//
// A caBundle is written by server-side apply and then given up: whoever has a part in a webhook keeps half of
// it alive when a later chart leaves it out, and the API server takes no half of one, so no upgrade would
// pass. What nobody owns stays in every upgrade, and goes with its webhook.
//
// A Secret that is deleted, or emptied of its authority, is put back as this process saw it last: it is still
// what is trusted and served. To have another authority on purpose, annotate the Secret: kRotateAnnotation.
//
//   CertificateKeeper keeper({secret, configuration, rules}, &transport, leads, &metrics, log, clock);
//   keeper.OnPair([&](const webhooks::TlsMaterial& pair) { server->SetTls(pair); });
//   keeper.Start();
#pragma once

#include <json/value.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "operator/app/object_watch.h"
#include "operator/runtime/log.h"
#include "operator/runtime/metrics.h"
#include "operator/runtime/work_queue.h"
#include "webhooks/certificates/keyring.h"
#include "webhooks/server/tls_context.h"

namespace fairlead::app {

// On the Secret; each other value makes a new authority once. No call fails by it.
inline constexpr char kRotateAnnotation[] = "fairlead.dev/rotate";

struct KeeperOptions {
  kube::ObjectName secret;
  std::string configuration;  // a ValidatingWebhookConfiguration, each webhook of which is ours; empty: none
  webhooks::RotationRules rules;
  int max_publishes = 200;  // a minute: somebody else who writes caBundle is not fought any faster
};

// Thread-safe.
class CertificateMetrics {
 public:
  explicit CertificateMetrics(runtime::Metrics* metrics);
  void OnStep(webhooks::Step step) { steps_.at(step).Add(); }
  // Of what is served from now on.
  void OnServed(const std::string& certificate_pem);

 private:
  std::map<webhooks::Step, runtime::Counter> steps_;
  runtime::Gauge expiry_;
};

class CertificateKeeper {
 public:
  // `clock`: for what is written into certificates and compared with them; waits are the system's.
  CertificateKeeper(KeeperOptions options, kube::HttpTransport* transport, std::function<bool()> leads,
                    CertificateMetrics* metrics, runtime::Log* log, const Clock* clock = &Clock::System());
  ~CertificateKeeper();  // Stop

  // What is to be served, each time that it changes; and why nothing is there yet. Before Start, and only
  // where something is served. From a thread of the watch's.
  void OnPair(std::function<void(const webhooks::TlsMaterial&)> serve,
              std::function<void(const std::string&)> pending);
  void Start();
  void Stop();
  void Wake();  // on gaining the lease, and when time has passed in a test

 private:
  struct Situation;

  void OnSecret(const Json::Value* secret);
  void Work(const std::stop_token& stop);
  bool MayAct() const;
  runtime::Outcome Process(const std::stop_token& stop);
  Result<Situation> Read(const std::stop_token& stop);
  Result<void> Perform(webhooks::Step step, Situation* now);
  Result<void> WriteSecret(const Situation& now, const webhooks::Keyring& ring);
  Result<void> Publish(const Situation& now, const std::string& bundle);
  Result<void> GiveUp(const Situation& now);
  bool MayPublish();

  const KeeperOptions options_;
  const kube::ObjectName configuration_;
  const std::function<bool()> leads_;
  CertificateMetrics* const metrics_;
  runtime::Log* const log_;
  const Clock* const clock_;
  kube::Client client_;  // without the lease's gate: versions guard what is written
  std::function<void(const webhooks::TlsMaterial&)> serve_;
  std::function<void(const std::string&)> pending_;

  mutable std::mutex mutex_;      // guards the two below
  webhooks::Keyring remembered_;  // the last that had an authority
  webhooks::TlsMaterial served_;
  runtime::WorkQueue queue_;
  ObjectWatch secret_watch_, configuration_watch_;
  Clock::TimePoint minute_{};  // the worker's, as the next
  int published_ = 0;          // since then
  bool keeps_fields_ = false;  // the API server does not let us give them up
  std::jthread worker_;
};

}  // namespace fairlead::app
