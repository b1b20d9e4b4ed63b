// Kubernetes protobuf for reads of Service, EndpointSlice, Pod, Node, Namespace and Status, by hand.
//
// Who calls: the codec. Field numbers are those of k8s.io/api's generated.proto; only the fields that
// Fairlead reads (crds/core) and the metadata are written. Pure.
#pragma once

#include "tests/support/apiserver/registry.h"

namespace fairlead::apiserver {

bool HasProtobuf(const Resource& resource);

// With the magic number and the runtime.Unknown envelope.
std::string EncodeProtobuf(const Resource& resource, const Value& object);
std::string EncodeProtobufList(const Resource& resource, const std::vector<Value>& objects,
                               const Value& list_meta);
std::string EncodeProtobufStatus(const Value& status);
// metav1.WatchEvent, without the length before it.
std::string EncodeProtobufEvent(const std::string& type, const std::string& object);

}  // namespace fairlead::apiserver
