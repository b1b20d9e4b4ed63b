// LeaseRunner: carries out what an Elector asks for, on a thread of its own, and tells when leadership begins
// and ends.
//
// Who calls: the composition root. The callbacks come from the runner's thread and must not block for long;
// `lost` may come late after a freeze, but no write passes the fence meanwhile.
//
//   LeaseRunner lease(&transport, "fairlead-system", "fairlead-leader", {.identity = id}, &fence, gained,
//   lost); lease.Start();
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "operator/runtime/lease.h"

namespace fairlead::runtime {

class LeaseRunner {
 public:
  using Callback = std::function<void()>;
  LeaseRunner(kube::HttpTransport* transport, std::string ns, std::string name, LeaseOptions options,
              Fence* fence, Callback gained, Callback lost, const Clock* clock = &Clock::System());
  ~LeaseRunner();  // Stop

  // Called with who leads when that changes; from the runner's thread. Before Start.
  void OnHolder(std::function<void(const std::string&)> callback) { on_holder_ = std::move(callback); }
  // What keeps it from reading or writing the lease: no rights, no namespace, no API server. Before Start.
  void OnTrouble(std::function<void(const Error&)> trouble) { trouble_ = std::move(trouble); }
  void Start();
  void Stop();                 // gives the lease up
  std::string holder() const;  // who leads, as last seen

 private:
  void Run(const std::stop_token& stop);
  void Perform();
  void Tell();
  void TellOf(const Error& error, ErrorClass expected) const;

  kube::Client client_;  // without a gate: the lease is what opens it
  const kube::ObjectName lease_;
  Elector elector_;
  const Callback gained_, lost_;
  std::function<void(const std::string&)> on_holder_;
  std::function<void(const Error&)> trouble_;
  bool told_ = false;
  mutable std::mutex mutex_;  // guards holder_
  std::string holder_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace fairlead::runtime
