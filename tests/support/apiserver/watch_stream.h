// WatchStream: one watch: the objects there are, then what changes, in the client's form and through its
// selectors.
//
// Who calls: the reader starts it, the connection takes frames from it (one thread). An object that leaves a
// selector is told as DELETED, one that enters it as ADDED.
#pragma once

#include <atomic>
#include <deque>

#include "tests/support/apiserver/codec.h"
#include "tests/support/apiserver/reader.h"

namespace fairlead::apiserver {

struct WatchOptions {
  bool bookmarks = false;
  bool initial_bookmark = false;  // one after the initial objects, annotated k8s.io/initial-events-end
  int timeout_seconds = 0;
};

class WatchStream : public EventStream {
 public:
  WatchStream(Core& core, ResourcePtr resource, Encoding encoding, Selection selection, WatchOptions options);

  // `revision` 0 with `initial`: from the objects there are; 0 without: from now on. False: too old.
  bool Start(const std::string& ns, bool initial, uint64_t revision);

  std::optional<std::string> Next() override;
  StreamState state() const override;
  void SetWakeup(std::function<void()> wakeup) override { queue_->SetWakeup(std::move(wakeup)); }
  std::string Bookmark() override;
  int timeout_seconds() const override { return options_.timeout_seconds; }
  std::string ErrorFrame(const Failure& failure) const { return codec_.ErrorEvent(failure); }

 private:
  std::optional<std::string> Frame(const Change& change);
  std::string Event(const std::string& type, const Value& object);

  Core& core_;
  const ResourcePtr resource_;
  const Encoding encoding_;
  const Codec codec_;
  const Selection selection_;
  const WatchOptions options_;
  std::shared_ptr<WatchQueue> queue_;
  std::deque<ObjectPtr> initial_;
  bool initial_bookmark_due_ = false;
  bool first_ = true;
  uint64_t revision_ = 0;
};

}  // namespace fairlead::apiserver
