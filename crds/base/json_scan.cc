#include "crds/base/json_scan.h"

#include "crds/base/json_text.h"

namespace fairlead {
namespace {

constexpr int kMaxDepth = 512;
constexpr size_t kBad = std::string_view::npos;

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

size_t SkipSpace(std::string_view s, size_t at) {
  while (at < s.size() && IsSpace(s[at])) ++at;
  return at;
}

size_t SkipString(std::string_view s, size_t at) {
  if (at >= s.size() || s[at] != '"') return kBad;
  for (++at; at < s.size(); ++at) {
    if (s[at] == '\\') {
      ++at;
    } else if (s[at] == '"') {
      return at + 1;
    }
  }
  return kBad;
}

size_t Skip(std::string_view s, size_t at, size_t* nodes, int depth);

// Calls each(key, begin of value) for every member or item; `each` returns the value's end, or npos to stop.
template <class Each>
size_t Walk(std::string_view s, size_t at, Each each) {
  const bool object = s[at] == '{';
  const char close = object ? '}' : ']';
  at = SkipSpace(s, at + 1);
  if (at < s.size() && s[at] == close) return at + 1;
  while (at < s.size()) {
    std::string_view key;
    if (object) {
      const size_t end = SkipString(s, at);
      if (end == kBad) return kBad;
      key = s.substr(at, end - at);
      at = SkipSpace(s, end);
      if (at >= s.size() || s[at] != ':') return kBad;
      at = SkipSpace(s, at + 1);
    }
    at = each(key, at);
    if (at == kBad) return kBad;
    at = SkipSpace(s, at);
    if (at >= s.size()) return kBad;
    if (s[at] == close) return at + 1;
    if (s[at] != ',') return kBad;
    at = SkipSpace(s, at + 1);
  }
  return kBad;
}

size_t Skip(std::string_view s, size_t at, size_t* nodes, int depth) {
  at = SkipSpace(s, at);
  if (at >= s.size() || depth > kMaxDepth) return kBad;
  ++*nodes;
  if (s[at] == '"') return SkipString(s, at);
  if (s[at] == '{' || s[at] == '[') {
    return Walk(s, at, [&](std::string_view, size_t value) { return Skip(s, value, nodes, depth + 1); });
  }
  const size_t begin = at;
  while (at < s.size() && !IsSpace(s[at]) && s[at] != ',' && s[at] != ']' && s[at] != '}') ++at;
  return at == begin ? kBad : at;
}

bool Parts(std::string_view text, char open, std::vector<JsonMember>* out) {
  const size_t at = SkipSpace(text, 0);
  if (at >= text.size() || text[at] != open) return false;
  return Walk(text, at, [&](std::string_view key, size_t value) {
           JsonMember member{key, {}, 0};
           const size_t end = Skip(text, value, &member.nodes, 1);
           if (end == kBad) return kBad;
           member.value = text.substr(value, end - value);
           out->push_back(member);
           return end;
         }) != kBad;
}

}  // namespace

size_t SkipJsonValue(std::string_view json, size_t at, size_t* nodes) { return Skip(json, at, nodes, 0); }
bool JsonMembers(std::string_view object, std::vector<JsonMember>* out) { return Parts(object, '{', out); }
bool JsonItems(std::string_view array, std::vector<JsonMember>* out) { return Parts(array, '[', out); }

std::vector<std::string> SplitFieldPath(std::string_view path) {
  std::vector<std::string> out;
  size_t at = 0;
  while (at < path.size()) {
    if (path[at] == '.') {
      ++at;
    } else if (path.substr(at).starts_with("[\"")) {
      const size_t end = std::min(path.find("\"]", at + 2), path.size());
      out.emplace_back(path.substr(at + 2, end - at - 2));
      at = end + 2;
    } else if (path[at] == '[') {
      const size_t end = std::min(path.find(']', at), path.size());
      out.emplace_back(path.substr(at + 1, end - at - 1));
      at = end + 1;
    } else {
      const size_t end = std::min(path.find_first_of(".[", at), path.size());
      out.emplace_back(path.substr(at, end - at));
      at = end;
    }
  }
  return out;
}

JsonPlace LocateInJson(std::string_view json, std::string_view path) {
  JsonPlace place{SkipSpace(json, 0), 0, true};
  size_t value = place.offset;
  for (const std::string& segment : SplitFieldPath(path)) {
    std::string quoted;
    AppendJsonString(segment, &quoted);
    size_t node = place.node + 1, index = 0, found = kBad;
    if (value < json.size() && (json[value] == '{' || json[value] == '[')) {
      Walk(json, value, [&](std::string_view key, size_t at) {
        if (key.empty() ? std::to_string(index++) == segment : key == quoted) {
          place = {key.empty() ? at : static_cast<size_t>(key.data() - json.data()), node, true};
          found = at;
          return kBad;
        }
        return Skip(json, at, &node, 1);
      });
    }
    if (found == kBad) {
      place.whole = false;
      return place;
    }
    value = found;
  }
  return place;
}

}  // namespace fairlead
