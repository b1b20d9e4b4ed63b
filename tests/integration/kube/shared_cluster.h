// SharedCluster: one real API server for all tests of a binary, and transports to it.
//
// Tests keep apart by namespaces and names of their own, and leave the server running.
#pragma once

#include <gtest/gtest.h>

#include "operator/kube/cpprest_transport.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {

class SharedCluster : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (Slot() != nullptr || !RealCluster::Missing().empty()) return;
    Result<std::unique_ptr<RealCluster>> started = RealCluster::Start();
    ASSERT_TRUE(started) << started.error().message;
    Slot() = std::move(*started);
  }
  static void TearDownTestSuite() { Slot().reset(); }

  void SetUp() override {
    if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_NE(Slot(), nullptr);
  }
  void TearDown() override {
    if (HasFailure() && Slot() != nullptr) ADD_FAILURE() << Slot()->Logs();
  }

  static RealCluster& cluster() { return *Slot(); }
  static kube::ClusterConfig AdminConfig() {
    return *kube::ParseKubeconfig({{cluster().kubeconfig_path(), ReadFile(cluster().kubeconfig_path())}});
  }
  static std::unique_ptr<kube::HttpTransport> Make(const kube::ClusterConfig& config) {
    auto transport = kube::MakeTransport(config);
    EXPECT_TRUE(transport);
    return std::move(*transport);
  }
  static std::unique_ptr<kube::HttpTransport> MakeAdmin() { return Make(AdminConfig()); }

 private:
  static std::unique_ptr<RealCluster>& Slot() {
    static std::unique_ptr<RealCluster> cluster;
    return cluster;
  }
};

}  // namespace fairlead::testing
