// RecordStream: the watch over the ledger's records: which there are, by their metadata alone.
//
// Who calls: a Watcher, on the thread that drives it; so come the calls to the sink. Thousands of records
// with their specs would fill memory, and nothing of a spec is needed to know what is recorded.
#pragma once

#include <functional>
#include <map>

#include "crds/object/decode.h"
#include "operator/kube/watcher.h"
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

class RecordStream final : public kube::WatchHandler {
 public:
  explicit RecordStream(RecordSink* sink) : sink_(sink) {}
  static kube::WatchTarget Target();

  void BeginList() override { kept_.clear(); }
  Result<kube::PageInfo> Page(std::string_view content_type, std::string_view body) override;
  void Whole() override;
  Result<void> BeginStream(std::string_view content_type) override;
  Result<void, FrameError> Bytes(std::string_view bytes, const Marks& marks) override;
  Result<void, FrameError> EndStream() override { return frames_.Finish(); }
  void Status(const kube::WatchStatus& status) override { sink_->OnRecordWatch(status); }

 private:
  Result<void, FrameError> Frame(std::string_view frame, const Marks& marks);

  RecordSink* const sink_;
  RecordSink::All kept_;
  FrameSplitter frames_{ContentType::kJson, kMaxWatchFrame};
};

}  // namespace fairlead::app
