#include "tests/integration/operator/operator_test_base.h"

#include "crds/schema/manifests.h"

namespace fairlead::testing {
namespace {

std::unique_ptr<RealCluster>& Slot() {
  static std::unique_ptr<RealCluster> cluster;
  return cluster;
}

}  // namespace

void OperatorTest::SetUpTestSuite() {
  if (Slot() != nullptr || !RealCluster::Missing().empty()) return;
  Result<std::unique_ptr<RealCluster>> started = RealCluster::Start();
  ASSERT_TRUE(started) << started.error().message;
  const Result<void> gateway = (*started)->ApplyCrds(CrdFile("gateway-standard.yaml"));
  ASSERT_TRUE(gateway) << gateway.error().message;
  const TempDir dir;
  std::string all;
  for (const std::string& manifest : CrdManifests()) all += "---\n" + manifest;
  WriteFile(dir / "crds.yaml", all);
  const Result<void> ours = (*started)->ApplyCrds(dir / "crds.yaml");
  ASSERT_TRUE(ours) << ours.error().message;
  Slot() = std::move(*started);
}

void OperatorTest::TearDownTestSuite() { Slot().reset(); }

void OperatorTest::SetUp() {
  if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
  ASSERT_NE(Slot(), nullptr);
  Connect(cluster().kubeconfig_path());
}

RealCluster& OperatorTest::cluster() { return *Slot(); }

}  // namespace fairlead::testing
