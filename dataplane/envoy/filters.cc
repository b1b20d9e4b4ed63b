#include "dataplane/envoy/filters.h"

#include <envoy/extensions/filters/http/cors/v3/cors.pb.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <type_traits>
#include <variant>

#include "dataplane/envoy/path.h"

namespace fairlead::envoy {
namespace {

using core_v3::HeaderValueOption;
using gateway::Header;
using gateway::HeaderModifier;

void Append(const HeaderModifier& from, HeaderModifier* to) {
  to->set.insert(to->set.end(), from.set.begin(), from.set.end());
  to->add.insert(to->add.end(), from.add.begin(), from.add.end());
  to->remove.insert(to->remove.end(), from.remove.begin(), from.remove.end());
}

// `by` comes after `out`. Envoy removes first, then sets, then adds, whatever the order; so what `by` sets or
// removes is taken out of what came before.
void Override(const HeaderModifier& by, HeaderModifier* out) {
  std::set<std::string> decided;
  for (const Header& h : by.set) decided.insert(Lower(h.name));
  for (const std::string& name : by.remove) decided.insert(Lower(name));
  const auto is_decided = [&](const Header& h) { return decided.contains(Lower(h.name)); };
  std::erase_if(out->set, is_decided);
  std::erase_if(out->add, is_decided);
  Append(by, out);
}

// Envoy refuses Host among header mutations; it has a field of its own.
void TakeRequestHeaders(const HeaderModifier& modifier, FilterSet* out) {
  HeaderModifier rest = modifier;
  std::erase_if(rest.set, [&](const Header& h) {
    if (Lower(h.name) != "host") return false;
    out->host = h.value;
    return true;
  });
  const size_t touched = std::erase_if(rest.add, [](const Header& h) { return Lower(h.name) == "host"; }) +
                         std::erase_if(rest.remove, [](const std::string& n) { return Lower(n) == "host"; });
  if (touched > 0) out->unsupported = true;
  Append(rest, &out->request);
}

// In Envoy's header values a percent sign starts a substitution.
std::string Literal(const std::string& value) {
  std::string out;
  for (char c : value) {
    if (c == '%') out += '%';
    out += c;
  }
  return out;
}

void Encode(const Header& header, HeaderValueOption::HeaderAppendAction action, HeaderValueOption* out) {
  out->mutable_header()->set_key(Lower(header.name));
  out->mutable_header()->set_value(Literal(header.value));
  out->set_append_action(action);
  out->set_keep_empty_value(true);
}

template <class Target>
void Encode(const FilterSet& filters, Target* out) {
  for (const Header& h : filters.request.set) {
    Encode(h, HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD, out->add_request_headers_to_add());
  }
  for (const Header& h : filters.request.add) {
    Encode(h, HeaderValueOption::APPEND_IF_EXISTS_OR_ADD, out->add_request_headers_to_add());
  }
  for (const std::string& name : filters.request.remove) out->add_request_headers_to_remove(Lower(name));
  for (const Header& h : filters.response.set) {
    Encode(h, HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD, out->add_response_headers_to_add());
  }
  for (const Header& h : filters.response.add) {
    Encode(h, HeaderValueOption::APPEND_IF_EXISTS_OR_ADD, out->add_response_headers_to_add());
  }
  for (const std::string& name : filters.response.remove) out->add_response_headers_to_remove(Lower(name));
}

std::string Join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

// "*", "https://*.example.com", "https://shop.example.com".
void EncodeOrigin(const std::string& origin, matcher_v3::StringMatcher* out) {
  if (origin.find('*') == std::string::npos) {
    out->set_exact(origin);
    return;
  }
  std::string regex;
  for (char c : origin) regex += c == '*' ? std::string(".*") : QuoteRegex(std::string_view(&c, 1));
  out->mutable_safe_regex()->set_regex(regex);
}

}  // namespace

FilterSet SortFilters(const std::vector<gateway::HttpFilter>& filters) {
  FilterSet out;
  for (const gateway::HttpFilter& filter : filters) {
    std::visit(
        [&out](const auto& f) {
          using F = std::decay_t<decltype(f)>;
          if constexpr (std::is_same_v<F, gateway::RequestHeaderFilter>) {
            TakeRequestHeaders(f.modifier, &out);
          } else if constexpr (std::is_same_v<F, gateway::ResponseHeaderFilter>) {
            Append(f.modifier, &out.response);
          } else if constexpr (std::is_same_v<F, gateway::RedirectFilter>) {
            out.redirect = f;
          } else if constexpr (std::is_same_v<F, gateway::UrlRewriteFilter>) {
            if (!f.hostname.empty()) out.host = f.hostname;
            if (f.path) out.path = f.path;
          } else if constexpr (std::is_same_v<F, gateway::CorsFilter>) {
            out.cors = f;
          } else {
            // Mirrors of a rule stand apart in the model; one of a backend has no counterpart in Envoy.
            static_assert(std::is_same_v<F, gateway::MirrorFilter> ||
                          std::is_same_v<F, gateway::UnsupportedFilter>);
            out.unsupported = true;
          }
        },
        filter);
  }
  return out;
}

FilterSet Combine(const FilterSet& outer, const FilterSet& inner) {
  FilterSet out = outer;
  Override(inner.request, &out.request);
  Override(inner.response, &out.response);
  if (inner.redirect) out.redirect = inner.redirect;
  if (!inner.host.empty()) out.host = inner.host;
  if (inner.path) out.path = inner.path;
  if (inner.cors) out.cors = inner.cors;
  out.unsupported |= inner.unsupported;
  return out;
}

void EncodeHeaders(const FilterSet& filters, route_v3::Route* out) { Encode(filters, out); }
void EncodeHeaders(const FilterSet& filters, route_v3::WeightedCluster::ClusterWeight* out) {
  Encode(filters, out);
}

google::protobuf::Any EncodeCors(const gateway::CorsFilter& cors) {
  ::envoy::extensions::filters::http::cors::v3::CorsPolicy policy;
  for (const std::string& origin : cors.allow_origins)
    EncodeOrigin(origin, policy.add_allow_origin_string_match());
  policy.set_allow_methods(Join(cors.allow_methods));
  policy.set_allow_headers(Join(cors.allow_headers));
  policy.set_expose_headers(Join(cors.expose_headers));
  policy.set_max_age(std::to_string(cors.max_age_seconds));
  policy.mutable_allow_credentials()->set_value(cors.allow_credentials);
  // The proxy answers every preflight; one that is not allowed gets no headers that would allow it.
  policy.mutable_forward_not_matching_preflights()->set_value(false);
  return Pack(policy);
}

}  // namespace fairlead::envoy
