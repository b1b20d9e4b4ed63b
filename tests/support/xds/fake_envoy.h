// FakeEnvoy: a delta-xDS client over gRPC that subscribes as Envoy does, a hundred in one process. For tests
// and benchmarks.
//
// It asks for all clusters and listeners, for the endpoints that its clusters name, the scopes or routes that
// its listeners name, and the routes that its scopes name; it applies, and answers. Thread-safe;
// `on_response` is called from gRPC's threads.
//
//   FakeEnvoy envoy({.port = server.plaintext_port(), .id = "w-1", .cluster = "shop/waypoint"});
//   ASSERT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.Has(Type::kRoute, "shop/web"); }));
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dataplane/xds/resource.h"

namespace fairlead::testing {

class FakeEnvoy {
 public:
  using Versions = std::array<std::map<std::string, std::string>, xds::kTypeCount>;  // name → version

  // A response as it came, before it is answered.
  struct Received {
    xds::Type type;
    std::vector<std::pair<std::string, std::string>> resources;  // name, version
    std::vector<std::string> removed;
    size_t bytes = 0;
    std::chrono::steady_clock::time_point at;
  };

  struct Options {
    int port = 0;  // of 127.0.0.1
    std::string id = "fake";
    std::string cluster = "shop/waypoint";
    std::string region, zone;                      // node.locality
    std::string waypoint;                          // node.metadata fairlead.dev/waypoint, where not empty
    std::string metadata;                          // node.metadata, a JSON object
    std::set<std::string> reject;                  // names that it rejects, of any type
    std::set<std::string> reject_routes;           // names of routes that it rejects
    bool runtime = false;                          // its bootstrap has the layer of drills
    bool hold_answers = false;                     // see ReleaseAnswers
    bool stop_reading = false;                     // after the first requests
    bool wildcard_only = false;                    // subscribes to clusters only, and looks into nothing
    Versions held;                                 // reconnects with these
    std::string tls_ca, tls_certificate, tls_key;  // PEM; empty: plaintext
    std::string tls_server_name;
    std::string method = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
    std::function<void(const Received&)> on_response;
  };

  struct State {
    Versions held;                                              // what it applied
    std::array<std::set<std::string>, xds::kTypeCount> absent;  // was told that there is none
    size_t responses = 0;
    size_t resources = 0;
    size_t removals = 0;
    size_t bytes = 0;
    size_t rejections = 0;
    bool ended = false;
    int status_code = 0;
    std::string status_text;
    bool Has(xds::Type type, const std::string& name) const {
      return held[static_cast<size_t>(type)].contains(name);
    }
    size_t Count(xds::Type type) const { return held[static_cast<size_t>(type)].size(); }
  };

  explicit FakeEnvoy(Options options);
  ~FakeEnvoy();  // disconnects

  State state() const;
  // False if it does not come to that within the time; wakes on every change, does not poll.
  bool Await(const std::function<bool(const State&)>& condition,
             std::chrono::milliseconds patience = std::chrono::seconds(30)) const;
  Versions versions() const { return state().held; }

  void Disconnect();  // and waits for the end of the stream
  // As Envoy when it lost its server: keeps all that it has, and subscribes anew with the versions of it.
  // Disconnects.
  std::unique_ptr<FakeEnvoy> Successor(int port);
  void ReleaseAnswers();  // sends the answers that were held, and holds no more
  void ResumeReading();
  // Bytes as a message, for malformed requests.
  void SendRaw(std::string bytes);

 private:
  class Call;
  explicit FakeEnvoy(std::shared_ptr<Call> call);
  std::shared_ptr<Call> call_;
};

}  // namespace fairlead::testing
