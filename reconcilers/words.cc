#include "reconcilers/words.h"

#include <variant>

namespace fairlead::reconcilers {
namespace {

std::string Condition(const char* what, const gateway::NamedMatch& match) {
  const char* sign = match.type == gateway::StringMatchType::kExact ? "=" : "~";
  return std::string(" ") + what + " " + match.name + sign + match.value;
}

std::string PathInWords(const gateway::HttpMatch& match) {
  switch (match.path_type) {
    case gateway::PathMatchType::kExact:
      return "=" + match.path;
    case gateway::PathMatchType::kRegex:
      return "~" + match.path;
    case gateway::PathMatchType::kPrefix:
      break;
  }
  return match.path + (match.path.ends_with('/') ? "*" : "/*");
}

std::string PathInWords(const std::optional<gateway::PathRewrite>& path) {
  if (!path) return "";
  const bool full = path->type == gateway::PathRewrite::Type::kFull;
  return std::string(full ? " path " : " prefix ") + path->value;
}

std::string ModifierInWords(const gateway::HeaderModifier& modifier) {
  std::string out;
  for (const auto& header : modifier.set) out += " set " + header.name + "=" + header.value;
  for (const auto& header : modifier.add) out += " add " + header.name + "=" + header.value;
  for (const auto& name : modifier.remove) out += " remove " + name;
  return out;
}

struct FilterInWords {
  std::string operator()(const gateway::RequestHeaderFilter& f) const {
    return "request headers:" + ModifierInWords(f.modifier);
  }
  std::string operator()(const gateway::ResponseHeaderFilter& f) const {
    return "response headers:" + ModifierInWords(f.modifier);
  }
  std::string operator()(const gateway::MirrorFilter&) const { return "mirror"; }
  std::string operator()(const gateway::RedirectFilter& f) const {
    std::string out = "redirect " + std::to_string(f.status_code);
    if (!f.scheme.empty()) out += " scheme " + f.scheme;
    if (!f.hostname.empty()) out += " host " + f.hostname;
    if (f.port) out += " port " + std::to_string(*f.port);
    return out + PathInWords(f.path);
  }
  std::string operator()(const gateway::UrlRewriteFilter& f) const {
    return "rewrite" + (f.hostname.empty() ? "" : " host " + f.hostname) + PathInWords(f.path);
  }
  std::string operator()(const gateway::CorsFilter&) const { return "cors"; }
  std::string operator()(const gateway::UnsupportedFilter& f) const { return "unsupported " + f.type; }
};

}  // namespace

std::string InWords(const EffectiveMatch& match) {
  std::string out;
  if (match.grpc) {
    const bool exact = match.grpc->type == gateway::StringMatchType::kExact;
    const std::string any = exact ? "*" : ".*";
    out = std::string("gRPC ") + (exact ? "" : "~") +
          (match.grpc->service.empty() ? any : match.grpc->service) + "/" +
          (match.grpc->method.empty() ? any : match.grpc->method);
  } else {
    out = (match.http.method.empty() ? "" : match.http.method + " ") + PathInWords(match.http);
  }
  for (const auto& header : match.http.headers) out += Condition("header", header);
  for (const auto& query : match.http.query) out += Condition("query", query);
  return out;
}

std::string InWords(const Destination& destination) {
  return destination.service.ToString() + ":" + std::to_string(destination.port);
}

std::string InWords(const Backend& backend) {
  const std::string what =
      backend.destination ? InWords(*backend.destination) : "500 (" + backend.problem + ")";
  return what + " weight " + std::to_string(backend.weight);
}

std::string InWords(const gateway::HttpFilter& filter) { return std::visit(FilterInWords{}, filter); }

std::string InWords(const LabelSelector& selector) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  for (const auto& [key, value] : selector.match_labels) add(std::string(key).append("=").append(value));
  for (const SelectorRequirement& r : selector.match_expressions) {
    std::string values;
    for (const std::string& value : r.values) values += (values.empty() ? "(" : ", ") + value;
    switch (r.op) {
      case SelectorOperator::kIn:
        add(r.key + " in " + values + ")");
        break;
      case SelectorOperator::kNotIn:
        add(r.key + " notin " + values + ")");
        break;
      case SelectorOperator::kExists:
        add(r.key);
        break;
      case SelectorOperator::kDoesNotExist:
        add("!" + r.key);
        break;
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers
