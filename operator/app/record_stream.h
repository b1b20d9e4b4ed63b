// RecordStream: the watch over the ledger's records: which there are, by their metadata alone.
//
// Who calls: a Watcher, on the thread that drives it; so come the calls to the sink. Thousands of records
// with their specs would fill memory, and nothing of a spec is needed to know what is recorded.
#pragma once

#include <functional>
#include <map>

#include "operator/kube/json_stream.h"
#include "reconcilers/ledger/record_index.h"

namespace fairlead::app {

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  using All = std::map<NamespacedName, reconcilers::RecordEntry>;
  virtual void OnRecords(All all) = 0;
  virtual void OnRecord(const NamespacedName& record, const reconcilers::RecordEntry& entry) = 0;
  virtual void OnRecordGone(const NamespacedName& record) = 0;
  virtual void OnRecordWatch(const kube::WatchStatus& status) = 0;
};

kube::Resource RecordResource();

class RecordStream final : public kube::NodeStream {
 public:
  explicit RecordStream(RecordSink* sink) : sink_(sink) {}
  static kube::WatchTarget Target();

  void Status(const kube::WatchStatus& status) override { sink_->OnRecordWatch(status); }

 private:
  void Forget() override { kept_.clear(); }
  void Keep(const JsonNode& object) override;
  void HandOver() override;
  void Put(const JsonNode& object) override;
  void Drop(const JsonNode& last) override;

  RecordSink* const sink_;
  RecordSink::All kept_;
};

}  // namespace fairlead::app
