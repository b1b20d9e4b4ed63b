// PeerBook: what the other replicas say of the proxies that they serve, so that the one that writes statuses
// can count them all.
//
// A follower opens a stream to the leader (dataplane/server/) and tells what changes: which proxies are
// connected, and for each policy at which generation it is there and which proxies have not acknowledged it.
// Who is not named has. The leader's Catalog asks here for proxies that it does not serve itself. What a
// replica said is forgotten when its stream ends. Thread-safe; the callback comes without locks.
//
//   const uint64_t peer = book.Open();
//   book.Tell(peer, *ParsePeerReport(message));
//   book.Close(peer);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crds/base/key.h"
#include "crds/base/result.h"
#include "dataplane/xds/update.h"

namespace fairlead::xds {

// A proxy: its audience and node id.
using ProxyName = std::pair<Audience, std::string>;

struct PeerReport {
  static constexpr size_t kMaxObjects = 512;  // a message

  struct Object {
    ObjectKey key;
    int64_t generation = 0;                   // 0: it is not there
    std::map<ProxyName, std::string> behind;  // have not acknowledged; the text of a rejection, or empty
    std::set<ProxyName> drilling;             // took the drill, where one runs
    friend bool operator==(const Object&, const Object&) = default;
  };
  bool whole = false;                                 // what was said before is void
  std::map<Audience, std::set<std::string>> proxies;  // connected; each as a whole
  std::vector<Object> objects;
  friend bool operator==(const PeerReport&, const PeerReport&) = default;
};
std::string PeerReportJson(const PeerReport& report);
Result<PeerReport> ParsePeerReport(std::string_view json);

class PeerBook {
 public:
  static constexpr size_t kMaxPeers = 16;
  static constexpr size_t kMaxObjects = 100'000;  // of one replica
  static constexpr size_t kMaxProxies = 10'000;   // likewise

  enum class Standing : unsigned char { kProgrammed, kLagging, kRejected };
  using Changed =
      std::function<void(const std::set<ObjectKey>& objects, const std::set<Audience>& audiences)>;

  void OnChange(Changed changed);
  Result<uint64_t> Open();                              // an error: too many
  Result<void> Tell(uint64_t peer, PeerReport report);  // an error: over a limit; close it
  void Close(uint64_t peer);

  // Node ids of the proxies that are connected to other replicas.
  std::set<std::string> ConnectedTo(const Audience& audience) const;
  // Of one of these: how far it is with the object. A replica that has another generation of it is not there
  // yet, and so are its proxies. `drills`, where it is asked for: the proxy took the drill.
  Standing StandingOf(const ProxyName& proxy, const ObjectKey& object, int64_t generation, std::string* why,
                      bool* drills = nullptr) const;
  size_t peers() const;

 private:
  struct Peer {
    std::map<Audience, std::set<std::string>> proxies;
    std::map<ObjectKey, PeerReport::Object> objects;
  };
  mutable std::mutex mutex_;
  Changed changed_;
  uint64_t last_ = 0;
  std::map<uint64_t, Peer> peers_;
};

}  // namespace fairlead::xds
