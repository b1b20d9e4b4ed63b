// UserTest: what a user does at an API server, for tests of the whole operator: objects made from a few
// words, and statuses waited for.
//
// Subclasses start the server and call Connect. Tests keep apart by namespaces of their own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/demo/cluster.h"
#include "tests/integration/operator/operator_process.h"
#include "tests/support/xds/fake_envoy.h"

namespace fairlead::testing {

class UserTest : public ::testing::Test {
 protected:
  void Connect(const std::string& kubeconfig_file);
  static std::string Samples() { return FAIRLEAD_SOURCE_DIR "/config/samples/shop"; }

  // Namespace `ns` with a waypoint named "waypoint" that serves all of its services, without TLS at the port
  // if one is given.
  void MakeNamespace(const std::string& ns, int plaintext_port = 0);
  // A Service with port 8080 and one endpoint.
  void MakeService(const std::string& ns, const std::string& name);
  // RetryTimeoutPolicy at the Service of the name; `spec`: further fields, "timeouts: {request: 1s}".
  void MakePolicy(const std::string& ns, const std::string& name, const std::string& service,
                  const std::string& spec);
  void ApplyYaml(const std::string& yaml);  // all of its documents; fails the test when it cannot
  void ApplySample(const std::string& file);
  void DeletePolicy(const std::string& ns, const std::string& name);
  std::string VersionOf(Kind kind, const std::string& ns, const std::string& name);  // resourceVersion

  // The policy's status at its present generation, once the condition Programmed has that reason and `holds`.
  std::optional<api::PolicyStatus> AwaitStatus(
      const std::string& ns, const std::string& name, const std::string& reason,
      const std::function<bool(const api::PolicyStatus&)>& holds = [](const auto&) { return true; });

  std::unique_ptr<demo::Cluster> user_;
  TempDir dir_;

 private:
  demo::Patience patience_{std::stop_token{}};
};

// "" where there is no such condition.
std::string Message(const api::PolicyStatus& status, const std::string& type);
std::string Reason(const api::PolicyStatus& status, const std::string& type);

// The version of a route at the proxy; "" where it has none. Waits until it is another, or that one.
std::string RouteAt(const FakeEnvoy& envoy, const std::string& route);
bool AwaitRoute(const FakeEnvoy& envoy, const std::string& route, const std::string& other_than);
bool AwaitRouteIs(const FakeEnvoy& envoy, const std::string& route, const std::string& version);

}  // namespace fairlead::testing
