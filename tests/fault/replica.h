// Replica: one operator as a child process, which is killed, stopped and started again with the same
// arguments.
//
// Who calls: Run. Strike, Pause and Resume may be called from any thread while it runs; the rest by the
// thread that started it.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "tests/support/process.h"

namespace fairlead::fault {

struct ReplicaOptions {
  std::string program;
  std::string name;  // its user at the API server and its identity in the Lease
  std::string kubeconfig;
  std::vector<std::string> arguments;
  std::string directory;  // of its logs
};

class Replica {
 public:
  explicit Replica(ReplicaOptions options) : options_(std::move(options)) {}

  Result<void> Start();  // returns when it serves xDS
  void Strike();         // SIGKILL; returns when it is dead, but not yet reaped
  void Pause();
  void Resume();
  Result<void> Stop();  // SIGTERM; an error if it does not end well

  bool struck() const { return struck_; }
  bool paused() const { return paused_; }
  bool EndedByItself();
  const std::string& name() const { return options_.name; }
  int xds_port() const { return xds_port_; }
  int life() const { return life_; }  // how often it was started
  std::string Log() const { return process_.Log(16384); }

 private:
  const ReplicaOptions options_;
  testing::Process process_;
  std::mutex mutex_;  // between a start and a strike
  pid_t pid_ = -1;
  std::atomic<bool> struck_{false};
  std::atomic<bool> paused_{false};
  int xds_port_ = 0;
  int life_ = 0;
};

}  // namespace fairlead::fault
