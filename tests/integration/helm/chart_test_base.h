// ChartTest: what the chart renders, by each helm that the tests know. No cluster.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/integration/helm/helm.h"

namespace fairlead::testing {

class ChartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (HelmPrograms().size() < 2) GTEST_SKIP() << "no helm 3 and 4: run tools/setup helm";
  }
  // With each helm, which must say the same.
  static void WithEach(const std::function<void(Helm&)>& check) {
    for (const std::string& program : HelmPrograms()) {
      SCOPED_TRACE(program);
      Helm helm(program);
      check(helm);
    }
  }
};

inline std::string Joined(const std::vector<std::string>& path, const char* separator) {
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : separator) + name;
  return out;
}

}  // namespace fairlead::testing
