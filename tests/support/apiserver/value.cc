#include "tests/support/apiserver/value.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "crds/base/json.h"

namespace fairlead::apiserver {
namespace {

const Value& Null() {
  static const Value null;
  return null;
}

Value Convert(const JsonNode& node, const std::string& path, std::vector<std::string>* duplicates) {
  switch (node.type()) {
    case JsonNode::Type::kObject: {
      Value out = Object();
      for (auto [name, value] : node.Members()) {
        const std::string key(name);
        const std::string below = duplicates ? (path.empty() ? key : path + "." + key) : std::string();
        if (duplicates && out.isMember(key)) duplicates->push_back(below);
        out[key] = Convert(value, below, duplicates);
      }
      return out;
    }
    case JsonNode::Type::kArray: {
      Value out = Array();
      for (const JsonNode item : node.Items()) {
        const std::string below = duplicates ? path + "[" + std::to_string(out.size()) + "]" : std::string();
        out.append(Convert(item, below, duplicates));
      }
      return out;
    }
    case JsonNode::Type::kString: {
      const std::string_view text = node.AsString();
      return Value(text.data(), text.data() + text.size());
    }
    case JsonNode::Type::kInt:
      if (std::optional<int64_t> i = node.AsInt()) return Int(*i);
      return Value(node.AsDouble().value_or(0));
    case JsonNode::Type::kDouble:
      return Value(node.AsDouble().value_or(0));
    case JsonNode::Type::kBool:
      return Value(node.AsBool().value_or(false));
    case JsonNode::Type::kNull:
      break;
  }
  return Value();
}

void AppendDouble(double d, std::string* out) {
  char buffer[64];
  if (d == std::floor(d) && std::abs(d) < 1e15) {
    out->append(std::to_string(static_cast<int64_t>(d)));
    return;
  }
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d);
  out->append(buffer, end.ptr);
}

void AppendQuoted(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (byte < 0x20) {
      out->append("\\u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

}  // namespace

Result<Value> ParseJson(std::string_view text, std::vector<std::string>* duplicates, size_t max_bytes) {
  Result<JsonDocument> doc = JsonDocument::Parse(text, max_bytes);
  if (!doc) return Unexpected(doc.error());
  return Convert(doc->root(), "", duplicates);
}

void PrintTo(const Value& value, std::string* out) {
  switch (value.type()) {
    case Json::nullValue:
      out->append("null");
      return;
    case Json::intValue:
      out->append(std::to_string(value.asInt64()));
      return;
    case Json::uintValue:
      out->append(std::to_string(value.asUInt64()));
      return;
    case Json::realValue:
      AppendDouble(value.asDouble(), out);
      return;
    case Json::booleanValue:
      out->append(value.asBool() ? "true" : "false");
      return;
    case Json::stringValue: {
      const char* begin;
      const char* end;
      value.getString(&begin, &end);
      AppendQuoted({begin, static_cast<size_t>(end - begin)}, out);
      return;
    }
    case Json::arrayValue: {
      out->push_back('[');
      bool first = true;
      for (const Value& item : value) {
        if (!std::exchange(first, false)) out->push_back(',');
        PrintTo(item, out);
      }
      out->push_back(']');
      return;
    }
    case Json::objectValue: {
      out->push_back('{');
      for (auto at = value.begin(); at != value.end(); ++at) {
        if (at != value.begin()) out->push_back(',');
        AppendQuoted(at.name(), out);
        out->push_back(':');
        PrintTo(*at, out);
      }
      out->push_back('}');
      return;
    }
  }
}

std::string Print(const Value& value) {
  std::string out;
  PrintTo(value, &out);
  return out;
}

std::string QuoteJson(std::string_view text) {
  std::string out;
  AppendQuoted(text, &out);
  return out;
}

Value Object() { return Value(Json::objectValue); }
Value Array() { return Value(Json::arrayValue); }
Value Int(int64_t i) { return Value(Json::Int64(i)); }

const Value* Find(const Value& object, std::string_view key) {
  return object.isObject() ? object.find(key.data(), key.data() + key.size()) : nullptr;
}
const Value& Get(const Value& object, std::string_view key) {
  const Value* found = Find(object, key);
  return found ? *found : Null();
}
const Value& At(const Value& object, Path path) {
  const Value* at = &object;
  for (std::string_view name : path) {
    at = Find(*at, name);
    if (at == nullptr) return Null();
  }
  return *at;
}
std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  return text;
}

bool Has(const Value& object, std::string_view key) { return Find(object, key) != nullptr; }

std::string TextAt(const Value& object, Path path) {
  const Value& v = At(object, path);
  return v.isString() ? v.asString() : std::string();
}
std::string TextAt(const Value& object, std::string_view key) { return TextAt(object, {key}); }
int64_t IntAt(const Value& object, Path path, int64_t otherwise) {
  const Value& v = At(object, path);
  return v.isIntegral() && v.isInt64() ? v.asInt64() : otherwise;
}
bool BoolAt(const Value& object, Path path, bool otherwise) {
  const Value& v = At(object, path);
  return v.isBool() ? v.asBool() : otherwise;
}

Value& Ensure(Value& object, Path path) {
  Value* at = &object;
  if (!at->isObject()) *at = Object();
  for (std::string_view name : path) {
    at = &(*at)[std::string(name)];
    if (!at->isObject()) *at = Object();
  }
  return *at;
}

void Set(Value& object, Path path, Value value) {
  Value* at = &object;
  for (std::string_view name : path) {
    if (!at->isObject()) *at = Object();
    at = &(*at)[std::string(name)];
  }
  *at = std::move(value);
}

void Remove(Value& object, Path path) {
  Value* at = &object;
  size_t left = path.size();
  for (std::string_view name : path) {
    if (!at->isObject()) return;
    const std::string key(name);
    if (!at->isMember(key)) return;
    if (--left == 0) {
      at->removeMember(key);
      return;
    }
    at = &(*at)[key];
  }
}

bool IsInteger(const Value& value) {
  if (value.isBool()) return false;
  if (value.type() == Json::realValue) return value.asDouble() == std::floor(value.asDouble());
  return value.type() == Json::intValue || value.type() == Json::uintValue;
}

bool SameValue(const Value& a, const Value& b) {
  if (a.isNumeric() && b.isNumeric() && !a.isBool() && !b.isBool()) {
    if (a.isInt64() && b.isInt64()) return a.asInt64() == b.asInt64();
    return a.asDouble() == b.asDouble();
  }
  if (a.type() != b.type()) return false;
  if (a.isArray()) {
    if (a.size() != b.size()) return false;
    for (Json::ArrayIndex i = 0; i < a.size(); ++i) {
      if (!SameValue(a[i], b[i])) return false;
    }
    return true;
  }
  if (!a.isObject()) return a == b;
  if (a.size() != b.size()) return false;
  auto i = a.begin();
  auto j = b.begin();
  for (; i != a.end(); ++i, ++j) {
    if (i.name() != j.name() || !SameValue(*i, *j)) return false;
  }
  return true;
}

std::vector<std::string> Strings(const Value& array) {
  std::vector<std::string> out;
  if (!array.isArray()) return out;
  for (const Value& item : array) {
    if (item.isString()) out.push_back(item.asString());
  }
  return out;
}

}  // namespace fairlead::apiserver
