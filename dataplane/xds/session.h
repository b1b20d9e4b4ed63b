// Session: the delta-xDS protocol of one stream, as a state machine without sockets.
//
// The server (dataplane/server/) feeds it requests and "the transport can take more"; the Catalog tells it
// which names are dirty; it says what to send next. Semantics: xDS REST and gRPC protocol, incremental
// variant (envoy docs), with
//  - at most one response in flight a stream towards the transport, and newer state coalesces behind it: a
//  slow reader costs
//    one set of dirty names, bounded by the number of resources;
//  - make before break: a resource is held until what it `needs` is acknowledged, a removal until nothing
//    acknowledged needs it; a rejected resource holds back only those that need it;
//  - initial_resource_versions: what the proxy has in the current version is not sent again.
// One stream, one thread at a time (the caller locks).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "dataplane/xds/resource.h"

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

// A DeltaDiscoveryResponse to be written: header fields and the shared resources.
struct Response {
  Type type = Type::kCluster;
  std::string nonce;
  std::vector<ResourcePtr> resources;
  std::vector<std::string> removed;
  size_t bytes = 0;
};

// What the session reads: the resources that its audience is to have now.
class ResourceReader {
 public:
  virtual ~ResourceReader() = default;
  virtual ResourcePtr Find(const ResourceName& name) const = 0;  // null: not in the audience
  virtual void ForEach(Type type,
                       const std::function<void(const ResourcePtr&)>& f) const = 0;  // sorted by name
};

// What the session tells about the proxy's state; called within OnRequest.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  virtual void OnAcked(const ResourceName& name, const std::string& version) = 0;
  virtual void OnRemovalAcked(const ResourceName& name) = 0;
  virtual void OnRejected(const ResourceName& name, const std::string& version, const std::string& text) = 0;
};

struct SessionLimits {
  size_t max_subscriptions = 100'000;
  size_t max_name_bytes = 1024;
  size_t max_response_bytes =
      1u << 20;  // soft: at least one resource is sent. gRPC clients take 4 MiB by default
  size_t max_error_text = 1024;
};

class Session {
 public:
  Session(const ResourceReader* reader, SessionObserver* observer, SessionLimits limits = {});
  ~Session();

  // An error: the request breaks the protocol or a limit, the stream is to be closed with it.
  Result<void> OnRequest(const Request& request);
  void OnDirty(const ResourceName& name);  // changed, new, or gone from the audience

  // The next response, if there is anything to send. The caller calls it when the transport can take one.
  std::optional<Response> Next();

  // For /debug/dump: subscriptions, versions, what is dirty, held back and why, in flight.
  std::string Dump() const;
  size_t memory_bytes() const;  // estimate, for the bound a stream

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::xds
