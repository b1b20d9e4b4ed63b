// Snapshot: what is compared between runs: all objects of the API server without what differs between any two
// runs (uids, versions, times; Leases, definitions and kept copies of clusters are left out), and what the
// proxy holds.
//
// Who calls: Run. Values.
#pragma once

#include <map>
#include <string>

#include "tests/support/apiserver/store.h"
#include "tests/support/xds/fake_envoy.h"

namespace fairlead::fault {

struct Snapshot {
  std::map<std::string, std::string> objects;  // "networking.k8s.io/… shop/web" → canonical JSON
  std::map<std::string, std::string> proxy;    // "Cluster shop/web|80" → version, a hash of the content
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

// An Event is its text: name, times and counts are left out, so two that say the same are "…" and "… (2)".
// Remembers what it made of each object, since most stay the same from look to look. One thread.
class Projector {
 public:
  std::map<std::string, std::string> ObjectsOf(const apiserver::Store& store);

 private:
  struct Projected {
    apiserver::ObjectPtr object;
    std::string name, text;
  };
  const Projected& Project(const apiserver::StoreKey& key, const apiserver::ObjectPtr& object);
  std::map<apiserver::StoreKey, Projected> known_;
};

std::map<std::string, std::string> ProxyStateOf(const testing::FakeEnvoy::Versions& versions);

// One line for each difference, "" if there is none.
std::string Difference(const Snapshot& expected, const Snapshot& seen);

}  // namespace fairlead::fault
