// TwoZonesTest: a Service with a backend in each of two zones, "a" and "b", behind a waypoint in the embedded
// API server; and real Envoys as its proxies in either zone.
//
// Who calls: tests of failover through the program, with a SetUp of their own that calls this one and starts
// the operator. The zones are za and zb of region r.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/integration/operator/embedded_test_base.h"
#include "tests/support/backend/backend.h"
#include "tests/support/envoy/envoy.h"

namespace fairlead::testing {

class TwoZonesTest : public EmbeddedTest {
 protected:
  static constexpr std::chrono::seconds kPatience{60};

  void SetUp() override;
  // Its endpoint; the backend goes on serving.
  void SetReady(const std::string& zone, bool ready);
  std::unique_ptr<Envoy> StartEnvoy(const std::string& zone);  // null: it failed, and the test with it
  // One after the other through the waypoint: how many each backend got. Empty: one was not answered 200.
  std::map<std::string, int> Send(int requests);

  int waypoint_port_ = 0;
  std::map<std::string, std::unique_ptr<Backend>> backends_;  // by zone
};

}  // namespace fairlead::testing
