// Codec: which form an answer takes (Accept), and writing objects, lists and watch events in it.
//
// Who calls: the reader and Api. Forms: JSON, Table and PartialObjectMetadata in JSON, and Kubernetes
// protobuf for the kinds of proto_encode.h. Pure but for schemas (hold Core::mutex).
#pragma once

#include <string>

#include "tests/support/apiserver/core.h"

namespace fairlead::apiserver {

enum class Form { kJson, kTable, kPartial, kProtobuf };

struct Encoding {
  Form form = Form::kJson;
  std::string version = "v1";   // of meta.k8s.io, for tables and partial metadata
  bool include_object = false;  // a table's rows hold the whole object rather than its metadata
  std::string ContentType(bool watch) const;
};

Outcome<Encoding> Negotiate(const Resource* resource, const Request& request, const RequestInfo& info);

class Codec {
 public:
  Codec(Core& core, const Resource& resource, Encoding encoding)
      : core_(core), resource_(resource), as_(encoding) {}

  std::string One(const Value& object) const;  // rendered already
  struct ListMeta {
    uint64_t revision = 0;
    std::string next;        // continue token
    int64_t remaining = -1;  // -1: not told
  };
  std::string List(const std::vector<Value>& objects, const ListMeta& meta) const;
  // One event with its framing. `type`: ADDED, MODIFIED, DELETED, BOOKMARK. The first row of a table stream
  // has columns.
  std::string Event(const std::string& type, const Value& object, bool first) const;
  std::string ErrorEvent(const Failure& failure) const;
  Value BookmarkObject(uint64_t revision, bool initial_end) const;

 private:
  Value Partial(const Value& object) const;
  Core& core_;
  const Resource& resource_;
  const Encoding as_;
};

}  // namespace fairlead::apiserver
