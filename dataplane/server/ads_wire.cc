#include "dataplane/server/ads_wire.h"

#include <algorithm>
#include <climits>

#include "envoy/service/discovery/v3/discovery.pb.h"

namespace fairlead::xds {
namespace {

namespace core = envoy::config::core::v3;
constexpr size_t kMaxName = 253;  // of a Kubernetes object
constexpr size_t kMaxId = 1024;
constexpr size_t kMaxPlaceName = 253;
constexpr char kWaypointKey[] = "fairlead.dev/waypoint";

Error Refuse(std::string message) { return {ErrorClass::kInvalid, std::move(message)}; }

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::optional<Audience> ParseAudience(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || !IsPrintable(text)) return std::nullopt;
  Audience audience{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  if (audience.ns.empty() || audience.name.empty() || audience.name.find('/') != std::string::npos ||
      audience.ns.size() > kMaxName || audience.name.size() > kMaxName) {
    return std::nullopt;
  }
  return audience;
}

std::string BuildOf(const core::Node& node) {
  if (node.has_user_agent_build_version()) {
    const auto& v = node.user_agent_build_version().version();
    return node.user_agent_name() + " " + std::to_string(v.major_number()) + "." +
           std::to_string(v.minor_number()) + "." + std::to_string(v.patch());
  }
  return node.user_agent_name() + (node.user_agent_version().empty() ? "" : " " + node.user_agent_version());
}

Result<ProxyInfo> ParseNode(const core::Node& node) {
  if (node.id().empty()) {
    return Unexpected(
        Refuse("node.id is empty: set it to the name of the proxy's pod (envoy --service-node)"));
  }
  if (node.id().size() > kMaxId || !IsPrintable(node.id())) {
    return Unexpected(Refuse("node.id must be printable, without spaces, of at most 1024 characters"));
  }
  std::optional<Audience> audience = ParseAudience(node.cluster());
  if (!audience) {
    const auto it = node.metadata().fields().find(kWaypointKey);
    if (it != node.metadata().fields().end()) audience = ParseAudience(it->second.string_value());
  }
  if (!audience) {
    return Unexpected(
        Refuse("whose proxy is it? Set node.cluster to \"<namespace>/<gateway>\" of the waypoint (envoy "
               "--service-cluster), or the string " +
               std::string(kWaypointKey) + " in node.metadata"));
  }
  const auto& at = node.locality();
  for (const std::string* name : {&at.region(), &at.zone(), &at.sub_zone()}) {
    if (name->size() > kMaxPlaceName || !IsPrintable(*name))
      return Unexpected(
          Refuse("what node.locality names must be printable, without spaces, of at most 253 characters"));
  }
  return ProxyInfo{node.id(),
                   *std::move(audience),
                   BuildOf(node).substr(0, 128),
                   {.region = at.region(), .zone = at.zone(), .subzone = at.sub_zone()}};
}

void AppendVarint(std::string* out, size_t v) {
  for (; v >= 0x80; v >>= 7) out->push_back(static_cast<char>((v & 0x7f) | 0x80));
  out->push_back(static_cast<char>(v));
}

void AppendField(std::string* out, int number, std::string_view value) {
  out->push_back(static_cast<char>(number << 3 | 2));
  AppendVarint(out, value.size());
  out->append(value);
}

}  // namespace

Result<AdsRequest> ParseAdsRequest(std::string_view bytes) {
  envoy::service::discovery::v3::DeltaDiscoveryRequest message;
  if (bytes.size() > INT_MAX || !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Unexpected(Refuse("the message is not a DeltaDiscoveryRequest"));
  }
  AdsRequest out;
  out.has_node = message.has_node();
  if (out.has_node) {
    out.proxy = ParseNode(message.node());
  } else {
    out.proxy = Unexpected(Refuse("the first request of a stream must have a node"));
  }
  Request& request = out.request;
  request.type_url = std::move(*message.mutable_type_url());
  for (std::string& name : *message.mutable_resource_names_subscribe())
    request.subscribe.push_back(std::move(name));
  for (std::string& name : *message.mutable_resource_names_unsubscribe()) {
    request.unsubscribe.push_back(std::move(name));
  }
  for (auto& [name, version] : *message.mutable_initial_resource_versions()) {
    request.initial_versions.emplace(name, std::move(version));
  }
  request.response_nonce = std::move(*message.mutable_response_nonce());
  if (message.has_error_detail())
    request.error_detail = std::move(*message.mutable_error_detail()->mutable_message());
  return out;
}

// type_url = 4, nonce = 5, removed_resources = 6.
std::string EncodeResponseHead(const Response& response) {
  std::string out;
  AppendField(&out, 4, TypeUrl(response.type));
  AppendField(&out, 5, response.nonce);
  for (const std::string& name : response.removed) AppendField(&out, 6, name);
  return out;
}

}  // namespace fairlead::xds
