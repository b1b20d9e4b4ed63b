#include "crds/gateway/parse_common.h"

#include <limits>
#include <utility>

namespace fairlead::gateway {
namespace {

constexpr int32_t kMaxWeight = 1'000'000;

void ReadBackendObject(const Reader& ref, RouteReading* route, BackendObject* out) {
  ref.String("group", &route->names, &out->group);
  ref.String("kind", &route->names, &out->kind);
  ref.RequiredString("name", &route->names, &out->name);
  out->ns = route->ns;
  ref.String("namespace", &route->names, &out->ns);
  ref.Port("port", &out->port);
}

void ReadHeaders(const Reader& modifier, std::string_view member, std::vector<Header>* out) {
  modifier.List(member, out, [](const Reader& header, Header* to) {
    header.RequiredString("name", &to->name);
    header.String("value", &to->value);
  });
}

HeaderModifier ReadModifier(const Reader& modifier) {
  HeaderModifier out;
  ReadHeaders(modifier, "set", &out.set);
  ReadHeaders(modifier, "add", &out.add);
  modifier.Strings("remove", &out.remove);
  return out;
}

Mirror ReadMirror(const Reader& mirror, RouteReading* route) {
  Mirror out;
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  if (!mirror.Object("backendRef", [&](const Reader& ref) { ReadBackendObject(ref, route, &out.backend); }) &&
      !mirror.Has("backendRef")) {
    mirror.Add("backendRef", "is required");
  }
  mirror.Int("percent", 0, 100, &out.numerator);
  const bool fraction = mirror.Object("fraction", [&](const Reader& f) {
    if (!f.Has("numerator")) f.Add("numerator", "is required");
    f.Int("numerator", 0, kMax, &out.numerator);
    f.Int("denominator", 1, kMax, &out.denominator);
    if (out.numerator > out.denominator) f.Add("numerator", "must not be greater than denominator");
  });
  if (fraction && mirror.Has("percent")) mirror.Add("percent and fraction exclude each other");
  return out;
}

void ReadPathRewrite(const Reader& owner, std::optional<PathRewrite>* out) {
  owner.Object("path", [out](const Reader& path) {
    PathRewrite rewrite;
    if (!path.Has("type")) path.Add("type", "is required");
    const bool known = path.Enum<PathRewrite::Type>(
        "type",
        {{"ReplaceFullPath", PathRewrite::Type::kFull}, {"ReplacePrefixMatch", PathRewrite::Type::kPrefix}},
        &rewrite.type);
    if (!known) return;
    const bool full = rewrite.type == PathRewrite::Type::kFull;
    const std::string_view field = full ? "replaceFullPath" : "replacePrefixMatch";
    if (!path.Has(field)) path.Add(field, "is required with this type");
    path.String(field, &rewrite.value);
    *out = std::move(rewrite);
  });
}

RedirectFilter ReadRedirect(const Reader& redirect) {
  RedirectFilter out;
  redirect.String("scheme", &out.scheme);
  redirect.String("hostname", &out.hostname);
  ReadPathRewrite(redirect, &out.path);
  redirect.Port("port", &out.port);
  redirect.Int("statusCode", 300, 399, &out.status_code);
  return out;
}

CorsFilter ReadCors(const Reader& cors) {
  CorsFilter out;
  cors.Strings("allowOrigins", &out.allow_origins);
  cors.Strings("allowMethods", &out.allow_methods);
  cors.Strings("allowHeaders", &out.allow_headers);
  cors.Strings("exposeHeaders", &out.expose_headers);
  cors.Bool("allowCredentials", &out.allow_credentials);
  cors.Int("maxAge", 1, std::numeric_limits<int32_t>::max(), &out.max_age_seconds);
  return out;
}

// The member in which the filter's configuration is; it must be there.
template <class F>
void Configuration(const Reader& filter, std::string_view member, F&& read) {
  if (!filter.Has(member)) filter.Add(member, "is required with this type");
  filter.Object(member, std::forward<F>(read));
}

void ReadFilter(const Reader& filter, RouteReading* route, HttpFilter* out) {
  std::string type;
  if (!filter.RequiredString("type", &type)) return;
  if (type == "RequestHeaderModifier") {
    Configuration(filter, "requestHeaderModifier",
                  [out](const Reader& c) { *out = RequestHeaderFilter{ReadModifier(c)}; });
  } else if (type == "ResponseHeaderModifier") {
    Configuration(filter, "responseHeaderModifier",
                  [out](const Reader& c) { *out = ResponseHeaderFilter{ReadModifier(c)}; });
  } else if (type == "RequestMirror") {
    Configuration(filter, "requestMirror",
                  [=](const Reader& c) { *out = MirrorFilter{ReadMirror(c, route)}; });
  } else if (type == "RequestRedirect") {
    Configuration(filter, "requestRedirect", [out](const Reader& c) { *out = ReadRedirect(c); });
  } else if (type == "URLRewrite") {
    Configuration(filter, "urlRewrite", [out](const Reader& c) {
      UrlRewriteFilter rewrite;
      c.String("hostname", &rewrite.hostname);
      ReadPathRewrite(c, &rewrite.path);
      *out = std::move(rewrite);
    });
  } else if (type == "CORS") {
    Configuration(filter, "cors", [out](const Reader& c) { *out = ReadCors(c); });
  } else {
    *out = UnsupportedFilter{std::move(type)};
  }
}

}  // namespace

void ReadParents(const Reader& spec, RouteReading* route, std::vector<ParentRef>* out) {
  spec.List("parentRefs", out, [route](const Reader& ref, ParentRef* to) {
    ref.String("group", &route->names, &to->group);
    ref.String("kind", &route->names, &to->kind);
    ref.RequiredString("name", &route->names, &to->name);
    to->ns = route->ns;
    ref.String("namespace", &route->names, &to->ns);
    ref.String("sectionName", &route->names, &to->section_name);
    ref.Port("port", &to->port);
  });
}

void ReadFilters(const Reader& owner, RouteReading* route, std::vector<HttpFilter>* out) {
  owner.List("filters", out,
             [route](const Reader& filter, HttpFilter* to) { ReadFilter(filter, route, to); });
}

void ReadBackends(const Reader& rule, RouteReading* route, std::vector<HttpBackendRef>* out) {
  rule.List("backendRefs", out, [route](const Reader& ref, HttpBackendRef* to) {
    ReadBackendObject(ref, route, &to->backend);
    ref.Int("weight", 0, kMaxWeight, &to->weight);
    ReadFilters(ref, route, &to->filters);
  });
}

void ReadNamedMatches(const Reader& match, std::string_view member, std::vector<NamedMatch>* out) {
  match.List(member, out, [](const Reader& named, NamedMatch* to) {
    named.Enum<StringMatchType>(
        "type", {{"Exact", StringMatchType::kExact}, {"RegularExpression", StringMatchType::kRegex}},
        &to->type);
    named.RequiredString("name", &to->name);
    named.String("value", &to->value);
  });
}

bool UsesDefaultGateways(const Reader& spec) {
  std::string scope = "None";
  spec.String("useDefaultGateways", &scope);
  return scope != "None";
}

}  // namespace fairlead::gateway
