#include "operator/clusters/connection.h"

#include <array>
#include <utility>

#include "operator/kube/cpprest_transport.h"
#include "reconcilers/store/remotes.h"

namespace fairlead::clusters {
namespace {

// An ObjectStream that believes no server that says it does not know the kind: that would empty it, and
// every cluster has these kinds, so it is a wrong address, or a proxy that answers in its place.
class KnownKindStream final : public kube::WatchHandler {
 public:
  KnownKindStream(Kind kind, kube::ObjectSink* sink) : stream_(kind, sink) {}

  void BeginList() override {
    listed_ = false;
    stream_.BeginList();
  }
  Result<kube::PageInfo> Page(std::string_view content_type, std::string_view body) override {
    listed_ = true;
    return stream_.Page(content_type, body);
  }
  void Whole() override {
    if (listed_) stream_.Whole();
  }
  Result<void> BeginStream(std::string_view content_type) override {
    return stream_.BeginStream(content_type);
  }
  Result<void, FrameError> Bytes(std::string_view bytes, const Marks& marks) override {
    return stream_.Bytes(bytes, marks);
  }
  Result<void, FrameError> EndStream() override { return stream_.EndStream(); }
  void Status(const kube::WatchStatus& status) override { stream_.Status(status); }

 private:
  kube::ObjectStream stream_;
  bool listed_ = false;
};

}  // namespace

std::set<Kind> Connection::Kinds() {
  return {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode, Kind::kNamespace};
}

std::set<Kind> Connection::Optional() { return {Kind::kFailoverPolicy}; }

Result<std::unique_ptr<Connection>> Connection::Make(std::string cluster, const kube::ClusterConfig& config,
                                                     const kube::WatcherOptions& watches,
                                                     ConnectionSink* sink, const Clock* clock) {
  Result<std::unique_ptr<kube::HttpTransport>> transport = kube::MakeTransport(config);
  if (!transport) return Unexpected(transport.error());
  return std::unique_ptr<Connection>(
      new Connection(std::move(cluster), *std::move(transport), watches, sink, clock));
}

Connection::Connection(std::string cluster, std::unique_ptr<kube::HttpTransport> transport,
                       const kube::WatcherOptions& watches, ConnectionSink* sink, const Clock* clock)
    : cluster_(std::move(cluster)), transport_(std::move(transport)), sink_(sink) {
  const auto watch = [&](Kind kind, std::unique_ptr<kube::WatchHandler> stream) {
    reflectors_[kind] = std::make_unique<kube::Reflector>(
        transport_.get(), kube::ObjectStream::TargetOf(kind), std::move(stream), watches, clock);
  };
  auto* const to = static_cast<kube::ObjectSink*>(this);
  for (const Kind kind : Kinds()) watch(kind, std::make_unique<KnownKindStream>(kind, to));
  for (const Kind kind : Optional()) watch(kind, std::make_unique<kube::ObjectStream>(kind, to));
}

Connection::~Connection() { Stop(); }

void Connection::Start() {
  for (const auto& [kind, reflector] : reflectors_) reflector->Start();
}

void Connection::Stop() {
  for (const auto& [kind, reflector] : reflectors_) reflector->Stop();
}

std::map<Kind, kube::WatchStatus> Connection::status() const {
  std::map<Kind, kube::WatchStatus> out;
  for (const auto& [kind, reflector] : reflectors_) out[kind] = reflector->status();
  return out;
}

// Pods are most of a list's memory, and only labels of theirs are read. Statuses of policies are not.
AnyObject Connection::OnListed(Kind, AnyObject object) {
  if (const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&object)) {
    auto trimmed = std::make_shared<api::FailoverPolicy>(**policy);
    trimmed->status.reset();
    return Ptr<api::FailoverPolicy>(std::move(trimmed));
  }
  const auto* pod = std::get_if<Ptr<core::Pod>>(&object);
  if (pod == nullptr) return object;
  auto trimmed = std::make_shared<core::Pod>();
  trimmed->meta.name = (*pod)->meta.name;
  trimmed->meta.ns = (*pod)->meta.ns;
  trimmed->meta.labels = (*pod)->meta.labels;
  return Ptr<core::Pod>(std::move(trimmed));
}

void Connection::OnReplace(Kind kind, std::vector<AnyObject> objects) {
  sink_->OnList(cluster_, kind, std::move(objects));
}

void Connection::OnUpsert(Kind, AnyObject object) { sink_->OnObject(cluster_, std::move(object)); }

void Connection::OnDelete(Kind, AnyObject last) { sink_->OnObjectGone(cluster_, KeyOf(last)); }

// True: the kind's watch is open again after a failure.
bool Connection::Recovered(Kind kind, const kube::WatchStatus& status) {
  const std::lock_guard lock(mutex_);
  if (status.phase == kube::WatchPhase::kWaiting) troubled_.insert(kind);
  return status.phase == kube::WatchPhase::kWatching && troubled_.erase(kind) > 0;
}

void Connection::OnStatus(Kind kind, const kube::WatchStatus& status) {
  sink_->OnWatch(cluster_, kind, status);
  if (!Recovered(kind, status)) return;
  for (const auto& [other, reflector] : reflectors_) {
    if (other != kind && reflector->status().phase == kube::WatchPhase::kWaiting) reflector->Wake();
  }
}

}  // namespace fairlead::clusters
