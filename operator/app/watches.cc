#include "operator/app/watches.h"

#include "operator/kube/discovery.h"

namespace fairlead::app {

std::set<Kind> WatchedKinds() {
  return {Kind::kRetryTimeoutPolicy,
          Kind::kFailoverPolicy,
          Kind::kWorkspace,
          Kind::kWorkspaceSettings,
          Kind::kHTTPRoute,
          Kind::kGRPCRoute,
          Kind::kGateway,
          Kind::kService,
          Kind::kEndpointSlice,
          Kind::kPod,
          Kind::kNode,
          Kind::kNamespace,
          Kind::kServiceEntry,
          Kind::kReferenceGrant};
}

Watches::Watches(kube::HttpTransport* transport, Engine* engine, Ledger* ledger,
                 runtime::Readiness* readiness, runtime::Log* log, const Clock* clock,
                 std::function<void(const std::string&)> on_crd)
    : engine_(engine), ledger_(ledger), log_(log), on_crd_(std::move(on_crd)) {
  for (const Kind kind : WatchedKinds()) {
    pending_[kind] = readiness->Wait("list of " + std::string(InfoOf(kind).plural));
    reflectors_[kind] = std::make_unique<kube::Reflector>(
        transport, kube::ObjectStream::TargetOf(kind),
        std::make_unique<kube::ObjectStream>(kind, static_cast<kube::ObjectSink*>(this)),
        kube::WatcherOptions{}, clock);
  }
  crds_ = std::make_unique<kube::Reflector>(
      transport, kube::CrdStream::Target(),
      std::make_unique<kube::CrdStream>([this](const std::string& name) { OnCrd(name); }),
      kube::WatcherOptions{}, clock);
}

Watches::~Watches() { Stop(); }

void Watches::Start() {
  for (const auto& [kind, reflector] : reflectors_) reflector->Start();
  crds_->Start();
}

void Watches::Stop() {
  crds_->Stop();
  for (const auto& [kind, reflector] : reflectors_) reflector->Stop();
}

std::map<Kind, kube::WatchStatus> Watches::status() const {
  std::map<Kind, kube::WatchStatus> out;
  for (const auto& [kind, reflector] : reflectors_) out[kind] = reflector->status();
  return out;
}

void Watches::OnReplace(Kind kind, std::vector<AnyObject> objects) {
  log_->Info("listed", {{"kind", ToString(kind)}, {"objects", objects.size()}});
  if (!IsRecorded(kind)) return engine_->Push(Engine::Replace{kind, std::move(objects)});
  engine_->Push(Engine::Replace{kind, objects});
  ledger_->OnReplace(kind, objects);
}

void Watches::OnUpsert(Kind kind, AnyObject object) {
  if (!IsRecorded(kind)) return engine_->Push(Engine::Upsert{std::move(object)});
  engine_->Push(Engine::Upsert{object});
  ledger_->OnUpsert(object);
}

void Watches::OnDelete(Kind kind, AnyObject last) {
  const ObjectKey key = KeyOf(last);
  engine_->Push(Engine::Remove{key});
  if (IsRecorded(kind)) ledger_->OnDelete(key);
}

void Watches::OnSynced(Kind kind) {
  const std::lock_guard lock(mutex_);
  pending_.erase(kind);
}

bool Watches::IsRecorded(Kind kind) const { return ledger_ != nullptr && reconcilers::IsRecorded(kind); }

// True: the kind's watch is open again after a fault.
bool Watches::Recovered(Kind kind, const kube::WatchStatus& status) {
  const std::lock_guard lock(mutex_);
  const auto waiting = pending_.find(kind);
  if (waiting != pending_.end() && !status.reason.empty()) waiting->second.Explain(status.reason);
  const auto before = phases_.find(kind);
  if (before != phases_.end() && before->second == status.phase) return false;
  const bool waited = before != phases_.end() && before->second == kube::WatchPhase::kWaiting;
  phases_[kind] = status.phase;
  const runtime::LogFields fields = {
      {"kind", ToString(kind)}, {"phase", kube::ToString(status.phase)}, {"reason", status.reason}};
  switch (status.phase) {
    case kube::WatchPhase::kForbidden:
      log_->Error("watch not allowed; grant get, list and watch", fields);
      return false;
    case kube::WatchPhase::kWaiting:
    case kube::WatchPhase::kAbsent:
      log_->Warn("watch waits", fields);
      return false;
    case kube::WatchPhase::kListing:
    case kube::WatchPhase::kWatching:
      log_->Debug("watch", fields);
      break;
  }
  return waited && status.phase == kube::WatchPhase::kWatching;
}

void Watches::OnStatus(Kind kind, const kube::WatchStatus& status) {
  if (!Recovered(kind, status)) return;
  for (const auto& [other, reflector] : reflectors_) {
    if (other != kind && reflector->status().phase == kube::WatchPhase::kWaiting) reflector->Wake();
  }
}

void Watches::OnCrd(const std::string& name) {
  for (const auto& [kind, reflector] : reflectors_) {
    if (kube::ResourceOf(kind).ToString() == name) reflector->Wake();
  }
  on_crd_(name);
}

}  // namespace fairlead::app
