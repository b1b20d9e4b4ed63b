// Ledger: records each change of a policy as a PolicyChange in the cluster: who, when, which fields.
//
// The composition root makes one where --ledger is set: webhooks tell it what they let through, watches what
// they see, LeaseRunner who leads. What to record is LedgerBook's decision; here are the threads and the
// writes, which never hold up an admission. A record is written by whichever replica knows; its name is made
// from what was changed, so writing it twice is harmless, and needs no lease. The leader alone records what
// nobody knows, and removes what is too much. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crds/base/json.h"
#include "operator/app/engine.h"
#include "operator/app/ledger_book.h"
#include "operator/app/record_stream.h"
#include "operator/kube/client.h"
#include "operator/kube/reflector.h"
#include "operator/runtime/events.h"
#include "operator/runtime/lease.h"
#include "operator/runtime/log.h"
#include "operator/runtime/metrics.h"
#include "operator/runtime/work_queue.h"

namespace fairlead::app {

struct LedgerParts {
  Engine* engine = nullptr;
  kube::HttpTransport* transport = nullptr;
  kube::Client* client = nullptr;  // whose writes pass the fence
  const runtime::Fence* fence = nullptr;
  runtime::Metrics* metrics = nullptr;
  runtime::Log* log = nullptr;
  const Clock* clock = nullptr;
  std::string identity = {};  // of this process, in Events
};

class Ledger final : private RecordSink {
 public:
  Ledger(LedgerRules rules, const LedgerParts& parts);
  ~Ledger() override;  // Stop

  void Start();
  // While the watches still run: writes what is known by then, for some seconds at most.
  void Stop();

  void Note(reconcilers::Intent intent) { book_.Note(std::move(intent)); }
  void OnReplace(Kind kind, const std::vector<AnyObject>& objects);
  void OnUpsert(const AnyObject& object);
  void OnDelete(const ObjectKey& key);
  void OnLeadership(bool gained);
  void OnCrd(const std::string& name);  // a CRD appeared, changed or went

 private:
  void OnRecords(All all) override;
  void OnRecord(const NamespacedName& record, const reconcilers::RecordEntry& entry) override;
  void OnRecordGone(const NamespacedName& record) override;
  void OnRecordWatch(const kube::WatchStatus& status) override;

  void Enqueue(const LedgerJobs& jobs);
  void Work(const std::stop_token& stop);
  runtime::Outcome Process(const std::string& job);
  runtime::Outcome Record(const std::string& job);
  runtime::Outcome Trim();
  // Of what no webhook saw: how it was before, and through what it came. False: it is no change.
  Result<bool> Complete(LedgerDraft* draft);
  Result<JsonDocument> ListOne(const kube::Resource& resource, const NamespacedName& name);
  Json::Value RecordFrom(const LedgerDraft& draft) const;
  runtime::Outcome Settle(const std::string& job, const LedgerDraft& draft,
                          const Result<kube::Written>& written);
  runtime::Outcome Join(const std::string& job, const LedgerDraft& draft);
  runtime::Outcome Refused(const std::string& job, const LedgerDraft& draft, const Error& error);

  const LedgerParts parts_;
  LedgerBook book_;
  kube::Client writer_;  // without the fence
  runtime::EventRecorder events_;
  runtime::WorkQueue queue_;
  std::unique_ptr<kube::Reflector> records_;
  std::vector<runtime::Counter> written_;  // by evidence
  runtime::Counter lost_, removed_, refused_;
  std::atomic<uint64_t> given_up_{0};
  std::atomic<Clock::TimePoint> give_up_at_ = Clock::TimePoint::max();
  std::vector<std::jthread> workers_;
};

}  // namespace fairlead::app
