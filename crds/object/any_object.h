// AnyObject: one parsed object of any kind that Fairlead reads; the one door from bytes to values.
//
// Who calls: watches (operator/), the command line (cli/), tests. ParseObject picks the parser by kind;
// ParseCoreProtobuf reads the kinds that travel as Kubernetes protobuf. Pure.
#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "crds/api/data_plane.h"
#include "crds/api/failover_policy.h"
#include "crds/api/retry_timeout_policy.h"
#include "crds/api/workspace.h"
#include "crds/base/meta.h"
#include "crds/base/result.h"
#include "crds/core/cluster.h"
#include "crds/core/service.h"
#include "crds/gateway/gateway.h"
#include "crds/gateway/grpc_route.h"
#include "crds/gateway/http_route.h"
#include "crds/gateway/reference_grant.h"
#include "crds/istio/service_entry.h"

namespace fairlead {

class JsonNode;

template <class T>
using Ptr = std::shared_ptr<const T>;

// In the order of Kind; the last is an object of any kind that could not be parsed.
using AnyObject =
    std::variant<Ptr<api::RetryTimeoutPolicy>, Ptr<api::FailoverPolicy>, Ptr<api::Workspace>,
                 Ptr<api::WorkspaceSettings>, Ptr<api::DataPlane>, Ptr<gateway::HTTPRoute>,
                 Ptr<gateway::GRPCRoute>, Ptr<gateway::Gateway>, Ptr<core::Service>, Ptr<core::EndpointSlice>,
                 Ptr<core::Pod>, Ptr<core::Node>, Ptr<core::Namespace>, Ptr<istio::ServiceEntry>,
                 Ptr<gateway::ReferenceGrant>, Ptr<Invalid>>;

ObjectKey KeyOf(const AnyObject& object);
const ObjectMeta& MetaOf(const AnyObject& object);
bool IsInvalid(const AnyObject& object);

struct ParsedObject {
  AnyObject object;
  std::vector<FieldError> warnings;
};

// One object as JSON of the given kind. Never fails: what cannot be read becomes Invalid (with the name, if
// that can be read).
ParsedObject ParseObject(Kind kind, const JsonNode& json);

// One object of a core kind as Kubernetes protobuf: the bytes of the object message itself (without
// envelope). What cannot be read becomes Invalid; an error: not even its name can be read.
Result<AnyObject> ParseCoreProtobuf(Kind kind, std::string_view message);

// apiVersion and kind of a document, to pick the Kind; nullopt: not a kind that we read (not an error).
std::optional<Kind> KindOf(const JsonNode& json);

}  // namespace fairlead
