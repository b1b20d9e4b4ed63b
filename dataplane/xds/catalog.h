// Catalog: everything that is served, by audience, with the streams that are subscribed and what each proxy
// has acknowledged.
//
// The engine publishes updates; the server attaches streams; the status writer asks how far the proxies are.
// Thread-safe: one mutex, no callback under it. Every replica has one of its own: proxies never wait for the
// leader.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/api/policy_common.h"
#include "crds/base/clock.h"
#include "dataplane/xds/peer_book.h"
#include "dataplane/xds/session.h"
#include "dataplane/xds/update.h"

namespace fairlead::xds {

// One connected stream. Made by Catalog::Attach; the server calls it from its callbacks. Thread-safe.
class Stream {
 public:
  virtual ~Stream() = default;  // detaches
  virtual Result<void> OnRequest(const Request& request) = 0;
  virtual std::optional<Response> Next() = 0;
  // True: to be closed, so that the proxy comes back and gets what is for the place where it runs.
  virtual bool over() const = 0;
  virtual size_t memory_bytes() const = 0;  // estimate
};

struct ProxyInfo {
  // Envoy's node.id as it is: the pod's name, or in the manner of Istio
  // "waypoint~<ip>~<pod>.<namespace>~<domain>".
  std::string id;
  Audience audience;
  std::string version;     // user agent and build, for /debug/dump and `proxy list`
  api::Locality locality;  // as node.locality says; empty: as its pod does
};

// How far one proxy is, for `proxy list` and the debug dump.
struct ProxyProgress {
  static constexpr size_t kMaxPending = 16;
  ProxyInfo info;
  bool connected = false;             // by a stream that is not over
  Timestamp since;                    // connected or not: since when
  size_t acknowledged = 0;            // resources at their current version
  std::vector<ResourceName> pending;  // not acknowledged at the current version; at most kMaxPending
  std::map<ResourceName, std::string> rejected;
};

class Catalog {
 public:
  explicit Catalog(const Clock& clock);
  ~Catalog();

  // Makes the update visible, marks the streams it touches and wakes those that have something to send.
  void Publish(const Update& update);

  // Nothing is served (streams are attached but wait) until the first whole state was published. A stream of
  // an audience that was never published waits on: its proxy keeps what it has.
  void SetReady();

  // `wake` is called, from any thread and without locks held, when Next() may have something. A call that is
  // on its way may still arrive after the stream's end: what it touches is to be kept by a weak pointer.
  std::unique_ptr<Stream> Attach(ProxyInfo info, std::function<void()> wake);

  // Progress is kept of policies, whose status tells of it. Other sources of a resource are for dumps.
  static bool HasProgress(Kind kind) {
    return kind == Kind::kRetryTimeoutPolicy || kind == Kind::kFailoverPolicy;
  }
  // Called, without locks, when the progress of a policy's resources changed at some proxy: its status may be
  // due.
  void OnProgress(std::function<void(const std::set<ObjectKey>&)> callback);

  // Called, without locks, when a proxy of the audience connected or went: the counts of ObjectsOf(audience)
  // changed. Apart from OnProgress, since a thousand proxies that reconnect at once shall not name two
  // thousand policies each. Where it is not set, OnProgress gets those objects.
  void OnProxies(std::function<void(const Audience&)> callback);
  std::set<ObjectKey> ObjectsOf(const Audience& audience) const;

  // Counts the proxies of the audiences in `expected` that acknowledged every current resource which has
  // the policy among its sources. The names are those of the pods that are to be there: a proxy of another
  // name does not count. Where there is none (a proxy that is run by hand), the connected proxies are what is
  // needed. An audience that has no such resource needs nothing more and counts as programmed, one that was
  // never published does not.
  // Proxies that another replica serves are counted by what it tells (SetPeers) of this generation of the
  // object.
  api::ProxyCounts CountFor(const ObjectKey& object,
                            const std::map<Audience, std::vector<std::string>>& expected,
                            int64_t generation = 0) const;

  // The other direction: what this replica tells of its own proxies.
  PeerReport::Object ReportOf(const ObjectKey& object, int64_t generation,
                              const std::set<Audience>& audiences) const;
  std::map<Audience, std::set<std::string>> Connected() const;
  void SetPeers(const PeerBook* peers);  // outlives this; before anything is counted

  std::vector<ProxyProgress> Proxies() const;  // looks at each resource of each proxy: for dumps
  size_t ConnectedProxies() const;             // cheap
  ResourcePtr Find(const Audience& audience, const ResourceName& name) const;
  // JSON: audiences, their resources, their streams with what is pending and why.
  std::string Dump() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace fairlead::xds
