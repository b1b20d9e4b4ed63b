// OperatorProcess: the program fairlead-operator as a child of a test, on free ports of loopback.
//
// Who calls: tests of the whole operator. One thread at a time.
//
//   OperatorProcess op;
//   ASSERT_TRUE(op.Start({.kubeconfig = cluster.kubeconfig_path(), .identity = "a"}));
//   ASSERT_TRUE(Eventually([&] { return op.Ready(); })) << op.Log();
//   FakeEnvoy envoy({.port = op.xds_port(), .id = "w-1", .cluster = "shop/waypoint"});
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/process.h"

namespace fairlead::testing {

struct OperatorOptions {
  std::string kubeconfig;
  std::string identity = "operator";
  std::vector<std::string> flags = {};          // added last
  std::map<std::string, std::string> env = {};  // added to the test's own
};

class OperatorProcess {
 public:
  Result<void> Start(const OperatorOptions& options);

  bool Ready() const;  // /readyz says so
  std::string ReadyText() const;
  std::string Get(
      const std::string& path) const;  // of the address of metrics and dumps; "" when not answered
  // The sum over all labels of a metric; 0 where it is not printed.
  double Metric(const std::string& name) const;
  size_t ResidentBytes() const;

  int xds_port() const { return xds_port_; }
  Process& process() { return process_; }
  std::string Log(size_t last_bytes = 16384) const { return process_.Log(last_bytes); }
  size_t LogLines() const;

 private:
  TempDir dir_;
  int xds_port_ = 0, health_port_ = 0, metrics_port_ = 0;
  Process process_;
};

}  // namespace fairlead::testing
