#include "crds/base/yaml_scalar.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "crds/base/json_text.h"

namespace fairlead {
namespace {

struct Words {
  ScalarKind kind;
  std::string_view json;
  std::string_view list;  // each between spaces
};
constexpr Words kWords[] = {
    {ScalarKind::kBool, "true", " y Y yes Yes YES true True TRUE on On ON "},
    {ScalarKind::kBool, "false", " n N no No NO false False FALSE off Off OFF "},
    {ScalarKind::kNull, "null", " ~ null Null NULL "},
    {ScalarKind::kNotANumber, "", " .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF "},
    {ScalarKind::kMerge, "", " << "},
};
constexpr size_t kLongestWord = 5;

const Words* FindWord(std::string_view text) {
  if (text.size() > kLongestWord || text.find(' ') != text.npos) return nullptr;
  const std::string framed = " " + std::string(text) + " ";
  for (const Words& words : kWords) {
    if (words.list.find(framed) != words.list.npos) return &words;
  }
  return nullptr;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool LooksLikeFloat(std::string_view s) {
  size_t at = 0, whole = 0, fraction = 0;
  if (at < s.size() && (s[at] == '-' || s[at] == '+')) ++at;
  for (; at < s.size() && IsDigit(s[at]); ++at) ++whole;
  if (at < s.size() && s[at] == '.') {
    for (++at; at < s.size() && IsDigit(s[at]); ++at) ++fraction;
  }
  if (whole + fraction == 0) return false;
  if (at < s.size() && (s[at] == 'e' || s[at] == 'E')) {
    ++at;
    if (at < s.size() && (s[at] == '-' || s[at] == '+')) ++at;
    const size_t digits = at;
    while (at < s.size() && IsDigit(s[at])) ++at;
    if (at == digits) return false;
  }
  return at == s.size();
}

// An integer with an optional sign and the prefixes 0x, 0o, 0b and 0 (octal).
std::optional<std::string> Integer(std::string_view s) {
  const bool negative = s.starts_with('-');
  if (negative || s.starts_with('+')) s.remove_prefix(1);
  int base = 10;
  if (s.size() > 1 && s[0] == '0') {
    const char p = static_cast<char>(s[1] | 0x20);
    base = p == 'x' ? 16 : p == 'b' ? 2 : 8;
    s.remove_prefix(p == 'x' || p == 'b' || p == 'o' ? 2 : 1);
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value, base);
  if (s.empty() || error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  if (negative && value > (1ull << 63)) return std::nullopt;
  return (negative && value != 0 ? "-" : "") + std::to_string(value);
}

Scalar Number(std::string_view text) {
  std::string plain;
  for (char c : text) {
    if (c != '_') plain.push_back(c);
  }
  if (text[0] == '.' && plain.size() != text.size()) return {};
  if (text[0] != '.') {
    if (std::optional<std::string> integer = Integer(plain)) return {ScalarKind::kInt, *integer};
  }
  if (!LooksLikeFloat(plain)) return {};
  const char* begin = plain.data() + (plain[0] == '+' ? 1 : 0);
  double number = 0;
  const auto [end, error] = std::from_chars(begin, plain.data() + plain.size(), number);
  if (error != std::errc()) return {};  // out of a double's range: a string, as go-yaml has it
  Scalar out{ScalarKind::kFloat, ""};
  AppendJsonDouble(number, &out.json);
  return out;
}

}  // namespace

Scalar ResolvePlainScalar(std::string_view text) {
  if (text.empty()) return {ScalarKind::kNull, "null"};
  const char c = text[0];
  const bool number = IsDigit(c) || c == '+' || c == '-' || c == '.';
  if (!number && std::string_view("yYnNtTfFoO~<").find(c) == std::string_view::npos) return {};
  if (const Words* words = FindWord(text)) return {words->kind, std::string(words->json)};
  // No number that fits a double is longer, save for one padded with zeros on purpose.
  if (number && text.size() <= 512) return Number(text);
  return {};
}

bool IsPlainString(std::string_view text) { return ResolvePlainScalar(text).kind == ScalarKind::kString; }

}  // namespace fairlead
