#include "dataplane/envoy/redirect.h"

#include <string_view>

#include "dataplane/envoy/path.h"

namespace fairlead::envoy {
namespace {

constexpr std::string_view kScheme = "http";  // of the requests that come in

uint16_t WellKnownPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

route_v3::RedirectAction::RedirectResponseCode CodeOf(int status) {
  switch (status) {
    case 301:
      return route_v3::RedirectAction::MOVED_PERMANENTLY;
    case 303:
      return route_v3::RedirectAction::SEE_OTHER;
    case 307:
      return route_v3::RedirectAction::TEMPORARY_REDIRECT;
    case 308:
      return route_v3::RedirectAction::PERMANENT_REDIRECT;
    default:
      return route_v3::RedirectAction::FOUND;
  }
}

void EncodePath(const gateway::RedirectFilter& redirect, const gateway::HttpMatch& match,
                route_v3::RedirectAction* out) {
  if (!redirect.path) return;
  if (redirect.path->type == gateway::PathRewrite::Type::kFull) {
    out->set_path_redirect(redirect.path->value.empty() ? "/" : redirect.path->value);
    return;
  }
  const PathChange change = ChangeOf(*redirect.path, match);
  if (change.kind == PathChange::Kind::kPrefix) {
    out->set_prefix_rewrite(change.value);
  } else {
    out->mutable_regex_rewrite()->mutable_pattern()->set_regex(change.pattern);
    out->mutable_regex_rewrite()->set_substitution(change.value);
  }
}

// The port: as told, else the well-known one of a new scheme, else the service's. Location leaves a
// well-known port out where Envoy can: it appends a port that is set, and keeps the request's host with its
// port where none is.
uint32_t PortOf(const gateway::RedirectFilter& redirect, uint16_t service_port) {
  const std::string_view scheme = redirect.scheme.empty() ? kScheme : std::string_view(redirect.scheme);
  const uint16_t port = redirect.port             ? *redirect.port
                        : redirect.scheme.empty() ? service_port
                                                  : WellKnownPort(scheme);
  if (!redirect.hostname.empty()) return port == WellKnownPort(scheme) ? 0 : port;
  // Without a new host: a port that the request's host has already stays as it is (Envoy drops ":80" for
  // https).
  const bool host_names_it = port == service_port && scheme == kScheme;
  const bool dropped = service_port == WellKnownPort(kScheme) && port == WellKnownPort(scheme);
  return host_names_it || dropped ? 0 : port;
}

}  // namespace

route_v3::RedirectAction EncodeRedirect(const gateway::RedirectFilter& redirect,
                                        const gateway::HttpMatch& match, uint16_t port) {
  route_v3::RedirectAction out;
  if (!redirect.scheme.empty()) out.set_scheme_redirect(redirect.scheme);
  if (!redirect.hostname.empty()) out.set_host_redirect(redirect.hostname);
  if (const uint32_t to = PortOf(redirect, port); to != 0) out.set_port_redirect(to);
  EncodePath(redirect, match, &out);
  out.set_response_code(CodeOf(redirect.status_code));
  return out;
}

}  // namespace fairlead::envoy
