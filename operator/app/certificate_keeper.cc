#include "operator/app/certificate_keeper.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crds/base/base64.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "webhooks/certificates/x509.h"

namespace fairlead::app {
namespace {

using webhooks::Keyring;
using webhooks::Step;

constexpr char kManager[] = "fairlead/webhook-certificates";
constexpr char kKey[] = "certificates";  // of the queue

constexpr std::chrono::minutes kFight{1};

const kube::Resource kConfigurations{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"};

std::map<std::string, Secret> DataOf(const Json::Value& secret) {
  std::map<std::string, Secret> out;
  for (const std::string& name : secret["data"].getMemberNames()) {
    if (!secret["data"][name].isString()) continue;
    if (auto bytes = DecodeBase64(secret["data"][name].asString())) out[name] = Secret(std::move(*bytes));
  }
  return out;
}

std::vector<std::string> BundlesOf(const Json::Value& configuration) {
  std::vector<std::string> out;
  for (const Json::Value& webhook : configuration["webhooks"]) {
    out.push_back(DecodeBase64(webhook["clientConfig"]["caBundle"].asString()).value_or(""));
  }
  return out;
}

std::string RequestOf(const Json::Value& secret) {
  return secret["metadata"]["annotations"][kRotateAnnotation].asString();
}

// managedFields without our entry; null where we have none.
Json::Value OthersFields(const Json::Value& configuration) {
  bool ours = false;
  Json::Value others(Json::arrayValue);
  for (const Json::Value& entry : configuration["metadata"]["managedFields"]) {
    if (entry["manager"] == kManager) {
      ours = true;
    } else {
      others.append(entry);
    }
  }
  return ours ? others : Json::Value();
}

// Null where there is none.
Result<Json::Value> ReadObject(kube::Client* client, const kube::ObjectName& name,
                               const std::stop_token& stop) {
  const Result<std::string> body = client->GetJson(name, stop);
  if (!body && body.error().error_class == ErrorClass::kNotFound) return Json::Value();
  if (!body) return Unexpected(body.error());
  const Result<JsonDocument> doc = JsonDocument::Parse(*body, 8u << 20);
  if (!doc) return Unexpected(doc.error());
  return ToJsonValue(doc->root());
}

Result<void> Done(const Result<kube::Written>& written) {
  if (!written) return Unexpected(written.error());
  return {};
}

}  // namespace

CertificateMetrics::CertificateMetrics(runtime::Metrics* metrics)
    : expiry_(metrics->AddGauge("fairlead_webhook_certificate_expiry_seconds",
                                "When the certificate that is served ends, in seconds since 1970.")) {
  for (const Step step : {Step::kMakeCa, Step::kPublish, Step::kMakeServing, Step::kMakeNext,
                          Step::kNoteTrusted, Step::kPromote, Step::kRetire}) {
    steps_.emplace(step, metrics->AddCounter("fairlead_webhook_rotation_steps_total",
                                             "Steps taken with the webhooks' own certificates.",
                                             {{"step", std::string(ToString(step))}}));
  }
}

void CertificateMetrics::OnServed(const std::string& certificate_pem) {
  const auto facts = webhooks::ReadFacts(certificate_pem);
  expiry_.Set(facts ? static_cast<double>(facts->until.seconds) : 0);
}

// What both objects are, and what follows from it.
struct CertificateKeeper::Situation {
  Json::Value configuration, secret;  // null: not there
  Keyring ring;
  webhooks::RotationState state;
};

CertificateKeeper::CertificateKeeper(KeeperOptions options, kube::HttpTransport* transport,
                                     std::function<bool()> leads, CertificateMetrics* metrics,
                                     runtime::Log* log, const Clock* clock)
    : options_(std::move(options)),
      configuration_{kConfigurations, "", options_.configuration},
      leads_(std::move(leads)),
      metrics_(metrics),
      log_(log),
      clock_(clock),
      client_(transport),
      secret_watch_(
          transport, options_.secret, [this](const Json::Value* secret) { OnSecret(secret); },
          [this](const std::string& reason) {
            if (pending_) pending_(options_.secret.ToString() + ": " + reason);
          },
          &Clock::System()),
      configuration_watch_(
          transport, configuration_, [this](const Json::Value*) { Wake(); }, nullptr, &Clock::System()) {}

CertificateKeeper::~CertificateKeeper() { Stop(); }

void CertificateKeeper::OnPair(std::function<void(const webhooks::TlsMaterial&)> serve,
                               std::function<void(const std::string&)> pending) {
  serve_ = std::move(serve);
  pending_ = std::move(pending);
}

void CertificateKeeper::Start() {
  worker_ = std::jthread([this](const std::stop_token& stop) { Work(stop); });
  secret_watch_.Start();
  if (!options_.configuration.empty()) configuration_watch_.Start();
}

void CertificateKeeper::Stop() {
  secret_watch_.Stop();
  configuration_watch_.Stop();
  queue_.ShutDown();
  worker_.request_stop();
  if (worker_.joinable()) worker_.join();
}

void CertificateKeeper::Wake() { queue_.Add(kKey); }

void CertificateKeeper::OnSecret(const Json::Value* secret) {
  const Keyring ring = secret == nullptr ? Keyring() : Keyring::FromSecret(DataOf(*secret));
  std::optional<webhooks::TlsMaterial> changed;
  {
    const std::lock_guard lock(mutex_);
    if (ring.has_authority()) remembered_ = ring;
    if (serve_ && ring.serving()) {
      webhooks::TlsMaterial now{ring.serving()->certificate_pem, ring.serving()->key_pem, ""};
      if (now != served_) changed = served_ = std::move(now);
    }
  }
  if (changed) {
    serve_(*changed);
  } else if (pending_ && !ring.serving()) {
    pending_(options_.secret.ToString() + " holds none yet");
  }
  Wake();
}

bool CertificateKeeper::MayAct() const {
  if (leads_()) return true;
  const std::lock_guard lock(mutex_);
  return serve_ && served_.certificate_pem.empty();
}

void CertificateKeeper::Work(const std::stop_token& stop) {
  while (const std::optional<std::string> key = queue_.Take(stop)) {
    queue_.Done(*key, MayAct() ? Process(stop) : runtime::Outcome::Ok());
  }
}

Result<CertificateKeeper::Situation> CertificateKeeper::Read(const std::stop_token& stop) {
  Situation now;
  if (!options_.configuration.empty()) {
    Result<Json::Value> configuration = ReadObject(&client_, configuration_, stop);
    if (!configuration) return Unexpected(configuration.error());
    now.configuration = std::move(*configuration);
  }
  Result<Json::Value> secret = ReadObject(&client_, options_.secret, stop);
  if (!secret) return Unexpected(secret.error());
  now.secret = std::move(*secret);
  now.ring = Keyring::FromSecret(DataOf(now.secret));
  now.state = now.ring.StateOf(BundlesOf(now.configuration), RequestOf(now.secret));
  return now;
}

runtime::Outcome CertificateKeeper::Process(const std::stop_token& stop) {
  Result<Situation> now = Read(stop);
  if (stop.stop_requested()) return runtime::Outcome::Ok();
  if (!now) {
    log_->Warn("the webhooks' certificates cannot be read", {{"error", now.error().message}});
    return runtime::Outcome::Of(Unexpected(now.error()));
  }
  if (!keeps_fields_ && !OthersFields(now->configuration).empty()) {
    const Result<void> given_up = GiveUp(*now);
    if (given_up) Wake();
    return runtime::Outcome::Of(given_up);
  }
  std::optional<Keyring> lost;
  if (!now->ring.has_authority()) {
    const std::lock_guard lock(mutex_);
    if (remembered_.has_authority()) lost = remembered_;
  }
  const webhooks::Planned planned = NextStep(now->state, options_.rules, clock_->WallNow());
  if (!lost && planned.step == Step::kWait) {
    const int64_t seconds = std::max<int64_t>(planned.at.seconds - clock_->WallNow().seconds, 1);
    return runtime::Outcome::After(std::chrono::seconds(seconds));
  }
  if (!lost && planned.step == Step::kPublish && !MayPublish()) {
    log_->Warn("somebody else writes caBundle of our webhooks again and again",
               {{"configuration", options_.configuration}});
    return runtime::Outcome::After(kFight);
  }
  const Result<void> done = lost ? WriteSecret(*now, *lost) : Perform(planned.step, &*now);
  const std::string_view what = lost ? "PutBack" : ToString(planned.step);
  if (done) {
    if (!lost) metrics_->OnStep(planned.step);
    log_->Info("the webhooks' certificates took a step", {{"step", what}});
    Wake();                                                        // for the next one
  } else if (done.error().error_class != ErrorClass::kConflict) {  // else somebody else was faster
    log_->Warn("a step of the webhooks' certificates failed",
               {{"step", what}, {"error", done.error().message}});
  }
  return runtime::Outcome::Of(done);
}

Result<void> CertificateKeeper::Perform(Step step, Situation* now) {
  const Keyring before = now->ring;
  if (Result<void> r = now->ring.Perform(step, now->state, options_.rules, clock_->WallNow()); !r) return r;
  // The Secret is first: after a crash in between, nothing is taken for trusted that was not published again.
  if (now->ring != before) {
    if (Result<void> written = WriteSecret(*now, now->ring); !written) return written;
  }
  return step == Step::kPublish ? Publish(*now, now->ring.Bundle()) : Result<void>();
}

Result<void> CertificateKeeper::WriteSecret(const Situation& now, const Keyring& ring) {
  Json::Value object = now.secret;
  if (!object.isNull()) object["metadata"].removeMember("managedFields");
  object["data"] = Json::objectValue;
  for (const auto& [name, value] : ring.ToSecret()) object["data"][name] = EncodeBase64(value.Reveal());
  if (!now.secret.isNull()) return Done(client_.Update(options_.secret, WriteJson(object), kManager));
  object["apiVersion"] = "v1";
  object["kind"] = "Secret";
  object["type"] = "Opaque";
  object["metadata"]["name"] = options_.secret.name;
  object["metadata"]["namespace"] = options_.secret.ns;
  object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "fairlead";
  return Done(client_.Create(options_.secret, WriteJson(object), kManager));
}

// Where nobody else has a part the server keeps the list as it is, and there is nobody to be in the way of.
Result<void> CertificateKeeper::GiveUp(const Situation& now) {
  Json::Value patch;
  patch["metadata"]["managedFields"] = OthersFields(now.configuration);
  const Result<kube::Written> written =
      client_.MergePatch(configuration_, WriteJson(patch),
                         now.configuration["metadata"]["resourceVersion"].asString(), kManager);
  if (!written) return Unexpected(written.error());
  const Result<JsonDocument> left = JsonDocument::Parse(written->body, 8u << 20);
  keeps_fields_ = left && !OthersFields(ToJsonValue(left->root())).isNull();
  return {};
}

bool CertificateKeeper::MayPublish() {
  const Clock::TimePoint now = clock_->Now();
  if (published_ == 0 || now - minute_ >= kFight) {
    minute_ = now;
    published_ = 0;
  }
  return published_ < options_.max_publishes;
}

Result<void> CertificateKeeper::Publish(const Situation& now, const std::string& bundle) {
  Json::Value object;
  object["apiVersion"] = "admissionregistration.k8s.io/v1";
  object["kind"] = "ValidatingWebhookConfiguration";
  object["metadata"]["name"] = options_.configuration;
  for (const Json::Value& webhook : now.configuration["webhooks"]) {
    Json::Value entry;
    entry["name"] = webhook["name"];
    entry["clientConfig"]["caBundle"] = EncodeBase64(bundle);
    object["webhooks"].append(std::move(entry));
  }
  Result<void> done =
      Done(client_.Apply(configuration_, WriteJson(object),
                         {.manager = kManager,
                          .resource_version = now.configuration["metadata"]["resourceVersion"].asString()}));
  if (done) ++published_;
  return done;
}

}  // namespace fairlead::app
