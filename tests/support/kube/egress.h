// Egress: how a test's API server reaches Services of a cluster that has no network: a proxy at a socket that
// takes its CONNECTs (an EgressSelectorConfiguration) and leads each connection to one of the replicas that
// stand behind all Services, in turn; one that cannot be reached is passed over, as a load balancer does.
//
// Who calls: tests with webhooks that are called by a Service. A thread a connection; all methods are
// thread-safe.
//
//   Egress egress;
//   options.apiserver_flags = {egress.Flag()};
//   egress.Set({replica_a.webhook_port(), replica_b.webhook_port()});
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/process.h"

namespace fairlead::testing {

class Egress {
 public:
  Egress();
  ~Egress();
  Egress(const Egress&) = delete;
  Egress& operator=(const Egress&) = delete;

  std::string Flag() const;  // of kube-apiserver
  // Where new connections go; those that are open go on. None: they are refused.
  void Set(std::vector<int> ports);
  int connections() const;  // led to a replica so far

 private:
  void Accept();
  void Serve(int client);
  int Dial();

  TempDir dir_;
  int listener_ = -1;
  mutable std::mutex mutex_;  // guards all below
  std::vector<int> ports_;
  size_t next_ = 0;
  int led_ = 0;
  bool ending_ = false;
  std::list<int> open_;  // sockets of clients, to be shut at the end
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace fairlead::testing
