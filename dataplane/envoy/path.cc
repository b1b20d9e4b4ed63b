#include "dataplane/envoy/path.h"

namespace fairlead::envoy {
namespace {

// In a RE2 substitution a backslash starts a reference.
std::string QuoteSubstitution(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string QuoteRegex(std::string_view text) {
  constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
  std::string out;
  for (char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string WithoutTrailingSlash(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return std::string(path);
}

PathChange ChangeOf(const gateway::PathRewrite& rewrite, const gateway::HttpMatch& match) {
  if (rewrite.type == gateway::PathRewrite::Type::kFull) {
    const std::string value = rewrite.value.empty() ? "/" : rewrite.value;
    return {PathChange::Kind::kRegex, "^.*$", QuoteSubstitution(value)};
  }
  const std::string to = WithoutTrailingSlash(rewrite.value);
  if (match.path_type != gateway::PathMatchType::kPrefix) {
    // The whole path was matched, so the whole path is replaced.
    return {PathChange::Kind::kPrefix, "", to.empty() ? "/" : to};
  }
  const std::string from = WithoutTrailingSlash(match.path);
  if (from.empty()) return {PathChange::Kind::kPrefix, "", to + "/"};  // "/x" -> to + "/x"
  // "/from/x" -> "/x", and "/from" -> "/": with prefix_rewrite these would be "//x" and "/".
  if (to.empty()) return {PathChange::Kind::kRegex, "^" + QuoteRegex(from) + "/*", "/"};
  return {PathChange::Kind::kPrefix, "", to};
}

}  // namespace fairlead::envoy
