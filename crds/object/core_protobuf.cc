#include <string>
#include <utility>

#include "crds/core/protobuf.h"
#include "crds/object/any_object.h"

namespace fairlead {
namespace {

std::string NotReadable(Kind kind, WireError error) {
  return "not a readable protobuf " + std::string(ToString(kind)) + ": " + std::string(ToString(error));
}

Unexpected<Error> Unreadable(std::string message) {
  return Unexpected(Error{ErrorClass::kInvalid, std::move(message)});
}

// The key alone, where the object as a whole cannot be read. metadata is field 1 of every kind, name 1 and
// namespace 3 of ObjectMeta.
bool ReadKey(std::string_view message, ObjectMeta* out) {
  WireStatus outer;
  WireReader object(message, &outer);
  while (object.Next()) {
    if (object.field() != 1) continue;
    WireStatus inner;
    WireReader meta(object.Bytes(), &inner);
    while (meta.Next()) {
      if (meta.field() == 1) meta.String(&out->name);
      if (meta.field() == 3) meta.String(&out->ns);
    }
    return outer.ok() && inner.ok() && !out->name.empty();
  }
  return false;
}

template <class T>
Result<AnyObject> ParseMessage(std::string_view message) {
  WireStatus status;
  FieldErrors errors;
  T value;
  Read(WireReader(message, &status), &value, &errors);
  if (!status.ok()) {
    value.meta = ObjectMeta{};
    if (!ReadKey(message, &value.meta)) return Unreadable(NotReadable(T::kKind, status.error));
    errors.Add("", NotReadable(T::kKind, status.error));
  } else if (value.meta.name.empty()) {
    return Unreadable(std::string(ToString(T::kKind)) + " without a name");
  }
  if (errors.ok()) return AnyObject(std::make_shared<const T>(std::move(value)));
  ObjectKey key{T::kKind, value.meta.ns, value.meta.name};
  return AnyObject(
      std::make_shared<const Invalid>(Invalid{std::move(key), std::move(value.meta), errors.TakeErrors()}));
}

}  // namespace

Result<AnyObject> ParseCoreProtobuf(Kind kind, std::string_view message) {
  switch (kind) {
    case Kind::kService:
      return ParseMessage<core::Service>(message);
    case Kind::kEndpointSlice:
      return ParseMessage<core::EndpointSlice>(message);
    case Kind::kPod:
      return ParseMessage<core::Pod>(message);
    case Kind::kNode:
      return ParseMessage<core::Node>(message);
    case Kind::kNamespace:
      return ParseMessage<core::Namespace>(message);
    case Kind::kRetryTimeoutPolicy:
    case Kind::kFailoverPolicy:
    case Kind::kWorkspace:
    case Kind::kWorkspaceSettings:
    case Kind::kDataPlane:
    case Kind::kHTTPRoute:
    case Kind::kGRPCRoute:
    case Kind::kGateway:
    case Kind::kServiceEntry:
    case Kind::kReferenceGrant:
      break;
  }
  return Unreadable(std::string(ToString(kind)) + " does not travel as protobuf");
}

}  // namespace fairlead
