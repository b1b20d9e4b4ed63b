// Regions: a Service with endpoints in two zones of our cluster and in another cluster, which is an API
// server of its own.
//
// Who calls: the stage, which opens it, and the scene about failover. The demo plays the kubelets and
// endpoint controllers of both clusters. One thread; the backends have threads of their own.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/demo/cluster.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/backend/backend.h"

namespace fairlead::demo {

inline constexpr char kZone1a[] = "us-east-1a", kZone1b[] = "us-east-1b", kZoneWest[] = "us-west-2a";

class Regions {
 public:
  // `home`: our own cluster, in which nodes, Service and endpoints are made, and the Secret that names west.
  static Result<std::unique_ptr<Regions>> Open(Cluster* home, const std::string& dir,
                                               const std::string& samples, const Patience* patience);

  testing::Backend& at(const std::string& zone) { return *backends_.at(zone); }
  Result<void> SetReady(const std::string& zone, bool ready);
  void CutWest();     // its API server answers nobody any more
  void ReturnWest();  // it does again
  void Forget();      // what backends have counted

 private:
  Cluster* home_ = nullptr;
  std::unique_ptr<apiserver::ApiServer> west_api_;
  std::unique_ptr<Cluster> west_;
  std::map<std::string, std::unique_ptr<testing::Backend>> backends_;  // by zone, which is their name, too
};

}  // namespace fairlead::demo
