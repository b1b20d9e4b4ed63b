// PeerReporter: tells the replica that leads how far the proxies of this one are.
//
// The composition root says who leads (SetLeader) and what changes (Touch…); a thread of its own keeps one
// link to the leader and sends what changed since the last message, coalesced while one is under way. To a
// new leader, and after a link broke, everything is told anew. Touch never blocks. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "dataplane/server/peer_link.h"
#include "operator/app/engine.h"
#include "operator/runtime/log.h"

namespace fairlead::app {

// The identity in the lease says where the leader listens: "pod-a@10.0.0.7:15012".
std::string LeaseIdentity(const std::string& identity, const std::string& peer_address);
std::string PeerAddressIn(const std::string& lease_identity);  // "" where there is none

class PeerReporter {
 public:
  // `tls`: all but the address.
  PeerReporter(Engine* engine, const xds::Catalog* catalog, xds::PeerLinkOptions tls, runtime::Log* log);
  ~PeerReporter();

  void Start();
  void Stop();
  void SetLeader(const std::string& address);  // empty: nobody, or this replica
  void Touch(const std::set<ObjectKey>& objects);
  void TouchProxies(const xds::Audience& audience);

 private:
  struct Pending {
    bool whole = false;
    std::set<ObjectKey> objects;
    std::set<xds::Audience> audiences;
    bool empty() const { return !whole && objects.empty() && audiences.empty(); }
  };
  void Run(const std::stop_token& stop);
  void Reconnect(const std::string& leader);
  void SendNext();
  xds::PeerReport Make(Pending what) const;

  Engine* const engine_;
  const xds::Catalog* const catalog_;
  const xds::PeerLinkOptions tls_;
  runtime::Log* const log_;

  std::mutex mutex_;  // guards the three below
  std::condition_variable_any wake_;
  std::string leader_;
  bool signalled_ = false;  // by the link
  Pending pending_;

  std::string connected_to_;             // of the thread
  std::unique_ptr<xds::PeerLink> link_;  // likewise
  std::jthread thread_;
};

}  // namespace fairlead::app
