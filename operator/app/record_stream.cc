#include "operator/app/record_stream.h"

#include <utility>

#include "crds/api/policy_common.h"
#include "crds/base/json.h"

namespace fairlead::app {

kube::Resource RecordResource() {
  return {std::string(api::kGroup), std::string(api::kVersion), "policychanges"};
}

kube::WatchTarget RecordStream::Target() {
  // A server that does not know the partial form sends whole objects, which read the same here.
  return {.collection = kube::CollectionPath(RecordResource(), ""),
          .accept_list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json",
          .accept_watch = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json"};
}

void RecordStream::Keep(const JsonNode& object) {
  NamespacedName record;
  if (auto entry = reconcilers::ReadRecordEntry(object, &record)) kept_[record] = *std::move(entry);
}

void RecordStream::HandOver() { sink_->OnRecords(std::exchange(kept_, {})); }

void RecordStream::Put(const JsonNode& object) {
  NamespacedName record;
  if (const auto entry = reconcilers::ReadRecordEntry(object, &record)) sink_->OnRecord(record, *entry);
}

void RecordStream::Drop(const JsonNode& last) {
  NamespacedName record;
  reconcilers::ReadRecordEntry(last, &record);
  sink_->OnRecordGone(record);
}

}  // namespace fairlead::app
