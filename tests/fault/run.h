// Run: one workload carried out once, undisturbed or by a plan, with the checks that hold in every run:
//
//   after each step     the cluster and the proxy are as after the same step of the undisturbed run, at last
//   at all times        the proxy loses nothing that it has before and after the step, and of a steady
//                       workload it is sent nothing else; only the leader writes, and to its own cluster;
//                       of tenancy nothing is open that neither the step's beginning nor its end opens
//   at the end          no object was created or deleted more often; the writes are as many, and a few for
//   the crash;
//                       the operator ends well when it is asked to
//
// Who calls: main, one Run at a time on one Cluster. Carry is called once, by the thread that lives as long
// as the run.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "tests/fault/access_watch.h"
#include "tests/fault/cluster.h"
#include "tests/fault/plan.h"
#include "tests/fault/replica.h"
#include "tests/fault/snapshot.h"

namespace fairlead::fault {

// What the undisturbed run leaves for the others to be held against.
struct Reference {
  std::vector<Snapshot> steps;
  Deeds deeds;
};

struct Outcome {
  bool reached = false;  // the plan's write was made
  Reference seen;
};

class Run {
 public:
  // `reference`: null for the undisturbed run.
  Run(Cluster* cluster, const Workload& workload, Plan plan, std::string program, const Reference* reference);
  ~Run();

  Result<Outcome> Carry();  // an error says what does not hold

 private:
  Result<void> Begin();
  Result<void> Carry(const Step& step);
  Result<void> Await(const Step& step);
  Result<void> End();
  Result<void> CheckDeeds(const Deeds& deeds) const;

  bool Arrived(const Step& step);
  std::string Missing(const Step& step);  // for the message, when it does not come
  Result<void> Tend();  // starts what was killed, lets go on what was stopped, moves the proxy
  void ConnectProxy();
  Snapshot Take();

  apiserver::WriteFate OnWrite(apiserver::WritePoint point, const apiserver::RequestInfo& info,
                               const apiserver::Request& request);
  void OnPush(const testing::FakeEnvoy::Received& received);
  void CheckLeader(const apiserver::RequestInfo& info, const std::string& who);
  void CheckAccess(const std::string& after);
  Replica* Named(const std::string& name);
  void Note(const apiserver::AuditRecord& record);
  std::string LastDeed();
  void Ring();
  void Fail(const std::string& what);

  Cluster* const cluster_;
  const Workload& workload_;
  const Plan plan_;
  const std::string program_;
  const Reference* const reference_;
  testing::TempDir directory_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::unique_ptr<testing::FakeEnvoy> proxy_;
  Projector projector_;
  AccessWatch access_;
  Replica* serving_ = nullptr;  // whom the proxy is connected to, in which life of it
  int serving_life_ = 0;
  std::map<std::string, std::string> proxy_before_;  // at the beginning of the step
  Outcome outcome_;

  std::mutex mutex_;  // guards all below
  std::condition_variable rang_;
  uint64_t rings_ = 0;
  int count_ = 0;               // of the writes so far
  int slow_ = 0;                // statuses written only because a proxy took its time
  std::set<std::string> kept_;  // what the proxy must not lose now
  std::map<std::string, std::set<std::string>> expected_;  // steady: the versions that it may get now
  std::string failure_;
  std::string last_deed_ = "nothing";  // of an operator, and when: for the message
  std::chrono::steady_clock::time_point last_deed_at_ = std::chrono::steady_clock::now();
};

}  // namespace fairlead::fault
