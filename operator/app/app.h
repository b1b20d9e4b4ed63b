// App: the composition root. What each part reads and what it publishes:
//
//   part             reads                              publishes                          needs the lease
//   reflectors       API server: one watch a kind       events to the Engine               no
//   Registry         Secrets, kept copies, other        events to the Engine               no
//                      clusters' API servers
//   CopyKeeper       World (through Engine), states     kept copies of other clusters      yes
//                      of clusters
//   Engine           events                             Catalog, keys for StatusLoop       no
//   AdsServer        Catalog                            xDS; ACK and NACK to the Catalog   no
//   Webhooks         World (through Engine)             verdicts to the API server         no
//   GatewayFacts     the CRD of HTTPRoute               what Webhooks may warn of          no
//   Ledger           Webhooks, reflectors               PolicyChanges                      for what no
//   webhook
//                                                                                          saw, and removals
//   Certificate-     Secret, webhook configuration      both of them; certificates to      no: versions
//     Keeper                                            Webhooks                           guard its writes
//   StatusLoop       World (through Engine), Catalog    policy statuses, Events            yes
//   IstioLoop        World (through Engine)             VirtualServices, DestinationRules  yes
//   LeaseRunner      the Lease                          the Fence                          is it
//   HttpServers      all of them                        /healthz /readyz /metrics /debug   no
//
// Who calls: main, and tests that run an operator inside the process. The constructor does no I/O; Start
// connects.
#pragma once

#include <memory>

#include "crds/base/clock.h"
#include "crds/base/result.h"
#include "operator/app/options.h"
#include "operator/kube/config.h"

namespace fairlead::app {

class App {
 public:
  App(Options options, kube::ClusterConfig cluster, const Clock* clock = &Clock::System());
  ~App();  // Stop

  // An error: an address cannot be bound, credentials cannot be read. Does not wait for the API server.
  Result<void> Start();
  // Gives the lease up, ends watches and workers, closes streams so that proxies try another replica.
  void Stop();

  int xds_plaintext_port() const;
  int webhook_port() const;
  int metrics_port() const;
  int health_port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::app
