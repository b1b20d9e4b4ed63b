// The YAML half of json_write.h.
#include <algorithm>

#include "crds/base/json_text.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml_scalar.h"

namespace fairlead {
namespace {

bool IsBreak(char c) { return c == '\n'; }

// What go-yaml's emitter would find out about a string.
struct Analysis {
  bool special = false;  // needs escapes
  bool many_lines = false;
  bool plain = true;  // may stand without quotes
  bool block = true;  // may stand as a literal block
};

bool NeedsEscape(std::string_view s, size_t i) {
  const unsigned char c = static_cast<unsigned char>(s[i]);
  if (c < 0x20) return c != '\n';
  if (c == 0x7f) return true;
  // NEL, LS, PS and the byte order mark are line breaks or stripped by YAML readers; C1 controls are refused.
  if (c == 0xC2 && i + 1 < s.size()) return static_cast<unsigned char>(s[i + 1]) < 0xA0;
  if (c == 0xE2 && s.substr(i).starts_with("\xE2\x80")) {
    return i + 2 < s.size() && (s[i + 2] == '\xA8' || s[i + 2] == '\xA9');
  }
  if (c == 0xEF) {
    return s.substr(i).starts_with("\xEF\xBB\xBF") || s.substr(i).starts_with("\xEF\xBF\xBE") ||
           s.substr(i).starts_with("\xEF\xBF\xBF");
  }
  return false;
}

bool LooksLikeBase60(std::string_view s) {  // 1:30 is a number to other YAML 1.1 readers
  if (s.empty() || s.find(':') == s.npos) return false;
  return std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == ':' || c == '.' || c == '_' || c == '-' || c == '+';
  });
}

bool LooksLikeDate(std::string_view s) {
  return s.size() >= 8 && s[4] == '-' &&
         std::all_of(s.begin(), s.begin() + 4, [](char c) { return c >= '0' && c <= '9'; });
}

Analysis Analyze(std::string_view s) {
  Analysis a;
  for (size_t i = 0; i < s.size(); ++i) {
    a.special |= NeedsEscape(s, i);
    a.many_lines |= IsBreak(s[i]);
    if (s[i] == ':' && (i + 1 == s.size() || s[i + 1] == ' ')) a.plain = false;
    if (s[i] == '#' && i > 0 && s[i - 1] == ' ') a.plain = false;
    if (s[i] == ' ' && i + 1 < s.size() && IsBreak(s[i + 1])) a.block = false;
  }
  if (s.empty()) {
    a.plain = false;
    return a;
  }
  const char first = s.front();
  if (first == ' ' || s.back() == ' ' || a.many_lines || a.special) a.plain = false;
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(first) != std::string_view::npos) a.plain = false;
  if ((first == '-' || first == '?' || first == ':') && (s.size() == 1 || s[1] == ' ')) a.plain = false;
  if (s.starts_with("---") || s.starts_with("...")) a.plain = false;
  if (first == ' ' || IsBreak(first) || s.back() == ' ' || a.special) a.block = false;
  return a;
}

void AppendSingleQuoted(std::string_view s, std::string* out) {
  out->push_back('\'');
  for (char c : s) {
    if (c == '\'') out->push_back('\'');
    out->push_back(c);
  }
  out->push_back('\'');
}

// Double quotes with the escapes that JSON and YAML share; what only YAML minds is written as \u.
void AppendDoubleQuoted(std::string_view s, std::string* out) {
  std::string json;
  AppendJsonString(s, &json);
  for (size_t i = 0; i < json.size(); ++i) {
    if (static_cast<unsigned char>(json[i]) < 0x7f || !NeedsEscape(json, i)) {
      out->push_back(json[i]);
      continue;
    }
    static constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = [&](size_t k) {
      return static_cast<unsigned>(static_cast<unsigned char>(json[i + k]));
    };
    const unsigned lead = byte(0);
    unsigned code = lead;
    if (lead >= 0xE0) {
      code = (lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
      i += 2;
    } else if (lead >= 0xC0) {
      code = (lead & 0x1F) << 6 | (byte(1) & 0x3F);
      i += 1;
    }
    *out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out->push_back(kHex[code >> shift & 15]);
  }
}

void AppendBlock(std::string_view s, int indent, std::string* out) {
  *out += "|";
  if (s.back() != '\n') {
    out->push_back('-');
  } else if (s.size() > 1 && s[s.size() - 2] == '\n') {
    out->push_back('+');
  }
  size_t at = 0;
  while (at < s.size()) {
    const size_t end = std::min(s.find('\n', at), s.size());
    out->push_back('\n');
    if (end > at) out->append(static_cast<size_t>(indent) * 2, ' ').append(s, at, end - at);
    at = end + 1;
  }
}

void AppendString(std::string_view s, int indent, bool key, std::string* out) {
  const Analysis a = Analyze(s);
  const bool number_like = !IsPlainString(s) || LooksLikeBase60(s) || LooksLikeDate(s);
  if (a.special || (number_like && !s.empty())) return AppendDoubleQuoted(s, out);
  if (s.empty()) {
    *out += "\"\"";
  } else if (a.many_lines && a.block && !key && s != "\n") {
    AppendBlock(s, indent, out);
  } else if (a.many_lines) {
    AppendDoubleQuoted(s, out);
  } else if (a.plain) {
    *out += s;
  } else {
    AppendSingleQuoted(s, out);
  }
}

std::string_view StringOf(const Json::Value& value) {
  const char *begin = nullptr, *end = nullptr;
  value.getString(&begin, &end);
  return {begin, static_cast<size_t>(end - begin)};
}

// Writes a value whose first line stands where the output ends; deeper lines are indented by `indent`.
void Write(const Json::Value& value, int indent, std::string* out);

void NewLine(int indent, std::string* out) {
  out->push_back('\n');
  out->append(static_cast<size_t>(indent) * 2, ' ');
}

void WriteMembers(const Json::Value& value, int indent, std::string* out) {
  bool first = true;
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (!first) NewLine(indent, out);
    first = false;
    const std::string name = it.name();
    // A key over 128 bytes would need the "? " form; YAML readers take it quoted up to 1,024.
    AppendString(name, indent, true, out);
    out->push_back(':');
    if (it->isObject() && !it->empty()) {
      NewLine(indent + 1, out);
      WriteMembers(*it, indent + 1, out);
    } else if (it->isArray() && !it->empty()) {
      NewLine(indent, out);
      Write(*it, indent, out);
    } else {
      out->push_back(' ');
      Write(*it, indent + 1, out);
    }
  }
}

void Write(const Json::Value& value, int indent, std::string* out) {
  if (value.isString()) {
    AppendString(StringOf(value), indent, false, out);
  } else if (value.isObject() && !value.empty()) {
    WriteMembers(value, indent, out);
  } else if (value.isArray() && !value.empty()) {
    for (Json::ArrayIndex i = 0; i < value.size(); ++i) {
      if (i > 0) NewLine(indent, out);
      *out += "- ";
      Write(value[i], indent + 1, out);
    }
  } else {
    *out += WriteJson(value);  // numbers, booleans, null, {} and []
  }
}

}  // namespace

std::string WriteYaml(const Json::Value& value) {
  std::string out;
  Write(value, value.isString() ? 1 : 0, &out);
  out.push_back('\n');
  return out;
}

std::string WriteYaml(const std::vector<Json::Value>& documents) {
  std::string out;
  for (size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) out += "---\n";
    out += WriteYaml(documents[i]);
  }
  return out;
}

}  // namespace fairlead
