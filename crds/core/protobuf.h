// The core kinds from Kubernetes protobuf, field numbers of k8s.io/api v0.36.3 (generated.proto).
//
// Who calls: ParseCoreProtobuf (crds/object). Each reads one message, gives the same value as its JSON parser
// for the same object, and leaves errors of the format in the status. What is out of range becomes a field
// error. Pure.
#pragma once

#include <string_view>

#include "crds/base/field_errors.h"
#include "crds/base/wire.h"
#include "crds/core/cluster.h"
#include "crds/core/service.h"

namespace fairlead::core {

// k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta. Annotations are filtered as in ParseMeta.
void ReadMeta(WireReader meta, ObjectMeta* out);
// The current field, an entry of a map<string, string>, both checked.
void ReadStringMap(WireReader& field, std::vector<Labels::Item>* out);
// k8s.io.apimachinery.pkg.apis.meta.v1.ListMeta.
struct ListMeta {
  std::string resource_version;
  std::string continue_token;
  int64_t remaining = 0;
};
void ReadListMeta(WireReader meta, ListMeta* out);

void Read(WireReader message, Service* out, FieldErrors* errors);
void Read(WireReader message, EndpointSlice* out, FieldErrors* errors);
void Read(WireReader message, Pod* out, FieldErrors* errors);
void Read(WireReader message, Node* out, FieldErrors* errors);
void Read(WireReader message, Namespace* out, FieldErrors* errors);

}  // namespace fairlead::core
