#include "tests/support/apiserver/formats.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <map>

#include "crds/base/meta.h"

namespace fairlead::apiserver {
namespace {

bool IsAddress(const std::string& text, int family) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(family, text.c_str(), buffer) == 1;
}

bool IsCidr(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos || slash + 1 == text.size()) return false;
  const std::string bits = text.substr(slash + 1);
  if (bits.size() > 3 || bits.find_first_not_of("0123456789") != std::string::npos) return false;
  const std::string address = text.substr(0, slash);
  if (IsAddress(address, AF_INET)) return std::stoi(bits) <= 32;
  return IsAddress(address, AF_INET6) && std::stoi(bits) <= 128;
}

bool IsDateTime(const std::string& text) {
  Timestamp ignored;
  return Timestamp::Parse(text, &ignored);
}

const std::map<std::string_view, const re2::RE2*>& Patterns() {
  // Never destroyed, so that no order of destruction matters.
  static const auto* const patterns = new std::map<std::string_view, const re2::RE2*>{
      {"uuid", new re2::RE2("(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")},
      {"date", new re2::RE2(R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))")},
      {"email", new re2::RE2(R"([^@\s]+@[^@\s]+)")},
      {"hostname", new re2::RE2(R"((?i)[a-z0-9_]([-a-z0-9_]{0,62})(\.[a-z0-9_]([-a-z0-9_]{0,62}))*\.?)")},
      {"uri", new re2::RE2(R"((?i)[a-z][-+.a-z0-9]*:[^\s]*|/[^\s]*)")},
      {"mac", new re2::RE2(R"((?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2})")},
      {"byte", new re2::RE2(R"(([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)")},
      {"duration", new re2::RE2(R"([-+]?(\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h|d|w).*|0)")},
  };
  return *patterns;
}

}  // namespace

bool MatchesFormat(std::string_view format, const std::string& text) {
  if (format == "ipv4") return IsAddress(text, AF_INET);
  if (format == "ipv6") return IsAddress(text, AF_INET6);
  if (format == "cidr") return IsCidr(text);
  if (format == "date-time" || format == "datetime") return IsDateTime(text);
  const auto at = Patterns().find(format);
  return at == Patterns().end() || re2::RE2::FullMatch(text, *at->second);
}

}  // namespace fairlead::apiserver
