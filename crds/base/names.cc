#include "crds/base/names.h"

#include <algorithm>

namespace fairlead {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLowerAlnum(char c) { return IsLower(c) || IsDigit(c); }
bool IsAlnum(char c) { return IsLowerAlnum(c) || IsUpper(c); }

bool IsDnsLabel(std::string_view s) {
  return !s.empty() && s.size() <= 63 && IsLowerAlnum(s.front()) && IsLowerAlnum(s.back()) &&
         std::all_of(s.begin(), s.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

bool IsDnsSubdomain(std::string_view s) {
  if (s.empty() || s.size() > 253) return false;
  for (size_t at = 0; at <= s.size();) {
    const size_t end = std::min(s.find('.', at), s.size());
    const std::string_view part = s.substr(at, end - at);
    // Kubernetes bounds the whole only, so a part may be longer than 63.
    if (part.empty() || !IsLowerAlnum(part.front()) || !IsLowerAlnum(part.back()) ||
        !std::all_of(part.begin(), part.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; })) {
      return false;
    }
    at = end + 1;
  }
  return true;
}

bool IsLabelWord(std::string_view s) {
  return !s.empty() && s.size() <= 63 && IsAlnum(s.front()) && IsAlnum(s.back()) &&
         std::all_of(s.begin(), s.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace

std::string CheckDnsLabel(std::string_view text) {
  if (IsDnsLabel(text)) return "";
  return "must be 1 to 63 lower case letters, digits and '-', with a letter or digit at both ends";
}

std::string CheckDnsSubdomain(std::string_view text) {
  if (IsDnsSubdomain(text)) return "";
  return "must be 1 to 253 lower case letters, digits, '-' and '.', with a letter or digit at both ends of "
         "each "
         "part";
}

std::string CheckLabelKey(std::string_view text) {
  const size_t slash = text.find('/');
  const bool prefixed = slash != text.npos;
  if ((!prefixed || IsDnsSubdomain(text.substr(0, slash))) &&
      IsLabelWord(prefixed ? text.substr(slash + 1) : text)) {
    return "";
  }
  return "must be a label key: an optional DNS name and '/', then at most 63 letters, digits, '-', '_' and "
         "'.', "
         "with a letter or digit at both ends";
}

std::string CheckLabelValue(std::string_view text) {
  if (text.empty() || IsLabelWord(text)) return "";
  return "must be a label value: at most 63 letters, digits, '-', '_' and '.', with a letter or digit at "
         "both "
         "ends";
}

std::string CheckNameGlob(std::string_view text) {
  const auto end = [](char c) { return IsLowerAlnum(c) || c == '*'; };
  if (!text.empty() && text.size() <= 63 && end(text.front()) && end(text.back()) &&
      std::all_of(text.begin(), text.end(), [&](char c) { return end(c) || c == '-'; })) {
    return "";
  }
  return "must be a name or a pattern: 1 to 63 lower case letters, digits, '-' and '*', with none of '-' at "
         "its "
         "ends";
}

std::string CheckClusterGlob(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '*', 'x');
  if (IsLabelWord(plain)) return "";
  return "must be a cluster's name or a pattern: 1 to 63 letters, digits, '-', '_', '.' and '*', with a "
         "letter, "
         "digit or '*' at both ends";
}

std::string CheckLocalityName(std::string_view text) {
  if (IsLabelWord(text)) return "";
  return "must be 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
}

bool IsGlob(std::string_view text) { return text.find('*') != text.npos; }

bool GlobMatches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = pattern.npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace fairlead
