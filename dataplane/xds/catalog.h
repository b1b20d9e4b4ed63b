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
#include "dataplane/xds/session.h"
#include "dataplane/xds/update.h"

namespace fairlead::xds {

// One connected stream. Made by Catalog::Attach; the server calls it from its callbacks.
class Stream {
 public:
  virtual ~Stream() = default;  // detaches
  virtual Result<void> OnRequest(const Request& request) = 0;
  virtual std::optional<Response> Next() = 0;
};

struct ProxyInfo {
  std::string id;  // Envoy's node.id
  Audience audience;
  std::string version;  // user agent and build, for /debug/dump and `proxy list`
};

// How far one proxy is, for `proxy list` and the debug dump.
struct ProxyProgress {
  ProxyInfo info;
  bool connected = false;
  Timestamp since;
  size_t acknowledged = 0;            // resources at their current version
  std::vector<ResourceName> pending;  // not acknowledged at the current version; bounded
  std::map<ResourceName, std::string> rejected;
};

class Catalog {
 public:
  explicit Catalog(const Clock& clock);
  ~Catalog();

  // Makes the update visible, marks the streams it touches and wakes those that have something to send.
  void Publish(const Update& update);

  // Nothing is served (streams are attached but wait) until the first whole state was published.
  void SetReady();

  // `wake` is called, from any thread and without locks held, when Next() may have something.
  std::unique_ptr<Stream> Attach(ProxyInfo info, std::function<void()> wake);

  // Called, without locks, when the progress of an object's resources changed at some proxy: its status may
  // be due.
  void OnProgress(std::function<void(const std::set<ObjectKey>&)> callback);

  // Counts the proxies of `audiences` (expected: names of proxies that are to be there, by audience) that
  // acknowledged every current resource which has `object` among its sources.
  api::ProxyCounts CountFor(const ObjectKey& object,
                            const std::map<Audience, std::vector<std::string>>& expected) const;

  std::vector<ProxyProgress> Proxies() const;
  ResourcePtr Find(const Audience& audience, const ResourceName& name) const;
  std::string Dump() const;  // JSON

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace fairlead::xds
