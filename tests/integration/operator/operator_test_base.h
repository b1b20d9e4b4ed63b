// OperatorTest: one real API server with all definitions, for the tests of a binary. The operators are the
// tests' own.
#pragma once

#include "tests/integration/operator/user_test.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {

class OperatorTest : public UserTest {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;

  static RealCluster& cluster();
};

}  // namespace fairlead::testing
