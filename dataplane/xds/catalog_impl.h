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

// What the proxies of an audience at one place, with one set of labels, are to have.
struct PlaceState {
  Place place;
  Shelf shelf;
  std::set<StreamImpl*> streams;
  std::map<Slot, ResourcePtr> touched;              // during an Apply: what was there before
  std::map<ObjectKey, std::vector<Slot>> carriers;  // of each policy: the resources that it is a source of

  const std::vector<Slot>& CarriersOf(const ObjectKey& policy) const;
};

// Proxies whose place is not known, or of one place too many, have the state without a place, which is always
// there. Others come with their first proxy and go with their last.
struct AudienceState {
  static constexpr size_t kMaxPlaces = 64;

  Audience name;
  bool served = false;  // was published; false again once it is gone
  std::map<Place, PlaceState> places;
  std::map<std::string, Place> pods;  // by name
  std::map<std::string, KnownProxy> proxies;

  AudienceState() { places[Place()]; }
  PlaceState& anywhere() { return places.begin()->second; }
  const PlaceState& anywhere() const { return places.begin()->second; }
  // As its pod's; but that its locality is what it says itself, where it does.
  Place PlaceOf(const ProxyInfo& proxy) const;
};

// Whether a proxy of that node.id is the pod.
bool IsProxyOf(std::string_view id, const std::string& pod, const std::string& ns);

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
  PlaceState& StateAt(AudienceState* audience, const Place& place);
  void ChangeAudience(AudienceState* audience, const AudienceChange& change, Effects* effects);
  void ChangePlace(PlaceState* state, const AudienceChange& change, bool first, Effects* effects);
  void MovePods(AudienceState* audience, const std::map<std::string, Place>& pods, Effects* effects);
  void Give(PlaceState* state, const ResourcePtr& resource, Effects* effects);
  void Take(PlaceState* state, const ResourceName& name, Effects* effects);
  void Replaced(PlaceState* state, Slot slot, ResourcePtr old, Effects* effects);
  void TellStreams(PlaceState* state, Effects* effects);
  static void AllSources(const AudienceState& audience, std::set<ObjectKey>* out);

  // catalog_status.cc
  enum class Progress { kProgrammed, kLagging, kRejected };
  Progress ProgressOf(const AudienceState& audience, const StreamImpl& stream, const ObjectKey& object,
                      std::string* why) const;
  // The proxy acknowledged the runtime values by which it takes part in a drill of the policy.
  static bool Drills(const StreamImpl& stream, const ObjectKey& policy);

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
  StreamImpl(std::shared_ptr<Catalog::Impl> catalog, AudienceState* audience, PlaceState* state,
             ProxyInfo info, Wake wake);
  ~StreamImpl() override;

  Result<void> OnRequest(const Request& request) override;
  std::optional<Response> Next() override;
  bool over() const override;
  size_t memory_bytes() const override;

  // With the mutex held.
  Session& session() const { return *session_; }
  const PlaceState& state() const { return *state_; }
  const Place& place() const { return place_; }  // also where that is one too many
  void Retire() { retired_ = true; }
  bool retired() const { return retired_; }
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
  PlaceState* state_;
  ProxyInfo info_;
  const Place place_;
  bool retired_ = false;  // it is at another place than was thought: what it has acknowledged is not its own
  Wake wake_;
  std::unique_ptr<Session> session_;  // ends under the mutex, before the stream
  Effects* effects_ = nullptr;        // during OnRequest
  std::optional<Clock::TimePoint> published_;
};

}  // namespace fairlead::xds
