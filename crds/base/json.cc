#include "crds/base/json.h"

#include <cmath>

namespace fairlead {
namespace {

constexpr size_t kMaxDepth = 256;

// simdjson's empty containers can only be had from a parse.
const simdjson::dom::element& EmptyArray() {
  static simdjson::dom::parser parser;
  static const simdjson::dom::element element = parser.parse("[]", 2).value();
  return element;
}
const simdjson::dom::element& EmptyObject() {
  static simdjson::dom::parser parser;
  static const simdjson::dom::element element = parser.parse("{}", 2).value();
  return element;
}

}  // namespace

JsonNode::Type JsonNode::type() const {
  switch (e_.type()) {
    case simdjson::dom::element_type::ARRAY:
      return Type::kArray;
    case simdjson::dom::element_type::OBJECT:
      return Type::kObject;
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return Type::kInt;
    case simdjson::dom::element_type::DOUBLE:
      return Type::kDouble;
    case simdjson::dom::element_type::STRING:
      return Type::kString;
    case simdjson::dom::element_type::BOOL:
      return Type::kBool;
    case simdjson::dom::element_type::NULL_VALUE:
      return Type::kNull;
  }
  return Type::kNull;
}

std::string_view JsonNode::type_name() const {
  switch (type()) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return "boolean";
    case Type::kInt:
      return "integer";
    case Type::kDouble:
      return "number";
    case Type::kString:
      return "string";
    case Type::kArray:
      return "array";
    case Type::kObject:
      return "object";
  }
  return "null";
}

std::optional<JsonNode> JsonNode::Find(std::string_view key) const {
  simdjson::dom::object object;
  if (e_.get(object) != simdjson::SUCCESS) return std::nullopt;
  simdjson::dom::element found;
  if (object.at_key(key).get(found) != simdjson::SUCCESS) return std::nullopt;
  return JsonNode(found);
}

std::optional<JsonNode> JsonNode::FindPath(std::initializer_list<std::string_view> keys) const {
  std::optional<JsonNode> at = *this;
  for (std::string_view key : keys) {
    at = at->Find(key);
    if (!at) return std::nullopt;
  }
  return at;
}

std::string_view JsonNode::AsString() const {
  std::string_view out;
  return e_.get(out) == simdjson::SUCCESS ? out : std::string_view();
}

std::string_view JsonNode::StringAt(std::string_view key) const {
  std::optional<JsonNode> node = Find(key);
  return node ? node->AsString() : std::string_view();
}

std::optional<int64_t> JsonNode::AsInt() const {
  int64_t i;
  if (e_.get(i) == simdjson::SUCCESS) return i;
  double d;
  if (e_.is_double() && e_.get(d) == simdjson::SUCCESS && d == std::floor(d) && std::abs(d) < 9e15) {
    return static_cast<int64_t>(d);
  }
  return std::nullopt;
}

std::optional<uint64_t> JsonNode::AsUint() const {
  uint64_t u;
  if (e_.get(u) == simdjson::SUCCESS) return u;
  return std::nullopt;
}

std::optional<double> JsonNode::AsDouble() const {
  double d;
  if (e_.get(d) == simdjson::SUCCESS) return d;
  return std::nullopt;
}

std::optional<bool> JsonNode::AsBool() const {
  bool b;
  if (e_.get(b) == simdjson::SUCCESS) return b;
  return std::nullopt;
}

simdjson::dom::array JsonNode::Items() const {
  simdjson::dom::array out;
  return e_.get(out) == simdjson::SUCCESS ? out : simdjson::dom::array(EmptyArray());
}

simdjson::dom::object JsonNode::Members() const {
  simdjson::dom::object out;
  return e_.get(out) == simdjson::SUCCESS ? out : simdjson::dom::object(EmptyObject());
}

std::string JsonNode::Print() const { return simdjson::minify(e_); }

Result<JsonDocument> JsonDocument::Parse(std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return Unexpected(Error{ErrorClass::kInvalid, "document of " + std::to_string(text.size()) +
                                                      " bytes is over the limit of " +
                                                      std::to_string(max_bytes)});
  }
  JsonDocument doc;
  doc.parser_ = std::make_unique<simdjson::dom::parser>(max_bytes);
  if (auto error = doc.parser_->allocate(text.size() + simdjson::SIMDJSON_PADDING, kMaxDepth)) {
    return Unexpected(Error{ErrorClass::kTransient, simdjson::error_message(error)});
  }
  if (auto error = doc.parser_->parse(text.data(), text.size()).get(doc.root_)) {
    return Unexpected(
        Error{ErrorClass::kInvalid, std::string("not valid JSON: ") + simdjson::error_message(error)});
  }
  return doc;
}

}  // namespace fairlead
