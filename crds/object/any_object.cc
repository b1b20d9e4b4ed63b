#include "crds/object/any_object.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "crds/base/json.h"

namespace fairlead {
namespace {

template <class T>
ParsedObject Box(Parsed<T> parsed) {
  ParsedObject out;
  out.warnings = std::move(parsed.warnings);
  if (parsed.ok()) {
    out.object = std::make_shared<const T>(std::move(parsed).value());
  } else {
    out.object = std::make_shared<const Invalid>(std::move(std::get<Invalid>(parsed.result)));
  }
  return out;
}

template <class T, Parsed<T> (*kParse)(const JsonNode&)>
ParsedObject ParseAs(const JsonNode& json) {
  return Box<T>(kParse(json));
}

// In the order of Kind.
using Parser = ParsedObject (*)(const JsonNode&);
constexpr std::array<Parser, kKindCount> kParsers = {
    ParseAs<api::RetryTimeoutPolicy, api::ParseRetryTimeoutPolicy>,
    ParseAs<api::FailoverPolicy, api::ParseFailoverPolicy>,
    ParseAs<api::Workspace, api::ParseWorkspace>,
    ParseAs<api::WorkspaceSettings, api::ParseWorkspaceSettings>,
    ParseAs<api::DataPlane, api::ParseDataPlane>,
    ParseAs<gateway::HTTPRoute, gateway::ParseHTTPRoute>,
    ParseAs<gateway::GRPCRoute, gateway::ParseGRPCRoute>,
    ParseAs<gateway::Gateway, gateway::ParseGateway>,
    ParseAs<core::Service, core::ParseService>,
    ParseAs<core::EndpointSlice, core::ParseEndpointSlice>,
    ParseAs<core::Pod, core::ParsePod>,
    ParseAs<core::Node, core::ParseNode>,
    ParseAs<core::Namespace, core::ParseNamespace>,
    ParseAs<istio::ServiceEntry, istio::ParseServiceEntry>,
    ParseAs<gateway::ReferenceGrant, gateway::ParseReferenceGrant>,
};

// Versions beside KindInfo::version that are served, or were, with the same fields.
struct OtherVersion {
  Kind kind;
  std::string_view version;
};
constexpr OtherVersion kOtherVersions[] = {
    {Kind::kHTTPRoute, "v1beta1"},     {Kind::kHTTPRoute, "v1alpha2"}, {Kind::kGRPCRoute, "v1alpha2"},
    {Kind::kGateway, "v1beta1"},       {Kind::kGateway, "v1alpha2"},   {Kind::kServiceEntry, "v1beta1"},
    {Kind::kServiceEntry, "v1alpha3"}, {Kind::kReferenceGrant, "v1"},
};

bool Reads(const KindInfo& info, std::string_view version) {
  return version == info.version ||
         std::any_of(std::begin(kOtherVersions), std::end(kOtherVersions), [&](const OtherVersion& other) {
           return other.kind == info.kind && other.version == version;
         });
}

}  // namespace

const ObjectMeta& MetaOf(const AnyObject& object) {
  return std::visit([](const auto& value) -> const ObjectMeta& { return value->meta; }, object);
}

ObjectKey KeyOf(const AnyObject& object) {
  return std::visit(
      [](const auto& value) {
        using T = typename std::decay_t<decltype(value)>::element_type;
        if constexpr (std::is_same_v<T, const Invalid>) {
          return value->key;
        } else {
          return ObjectKey{T::kKind, value->meta.ns, value->meta.name};
        }
      },
      object);
}

bool IsInvalid(const AnyObject& object) { return std::holds_alternative<Ptr<Invalid>>(object); }

ParsedObject ParseObject(Kind kind, const JsonNode& json) {
  return kParsers[static_cast<size_t>(kind)](json);
}

std::optional<Kind> KindOf(const JsonNode& json) {
  const std::string_view api_version = json.StringAt("apiVersion");
  const size_t slash = api_version.find('/');
  const bool core = slash == std::string_view::npos;
  const std::string_view group = core ? std::string_view() : api_version.substr(0, slash);
  const std::string_view version = core ? api_version : api_version.substr(slash + 1);
  const KindInfo* info = FindKind(group, json.StringAt("kind"));
  if (info == nullptr || !Reads(*info, version)) return std::nullopt;
  return info->kind;
}

}  // namespace fairlead
