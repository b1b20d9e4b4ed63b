// JsonStream: the values' side of a Watcher for kinds that are read as plain JSON (CRDs, objects of Istio's).
//
// Who calls: the Watcher, on the thread that drives it; the derived class gets whole lists and single changes
// on that thread. managedFields are left out: nobody reads them, and they are half of the bytes.
#pragma once

#include <json/value.h>

#include <vector>

#include "crds/object/decode.h"
#include "operator/kube/watcher.h"

namespace fairlead::kube {

class JsonStream : public WatchHandler {
 public:
  void BeginList() final { kept_.clear(); }
  Result<PageInfo> Page(std::string_view content_type, std::string_view body) final;
  void Whole() final;
  Result<void> BeginStream(std::string_view content_type) final;
  Result<void, FrameError> Bytes(std::string_view bytes, const Marks& marks) final;
  Result<void, FrameError> EndStream() final { return frames_.Finish(); }
  void Status(const WatchStatus&) override {}

 protected:
  virtual void Replace(std::vector<Json::Value> objects) = 0;
  virtual void Upsert(Json::Value object) = 0;
  virtual void Delete(Json::Value last) = 0;

 private:
  Result<void, FrameError> Frame(std::string_view frame, const Marks& marks);

  std::vector<Json::Value> kept_;
  FrameSplitter frames_{ContentType::kJson, kMaxWatchFrame};
};

}  // namespace fairlead::kube
