// NativeRights: the fixture of tests on one RightsBench, which all of them share.
//
// Who calls: rights_test.cc, rights_left_test.cc. Skips where there is no real API server.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/integration/tenancy/rights_bench.h"
#include "tests/support/crds/cases.h"

namespace fairlead::testing {

class NativeRights : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!RealCluster::Missing().empty()) return;
    auto bench = RightsBench::Start();
    ASSERT_TRUE(bench) << bench.error().message;
    bench_ = std::move(*bench);
  }
  static void TearDownTestSuite() { bench_.reset(); }
  void SetUp() override {
    if (bench_ == nullptr) GTEST_SKIP() << RealCluster::Missing();
  }
  static std::string MessageOf(const HttpReply& reply) {
    return ParseJsonValue(reply.body)["message"].asString();
  }

  inline static std::unique_ptr<RightsBench> bench_;
};

}  // namespace fairlead::testing
