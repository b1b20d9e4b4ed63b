// NodeStream: the values' side of a Watcher for kinds that are read as JSON: pages, frames, errors and
// bookmarks, with one object at a time for the derived class. JsonStream keeps the objects whole (CRDs,
// objects of Istio's), but for managedFields: nobody reads them, and they are half of the bytes.
//
// Who calls: the Watcher, on the thread that drives it; the derived class is called on that thread.
#pragma once

#include <json/value.h>

#include <vector>

#include "crds/object/decode.h"
#include "operator/kube/watcher.h"

namespace fairlead::kube {

class NodeStream : public WatchHandler {
 public:
  void BeginList() final { Forget(); }
  Result<PageInfo> Page(std::string_view content_type, std::string_view body) final;
  void Whole() final { HandOver(); }
  Result<void> BeginStream(std::string_view content_type) final;
  Result<void, FrameError> Bytes(std::string_view bytes, const Marks& marks) final;
  Result<void, FrameError> EndStream() final { return frames_.Finish(); }
  void Status(const WatchStatus&) override {}

 protected:
  // Of a list: nothing is kept yet; one object more; all have come.
  virtual void Forget() = 0;
  virtual void Keep(const JsonNode& object) = 0;
  virtual void HandOver() = 0;
  // Of a watch; objects that have metadata.
  virtual void Put(const JsonNode& object) = 0;
  virtual void Drop(const JsonNode& last) = 0;

 private:
  Result<void, FrameError> Frame(std::string_view frame, const Marks& marks);

  FrameSplitter frames_{ContentType::kJson, kMaxWatchFrame};
};

class JsonStream : public NodeStream {
 protected:
  virtual void Replace(std::vector<Json::Value> objects) = 0;
  virtual void Upsert(Json::Value object) = 0;
  virtual void Delete(Json::Value last) = 0;

 private:
  void Forget() final { kept_.clear(); }
  void Keep(const JsonNode& object) final;
  void HandOver() final;
  void Put(const JsonNode& object) final;
  void Drop(const JsonNode& last) final;

  std::vector<Json::Value> kept_;
};

}  // namespace fairlead::kube
