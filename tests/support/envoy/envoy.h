// Envoy: a real Envoy as a child process, programmed by delta ADS from a plaintext xDS server on loopback.
//
// Who calls: traffic tests, the demo, benches. The program is $FAIRLEAD_CACHE/current/bin/envoy (tools/setup
// envoy). One worker thread; admin on a free port of 127.0.0.1; everything in a temporary directory. It ends
// with the object, or with the test. One thread at a time.
//
//   if (std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
//   auto envoy = *Envoy::Start({.xds_port = server.plaintext_port(), .id = "w-1", .cluster =
//   "shop/waypoint"}); ASSERT_TRUE(envoy->AwaitListener(port)) << envoy->Log();
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "tests/support/process.h"

namespace fairlead::testing {

struct EnvoyOptions {
  int xds_port = 0;
  std::string id = "waypoint";          // node.id: the pod's name
  std::string cluster;                  // node.cluster: "<namespace>/<gateway>"
  std::string region = {}, zone = {};   // node.locality
  bool runtime = true;                  // the bootstrap has the layer by which drills are told
  std::string log_level = "warning";    // "debug" shows every xDS message
  std::vector<std::string> flags = {};  // added last
};

class Envoy {
 public:
  static std::string Missing();  // why it cannot run here; "" when it can
  static std::string Program();

  // Returns when the admin port answers; the configuration may still be on its way.
  static Result<std::unique_ptr<Envoy>> Start(const EnvoyOptions& options);

  int admin_port() const { return admin_port_; }
  Process& process() { return process_; }
  std::string dir() const { return dir_.path(); }

  // The body of a reply of the admin interface; "" when there is none. POST: what changes something.
  std::string Admin(const std::string& path, const std::string& method = "GET") const;
  // A counter or gauge by its full name; -1 when there is none.
  long Stat(const std::string& name) const;

  // Initialized: the first configuration has been taken.
  Result<void> AwaitReady(std::chrono::milliseconds timeout = std::chrono::seconds(30),
                          std::stop_token stop = {});
  // A listener on 127.0.0.1:`port` accepts connections.
  Result<void> AwaitListener(int port, std::chrono::milliseconds timeout = std::chrono::seconds(30),
                             std::stop_token stop = {});

  std::string Log() const { return process_.Log(); }

 private:
  Envoy() = default;
  Result<void> Await(const std::string& what, std::chrono::milliseconds timeout, std::stop_token stop,
                     bool (*holds)(Envoy&, int), int argument);

  TempDir dir_;
  int admin_port_ = 0;
  Process process_;
};

}  // namespace fairlead::testing
