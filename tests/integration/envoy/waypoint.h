// Waypoint: a real Envoy, programmed by the real planner, catalog and xDS server, for traffic tests.
//
// A test describes services by the effective model, and Serve returns once Envoy has acknowledged them. One
// thread.
//
//   auto waypoint = Waypoint::Start();
//   waypoint->Serve(Service("ratings").WithBackend(backend).With(policy));
//   EXPECT_EQ(waypoint->Call({.host = "ratings"}).status, 200);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crds/base/clock.h"
#include "dataplane/envoy/planner.h"
#include "dataplane/server/ads_server.h"
#include "reconcilers/model/service.h"
#include "tests/support/envoy/envoy.h"
#include "tests/support/http_client.h"

namespace fairlead::testing {

// A service of namespace "shop" at port 80 with one rule, and its endpoints.
struct SampleService {
  explicit SampleService(const std::string& name);

  SampleService& At(const std::vector<int>& ports);          // endpoints on 127.0.0.1
  SampleService& With(reconcilers::EffectivePolicy policy);  // of the first rule
  SampleService& Speaking(reconcilers::Protocol protocol);
  reconcilers::EffectiveRule& rule() { return model.ports[0].rules[0]; }
  reconcilers::EffectivePort& port() { return model.ports[0]; }

  reconcilers::EffectiveService model;
  reconcilers::EffectiveEndpoints endpoints;
};

reconcilers::Backend BackendOf(const std::string& service, uint32_t weight = 1);

// Fields of a policy as a test writes them.
reconcilers::EffectiveRetries RetriesOn(std::vector<api::RetryOn> on, int attempts = 2);
reconcilers::EffectivePolicy PolicyWith(reconcilers::EffectiveRetries retries);

class Waypoint {
 public:
  // Null, with a failure of the test, where it does not come up. Region and zone: where Envoy says it runs;
  // pod: the name by which it is known.
  static std::unique_ptr<Waypoint> Start(const std::string& region = "", const std::string& zone = "",
                                         const std::string& pod = "w-1");
  ~Waypoint();

  // Publishes, and waits until Envoy has acknowledged all of it.
  void Serve(const std::vector<SampleService>& services);
  void Serve(const SampleService& service) { Serve(std::vector{service}); }
  void Publish(const std::vector<SampleService>& services);  // does not wait
  void Publish(const reconcilers::Delta& delta);             // of a World; likewise
  bool AwaitProgrammed();
  bool Await(
      const std::function<bool()>& holds);  // asks again at each progress of the proxy, for at most 60 s

  HttpAnswer Call(HttpQuestion question);  // over one kept connection
  LoadResult Load(const HttpQuestion& question, const LoadPlan& plan);

  xds::Catalog& catalog() { return *catalog_; }
  Envoy& envoy() { return *envoy_; }
  int port() const { return port_; }
  void StopServer();      // xDS goes away
  void StartServer();     // a new one, with a catalog of its own, on the same port
  size_t pushed() const;  // resources sent by the present server

 private:
  class PushCounter;
  Waypoint() = default;

  int port_ = 0;
  int xds_port_ = 0;
  std::unique_ptr<PushCounter> pushes_;
  std::unique_ptr<xds::Catalog> catalog_;
  std::unique_ptr<xds::AdsServer> server_;
  std::unique_ptr<envoy::Planner> planner_;
  std::unique_ptr<Envoy> envoy_;
  std::unique_ptr<HttpClient> client_;
  reconcilers::Delta served_;
};

}  // namespace fairlead::testing
