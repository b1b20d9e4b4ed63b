// Rig: what the numbers are measured on: the embedded API server with a state in it, and the operator, each a
// process of its own, as they would be; clients and fake proxies are in the process of the benchmark.
//
// The groups make one each. Children end with the object. One thread, the one that called Start.
//
//   auto rig = *Rig::Start(programs, StateOfRoutes(100));
//   rig->StartOperator();
//   rig->client().MergePatch(…);
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "operator/kube/client.h"
#include "tests/bench/state.h"
#include "tests/support/process.h"

namespace fairlead::bench {

inline constexpr char kManager[] = "fairlead-bench";  // writes the state, and changes it

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::duration<double, std::milli>;

struct Programs {
  std::string api_server, controller, cli;  // fairlead-apiserver, fairlead-operator, fairleadctl
};

// Looks at it every millisecond, for what another process does; false: not within the limit.
bool Await(const std::function<bool()>& holds, std::chrono::milliseconds limit = std::chrono::seconds(120));

// What the operator asked of the API server since ClearAudit.
struct Asked {
  int writes = 0;
  int lists = 0;
  std::string writes_in_words;  // "patch retrytimeoutpolicies/status 300"
};

struct ProcessFigures {
  double resident_mb = 0;
  double peak_mb = 0;
  double cpu_seconds = 0;
};
ProcessFigures FiguresOf(pid_t pid);

class Rig {
 public:
  // Returns when the API server holds the state.
  static Result<std::unique_ptr<Rig>> Start(const Programs& programs, const StateSize& size);

  // Returns when its xDS port accepts; the first state may still be on its way.
  Result<void> StartOperator(const std::vector<std::string>& flags = {});
  void StopOperator() { operator_.Stop(); }
  testing::Process& controller() { return operator_; }
  // Connections to it are refused from then on; it is not started again.
  void StopApiServer() { api_.Kill(); }
  std::string Kubeconfig() const;  // text
  int xds_port() const { return xds_port_; }
  std::string OperatorLog() const { return operator_.Log(); }

  const StateSize& size() const { return size_; }
  kube::Client& client() { return *client_; }
  kube::HttpTransport& transport() { return *transport_; }

  void ClearAudit() { Ask("DELETE", "/audit"); }
  Asked Audit();
  // Waits until the operator has written nothing for a while.
  Asked AwaitQuiet();
  // The next watches of the operator, so many, end at once with 410: each costs a list.
  void ExpireWatches(int watches);

 private:
  Rig() = default;
  Result<void> StartApiServer(const Programs& programs);
  std::string Ask(const std::string& method, const std::string& path, const std::string& body = "");

  StateSize size_;
  std::string operator_program_;
  testing::TempDir dir_;
  int xds_port_ = 0;
  testing::Process api_;
  testing::Process operator_;
  std::unique_ptr<kube::HttpTransport> transport_;
  std::unique_ptr<kube::Client> client_;
};

}  // namespace fairlead::bench
