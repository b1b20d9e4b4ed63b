#include "crds/base/key.h"

#include <array>

namespace fairlead {
namespace {

constexpr std::string_view kFairlead = "fairlead.dev";
constexpr std::string_view kGatewayApi = "gateway.networking.k8s.io";

constexpr std::array<KindInfo, kKindCount> kKinds = {{
    {Kind::kRetryTimeoutPolicy, kFairlead, "v1alpha1", "RetryTimeoutPolicy", "retrytimeoutpolicies", true,
     false},
    {Kind::kFailoverPolicy, kFairlead, "v1alpha1", "FailoverPolicy", "failoverpolicies", true, false},
    {Kind::kWorkspace, kFairlead, "v1alpha1", "Workspace", "workspaces", false, false},
    {Kind::kWorkspaceSettings, kFairlead, "v1alpha1", "WorkspaceSettings", "workspacesettings", true, false},
    {Kind::kDataPlane, kFairlead, "v1alpha1", "DataPlane", "dataplanes", false, false},
    {Kind::kHTTPRoute, kGatewayApi, "v1", "HTTPRoute", "httproutes", true, false},
    {Kind::kGRPCRoute, kGatewayApi, "v1", "GRPCRoute", "grpcroutes", true, false},
    {Kind::kGateway, kGatewayApi, "v1", "Gateway", "gateways", true, false},
    {Kind::kService, "", "v1", "Service", "services", true, true},
    {Kind::kEndpointSlice, "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true, true},
    {Kind::kPod, "", "v1", "Pod", "pods", true, true},
    {Kind::kNode, "", "v1", "Node", "nodes", false, true},
    {Kind::kNamespace, "", "v1", "Namespace", "namespaces", false, true},
    {Kind::kServiceEntry, "networking.istio.io", "v1", "ServiceEntry", "serviceentries", true, false},
    // v1beta1: what every bundle of Gateway API serves.
    {Kind::kReferenceGrant, kGatewayApi, "v1beta1", "ReferenceGrant", "referencegrants", true, false},
}};

}  // namespace

const KindInfo& InfoOf(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }
std::string_view ToString(Kind kind) { return InfoOf(kind).name; }

const KindInfo* FindKind(std::string_view group, std::string_view name) {
  for (const KindInfo& info : kKinds) {
    if (info.group == group && info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace fairlead
