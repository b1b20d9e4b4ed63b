// The inside of Catalog. Included by catalog*.cc only. Everything here is guarded by Impl::mutex.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "dataplane/xds/catalog.h"
#include "dataplane/xds/shelf.h"

namespace fairlead::xds {

class StreamImpl;
using Wake = std::shared_ptr<const std::function<void()>>;
using ProgressCallback = std::function<void(const std::set<ObjectKey>&)>;
using ProxiesCallback = std::function<void(const Audience&)>;

// A proxy that is, or was, connected.
struct KnownProxy {
  ProxyInfo info;
  std::vector<StreamImpl*> streams;  // oldest first: a proxy that reconnects may overlap with itself
  Timestamp since;
  uint64_t changed = 0;  // order of the last connect or disconnect
};

struct AudienceState {
  Audience name;
  Shelf shelf;
  bool served = false;  // was published; false again once it is gone
  std::set<StreamImpl*> streams;
  std::map<std::string, KnownProxy> proxies;
  std::map<Slot, ResourcePtr> touched;              // during an Apply: what was there before
  std::map<ObjectKey, std::vector<Slot>> carriers;  // of each policy: the resources that it is a source of

  const std::vector<Slot>& CarriersOf(const ObjectKey& policy) const;
};

// What is to be done once the mutex is free.
struct Effects {
  std::vector<Wake> wakes;
  std::set<ObjectKey> progress;
  std::shared_ptr<const ProgressCallback> on_progress;
  std::optional<Audience> audience;  // whose proxies came or went
  std::shared_ptr<const ProxiesCallback> on_proxies;
  void AddSources(const ResourcePtr& resource);
  void Run() const;
};

struct Catalog::Impl {
  static constexpr size_t kMaxDisconnected = 32;  // kept an audience

  explicit Impl(const Clock& c) : clock(c) {}

  AudienceState& StateOf(const Audience& audience);
  void AddCallbacks(Effects* effects) const;
  void ProxiesChanged(const AudienceState& audience, Effects* effects) const;
  void DropIfUnused(AudienceState* audience);

  // catalog_publish.cc
  void Apply(const Update& update, Effects* effects);
  void ChangeAudience(AudienceState* audience, const AudienceChange& change, Effects* effects);
  void Give(AudienceState* audience, const ResourcePtr& resource, Effects* effects);
  void Take(AudienceState* audience, const ResourceName& name, Effects* effects);
  void Replaced(AudienceState* audience, Slot slot, ResourcePtr old, Effects* effects);
  void TellStreams(AudienceState* audience, Effects* effects);
  static void AllSources(const AudienceState& audience, std::set<ObjectKey>* out);

  // catalog_status.cc
  enum class Progress { kProgrammed, kLagging, kRejected };
  Progress ProgressOf(const AudienceState& audience, const StreamImpl& stream, const std::vector<Slot>& slots,
                      std::string* why) const;

  const Clock& clock;
  mutable std::mutex mutex;
  bool ready = false;
  uint64_t changes = 0;
  const PeerBook* peers = nullptr;
  std::shared_ptr<const ProgressCallback> on_progress;
  std::shared_ptr<const ProxiesCallback> on_proxies;
  std::map<Audience, AudienceState> audiences;
};

class StreamImpl final : public Stream, private SessionObserver {
 public:
  StreamImpl(std::shared_ptr<Catalog::Impl> catalog, AudienceState* audience, ProxyInfo info, Wake wake);
  ~StreamImpl() override;

  Result<void> OnRequest(const Request& request) override;
  std::optional<Response> Next() override;
  size_t memory_bytes() const override;

  // With the mutex held.
  Session& session() const { return *session_; }
  const ProxyInfo& info() const { return info_; }
  const Wake& wake() const { return wake_; }
  void MarkPublished(Clock::TimePoint now) {
    if (!published_) published_ = now;
  }

 private:
  void OnAcked(const ResourcePtr& resource) override;
  void OnRemovalAcked(const ResourceName&) override {}
  void OnRejected(const ResourcePtr& resource, const std::string& text) override;
  void OnHeldBack(const ResourcePtr& resource) override;

  std::shared_ptr<Catalog::Impl> catalog_;
  AudienceState* audience_;
  ProxyInfo info_;
  Wake wake_;
  std::unique_ptr<Session> session_;  // ends under the mutex, before the stream
  Effects* effects_ = nullptr;        // during OnRequest
  std::optional<Clock::TimePoint> published_;
};

}  // namespace fairlead::xds
