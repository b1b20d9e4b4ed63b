// EmbeddedClusters: our own API server and that of cluster "west", both embedded in this process, and a
// ClusterRig that reads them.
//
// Who calls: tests of other clusters. West has shop/ratings with the endpoint 10.2.0.1.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "tests/integration/clusters/cluster_rig.h"
#include "tests/support/apiserver/server.h"

namespace fairlead::testing {

class EmbeddedClusters : public ::testing::Test {
 protected:
  using ApiServer = apiserver::ApiServer;

  void SetUp() override;

  static std::unique_ptr<ApiServer> Serve(std::map<std::string, apiserver::User> tokens = {});
  static std::unique_ptr<ApiServer> ServeRatings(const std::string& addresses,
                                                 std::map<std::string, apiserver::User> tokens = {});
  static void Store(ApiServer* server, const std::string& json);
  static void StoreNamespace(ApiServer* server, const std::string& name);
  // No request is answered any more, and what is open breaks, until its faults are cleared.
  static void Cut(ApiServer* server);

  void StartRegistry(std::chrono::milliseconds stale_limit = std::chrono::minutes(15),
                     std::chrono::milliseconds settle_limit = std::chrono::minutes(5));
  // In our own API server: a Secret that names clusters; and without it.
  void Name(const std::map<std::string, std::string>& clusters, const std::string& secret = "remotes");
  void Forget(const std::string& secret = "remotes");
  bool AwaitMetric(const std::string& line);

  std::unique_ptr<ApiServer> home_, west_;
  std::unique_ptr<ClusterRig> rig_;
};

}  // namespace fairlead::testing
