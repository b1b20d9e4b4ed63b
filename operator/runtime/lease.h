// Elector: leader election by a coordination.k8s.io/v1 Lease, as a state machine without sockets; and the
// Fence, by which every write asks whether this process still leads.
//
// Who calls: LeaseRunner (threads and calls) or a test (a script and a fake clock). Semantics are
// client-go's: a candidate takes a lease whose holder has not renewed it for leaseDuration as seen by the
// candidate's own clock; a leader that could not renew for renewDeadline steps down. What is added: the
// leader's term is counted from before the renewal was sent, so it ends here before anybody else may begin;
// and it is checked at each write, which is what stops a process that was frozen past its term. The Elector
// belongs to one thread; the Fence is thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "crds/base/clock.h"
#include "operator/kube/client.h"

namespace fairlead::runtime {

struct LeaseOptions {
  std::string identity;  // of this process; unique: pod name and a random part
  std::chrono::milliseconds lease_duration{15'000};
  std::chrono::milliseconds renew_deadline{10'000};
  std::chrono::milliseconds retry_period{2'000};
};

class Fence final : public kube::WriteGate {
 public:
  explicit Fence(const Clock* clock = &Clock::System()) : clock_(clock) {}

  // How long the term still lasts; kCancelled: it is over, or never began.
  Result<std::chrono::milliseconds> Open() override;
  bool Leading() const { return clock_->Now() < until_.load(); }

  void Extend(Clock::TimePoint until) { until_ = until; }
  void Close() { until_ = Clock::TimePoint::min(); }

 private:
  const Clock* const clock_;
  std::atomic<Clock::TimePoint> until_ = Clock::TimePoint::min();
};

// The lease as it is in the API server.
struct LeaseRecord {
  std::string holder;
  int64_t duration_seconds = 0;
  std::string acquire_time, renew_time;  // metav1.MicroTime
  int64_t transitions = 0;
  std::string resource_version;
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};
Result<LeaseRecord> ParseLease(const std::string& json);
std::string LeaseJson(const std::string& ns, const std::string& name, const LeaseRecord& record);
std::string MicroTime(Timestamp now);

class Elector {
 public:
  enum class Do : unsigned char { kRead, kCreate, kUpdate, kWait };
  struct Step {
    Do what = Do::kRead;
    LeaseRecord record;      // of kCreate and kUpdate: what to write
    Clock::TimePoint until;  // of kWait; of the others: give up then and report kTransient
  };

  Elector(LeaseOptions options, const Clock* clock, Fence* fence);

  const Step& step() const { return step_; }
  bool leading() const { return leading_; }
  const std::string& holder() const { return observed_.holder; }

  void OnRead(const Result<LeaseRecord>& record);      // kNotFound: there is none
  void OnWritten(const Result<LeaseRecord>& written);  // of kCreate and kUpdate
  void OnTimer();
  // Shutting down: gives the lease up, so that the next need not wait. True: carry out step() once.
  bool Release();

 private:
  void Observe(const LeaseRecord& record);
  void TryTake();
  void Write(Do what);
  void Wait();
  void StepDown();

  const LeaseOptions options_;
  const Clock* const clock_;
  Fence* const fence_;
  Step step_;
  bool leading_ = false, releasing_ = false;
  LeaseRecord observed_;
  Clock::TimePoint observed_at_, renewed_at_, sent_at_;
};

}  // namespace fairlead::runtime
