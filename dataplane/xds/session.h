// Session: the delta-xDS protocol of one stream, as a state machine without sockets.
//
// The server (dataplane/server/) feeds it requests and "the transport can take more"; the Catalog tells it
// which resources changed; it says what to send next. Semantics: xDS REST and gRPC protocol, incremental
// variant (Envoy docs), with
//  - one version of a resource in flight at a time, and newer state coalesces behind it: a slow reader costs
//  a
//    few bytes a resource, a client that never answers as well;
//  - make before break: a resource is held until what it `needs` is acknowledged, a removal until nothing
//  that
//    the proxy may still have needs it; a rejected resource holds back only those that need it;
//  - a rejected response of many resources is sent again in ever smaller parts, until the bad one stands
//  alone;
//  - initial_resource_versions: what the proxy has in the current version is not sent again, what is gone is
//  removed.
// One stream, one thread at a time (the caller locks).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "dataplane/xds/resource.h"
#include "dataplane/xds/shelf.h"

namespace fairlead::xds {

// A DeltaDiscoveryRequest, as far as we use it.
struct Request {
  std::string type_url;
  std::vector<std::string> subscribe;
  std::vector<std::string> unsubscribe;
  std::map<std::string, std::string> initial_versions;
  std::string response_nonce;               // empty: not an answer
  std::optional<std::string> error_detail;  // set: NACK, with the proxy's text
};

// A DeltaDiscoveryResponse to be written: header fields and the shared resources. Either resources or
// removals or neither: an empty one asks the proxy for a sign of life (see Session), or answers a request for
// everything where there is nothing.
struct Response {
  Type type = Type::kCluster;
  std::string nonce;  // unique within the stream
  std::vector<ResourcePtr> resources;
  std::vector<std::string> removed;
  size_t bytes = 0;  // of the resources and names
  std::optional<std::chrono::steady_clock::time_point>
      published;  // set by the Catalog: oldest change in here
};

// What the session tells about the proxy's state; called within OnRequest.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  virtual void OnAcked(const ResourcePtr& resource) = 0;
  virtual void OnRemovalAcked(const ResourceName& name) = 0;
  virtual void OnRejected(const ResourcePtr& resource, const std::string& text) = 0;
  // Is not sent because something that it needs was rejected: see Session::RejectedNeedOf.
  virtual void OnHeldBack(const ResourcePtr& resource) = 0;
};

struct SessionLimits {
  size_t max_subscriptions = 100'000;  // names a stream, of all types; also of initial_resource_versions
  size_t max_name_bytes = 1024;
  size_t max_response_bytes =
      1u << 20;                // soft: at least one resource is sent. gRPC clients take 4 MiB by default
  size_t max_unanswered = 64;  // responses of one type; beyond it the type waits
  size_t max_error_text = 1024;
};

// What the proxy has of one resource, for status and dumps.
enum class Standing : unsigned char {
  kAcknowledged,  // the current version
  kRejected,      // the current version; what it had before stays in force
  kPending,       // not yet: see Session::WhyPending
  kNotWanted,     // not subscribed
};

class Session {
 public:
  // Both outlive the session.
  Session(Shelf* shelf, SessionObserver* observer, SessionLimits limits = {});
  ~Session();

  // An error: the request breaks the protocol or a limit, the stream is to be closed with it.
  Result<void> OnRequest(const Request& request);

  // The shelf has another resource, or none, at the slot; `old` was there before (null: none). Called after
  // the whole update was put on the shelf.
  void OnChange(Slot slot, const ResourcePtr& old);

  // The next response, if there is anything to send. The caller calls it when the transport can take one.
  std::optional<Response> Next();

  Standing StandingOf(Slot slot) const;
  std::string RejectionOf(Slot slot) const;             // the proxy's text, empty if not rejected
  std::optional<Slot> RejectedNeedOf(Slot slot) const;  // for which the slot waits, in vain as it is
  std::string WhyPending(
      Slot slot) const;  // "queued", "sent, not answered", "waits for Cluster shop/ratings|9080"

  bool tracks(Slot slot) const;  // there is a resource for the proxy, or it has to give one up
  bool subscribed(Type type) const;
  size_t unanswered() const;    // responses
  size_t memory_bytes() const;  // estimate

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::xds
