// HTTPRoute (Gateway API v1, standard and experimental channel), as Fairlead reads it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crds/base/meta.h"
#include "crds/gateway/common.h"

namespace fairlead::gateway {

enum class PathMatchType : unsigned char { kPrefix, kExact, kRegex };

struct HttpMatch {
  PathMatchType path_type = PathMatchType::kPrefix;
  std::string path = "/";
  std::vector<NamedMatch> headers;
  std::vector<NamedMatch> query;
  Text method;  // empty: any
  friend bool operator==(const HttpMatch&, const HttpMatch&) = default;
};

struct PathRewrite {
  enum class Type : unsigned char { kFull, kPrefix };
  Type type = Type::kFull;
  std::string value;
  friend bool operator==(const PathRewrite&, const PathRewrite&) = default;
};

struct RequestHeaderFilter {
  HeaderModifier modifier;
  friend bool operator==(const RequestHeaderFilter&, const RequestHeaderFilter&) = default;
};
struct ResponseHeaderFilter {
  HeaderModifier modifier;
  friend bool operator==(const ResponseHeaderFilter&, const ResponseHeaderFilter&) = default;
};
struct MirrorFilter {
  Mirror mirror;
  friend bool operator==(const MirrorFilter&, const MirrorFilter&) = default;
};

struct RedirectFilter {
  std::string scheme;    // empty: unchanged
  std::string hostname;  // empty: unchanged
  std::optional<PathRewrite> path;
  std::optional<uint16_t> port;
  int status_code = 302;
  friend bool operator==(const RedirectFilter&, const RedirectFilter&) = default;
};

struct UrlRewriteFilter {
  std::string hostname;  // empty: unchanged
  std::optional<PathRewrite> path;
  friend bool operator==(const UrlRewriteFilter&, const UrlRewriteFilter&) = default;
};

struct CorsFilter {  // experimental before 1.6
  std::vector<std::string> allow_origins, allow_methods, allow_headers, expose_headers;
  bool allow_credentials = false;
  int max_age_seconds = 5;
  friend bool operator==(const CorsFilter&, const CorsFilter&) = default;
};

// A filter that Fairlead cannot carry out (ExtensionRef, ExternalAuth, one of a later version). A rule with
// one must answer 500.
struct UnsupportedFilter {
  std::string type;
  friend bool operator==(const UnsupportedFilter&, const UnsupportedFilter&) = default;
};

using HttpFilter = std::variant<RequestHeaderFilter, ResponseHeaderFilter, MirrorFilter, RedirectFilter,
                                UrlRewriteFilter, CorsFilter, UnsupportedFilter>;

struct HttpBackendRef {
  BackendObject backend;
  int32_t weight = 1;
  std::vector<HttpFilter> filters;
  friend bool operator==(const HttpBackendRef&, const HttpBackendRef&) = default;
};

struct RouteTimeouts {
  std::optional<Duration> request;
  std::optional<Duration> backend_request;
  friend bool operator==(const RouteTimeouts&, const RouteTimeouts&) = default;
};

struct RouteRetry {  // experimental channel (GEP-1731)
  std::vector<int> codes;
  std::optional<int> attempts;
  std::optional<Duration> backoff;
  friend bool operator==(const RouteRetry&, const RouteRetry&) = default;
};

struct HttpRouteRule {
  Text name;                       // empty: unnamed
  std::vector<HttpMatch> matches;  // never empty: the default match is filled in
  std::vector<HttpFilter> filters;
  std::vector<HttpBackendRef> backends;
  RouteTimeouts timeouts;
  std::optional<RouteRetry> retry;
  bool session_persistence = false;  // asked for: not carried, said in status
  friend bool operator==(const HttpRouteRule&, const HttpRouteRule&) = default;
};

struct HTTPRoute {
  static constexpr Kind kKind = Kind::kHTTPRoute;
  ObjectMeta meta;
  std::vector<ParentRef> parents;
  bool default_gateways = false;       // useDefaultGateways (experimental): also attached to default Gateways
  std::vector<std::string> hostnames;  // ignored for Service parents (GAMMA)
  std::vector<HttpRouteRule> rules;    // never empty: the default rule is filled in
  friend bool operator==(const HTTPRoute&, const HTTPRoute&) = default;
};

// Lenient towards unknown fields, since the API server has validated the object; a field that we use and that
// is malformed makes it Invalid. Defaults of the CRD are filled.
Parsed<HTTPRoute> ParseHTTPRoute(const JsonNode& object);

}  // namespace fairlead::gateway
