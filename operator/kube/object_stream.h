// ObjectStream: the values' side of a Watcher for one of our kinds: bytes become objects for an ObjectSink.
//
// Who calls: the Watcher, on the thread that drives it; the sink's methods come from that thread too.
// A whole list is handed over by one call, so that no reader sees half of it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "crds/object/decode.h"
#include "operator/kube/watcher.h"

namespace fairlead::kube {

class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  // What is kept of an object of a list until the list is whole.
  virtual AnyObject OnListed(Kind kind, AnyObject object) {
    (void)kind;
    return object;
  }
  virtual void OnReplace(Kind kind, std::vector<AnyObject> objects) = 0;  // all objects of the kind
  virtual void OnUpsert(Kind kind, AnyObject object) = 0;
  virtual void OnDelete(Kind kind, AnyObject last) = 0;
  virtual void OnSynced(Kind kind) = 0;  // once, after the first OnReplace
  // Nothing more is at hand: what came since the last call may be published together.
  virtual void OnFlush(Kind kind) { (void)kind; }
  virtual void OnStatus(Kind kind, const WatchStatus& status) { (void)kind, (void)status; }
};

class ObjectStream final : public WatchHandler {
 public:
  ObjectStream(Kind kind, ObjectSink* sink) : kind_(kind), sink_(sink) {}

  // All namespaces where ns is empty; a cluster-scoped kind is read whole in any case.
  static WatchTarget TargetOf(Kind kind, const std::string& ns = "");

  void BeginList() override;
  Result<PageInfo> Page(std::string_view content_type, std::string_view body) override;
  void Whole() override;
  Result<void> BeginStream(std::string_view content_type) override;
  Result<void, FrameError> Bytes(std::string_view bytes, const Marks& marks) override;
  Result<void, FrameError> EndStream() override;
  void Status(const WatchStatus& status) override { sink_->OnStatus(kind_, status); }

 private:
  void Deliver(WatchEvent event, const Marks& marks);

  const Kind kind_;
  ObjectSink* const sink_;
  std::vector<AnyObject> kept_;
  std::optional<WatchDecoder> decoder_;
  bool synced_ = false;
};

}  // namespace fairlead::kube
