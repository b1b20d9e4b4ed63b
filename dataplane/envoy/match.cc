#include "dataplane/envoy/match.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>

#include "dataplane/envoy/path.h"

namespace fairlead::envoy {
namespace {

using gateway::NamedMatch;
using gateway::PathMatchType;
using gateway::StringMatchType;

void Assign(const NamedMatch& from, matcher_v3::StringMatcher* to) {
  if (from.type == StringMatchType::kExact) {
    to->set_exact(from.value);
  } else {
    to->mutable_safe_regex()->set_regex(from.value);
  }
}

void EncodePath(const gateway::HttpMatch& match, route_v3::RouteMatch* out) {
  switch (match.path_type) {
    case PathMatchType::kExact:
      out->set_path(match.path);
      return;
    case PathMatchType::kRegex:
      out->mutable_safe_regex()->set_regex(match.path);
      return;
    case PathMatchType::kPrefix: {
      const std::string prefix = WithoutTrailingSlash(match.path);
      if (prefix.empty()) {
        out->set_prefix("/");
      } else {
        out->set_path_separated_prefix(prefix);  // "/foo" takes /foo and /foo/bar, not /foobar
      }
      return;
    }
  }
}

std::string GrpcPart(const reconcilers::GrpcMethodMatch& match, const std::string& part) {
  if (part.empty()) return "[^/]+";
  return match.type == StringMatchType::kRegex ? "(?:" + part + ")" : QuoteRegex(part);
}

void EncodeGrpc(const reconcilers::GrpcMethodMatch& match, route_v3::RouteMatch* out) {
  if (match.service.empty() && match.method.empty()) {
    out->set_prefix("/");
  } else if (match.type == StringMatchType::kExact && !match.service.empty()) {
    const std::string service = "/" + match.service + "/";
    if (match.method.empty()) {
      out->set_prefix(service);
    } else {
      out->set_path(service + match.method);
    }
  } else {
    out->mutable_safe_regex()->set_regex("/" + GrpcPart(match, match.service) + "/" +
                                         GrpcPart(match, match.method));
  }
}

bool IsRegex(const std::string& text) { return RE2(text, RE2::Quiet).ok(); }

bool AreValid(const std::vector<NamedMatch>& matches) {
  return std::all_of(matches.begin(), matches.end(), [](const NamedMatch& m) {
    return m.type != StringMatchType::kRegex || IsRegex(m.value);
  });
}

}  // namespace

route_v3::RouteMatch EncodeMatch(const reconcilers::EffectiveMatch& match) {
  route_v3::RouteMatch out;
  if (match.grpc) {
    EncodeGrpc(*match.grpc, &out);
  } else {
    EncodePath(match.http, &out);
  }
  for (const NamedMatch& header : match.http.headers) {
    auto* to = out.add_headers();
    to->set_name(Lower(header.name));
    Assign(header, to->mutable_string_match());
  }
  for (const NamedMatch& parameter : match.http.query) {
    auto* to = out.add_query_parameters();
    to->set_name(parameter.name);
    Assign(parameter, to->mutable_string_match());
  }
  if (!match.http.method.empty()) RestrictMethods({match.http.method}, &out);
  return out;
}

void RestrictMethods(const std::vector<std::string>& methods, route_v3::RouteMatch* match) {
  auto* header = match->add_headers();
  header->set_name(":method");
  if (methods.size() == 1) {
    header->mutable_string_match()->set_exact(methods.front());
    return;
  }
  std::string regex;
  for (const std::string& method : methods) regex += (regex.empty() ? "" : "|") + QuoteRegex(method);
  header->mutable_string_match()->mutable_safe_regex()->set_regex(regex);
}

std::string MethodOf(const reconcilers::EffectiveMatch& match) {
  return match.grpc ? "POST" : match.http.method;
}

bool HasValidRegexes(const reconcilers::EffectiveMatch& match) {
  if (!AreValid(match.http.headers) || !AreValid(match.http.query)) return false;
  if (!match.grpc) return match.http.path_type != PathMatchType::kRegex || IsRegex(match.http.path);
  return match.grpc->type != StringMatchType::kRegex ||
         (IsRegex(match.grpc->service) && IsRegex(match.grpc->method));
}

}  // namespace fairlead::envoy
