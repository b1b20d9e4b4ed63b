#include "crds/base/json.h"

#include <simdjson.h>

#include <bit>
#include <cmath>
#include <type_traits>

namespace fairlead {
namespace {

constexpr size_t kMaxDepth = 256;

using Element = simdjson::dom::element;
using Array = simdjson::dom::array;
using Object = simdjson::dom::object;

// Each of simdjson's references and iterators is a document and a place in it, as a JsonNode is.
template <class T>
T As(const JsonNode& node) {
  static_assert(sizeof(T) == sizeof(JsonNode) && std::is_trivially_copyable_v<T>);
  return std::bit_cast<T>(node);
}
template <class T>
JsonNode NodeOf(const T& at) {
  static_assert(sizeof(T) == sizeof(JsonNode) && std::is_trivially_copyable_v<T>);
  return std::bit_cast<JsonNode>(at);
}

template <class T>
std::optional<T> Get(const JsonNode& node) {
  T out;
  return As<Element>(node).get(out) == simdjson::SUCCESS ? std::optional<T>(out) : std::nullopt;
}

}  // namespace

JsonNode::Type JsonNode::type() const {
  switch (As<Element>(*this).type()) {
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
  const auto object = Get<Object>(*this);
  if (!object) return std::nullopt;
  Element found;
  if (object->at_key(key).get(found) != simdjson::SUCCESS) return std::nullopt;
  return NodeOf(found);
}

std::optional<JsonNode> JsonNode::FindPath(std::initializer_list<std::string_view> keys) const {
  std::optional<JsonNode> at = *this;
  for (std::string_view key : keys) {
    at = at->Find(key);
    if (!at) return std::nullopt;
  }
  return at;
}

std::string_view JsonNode::AsString() const { return Get<std::string_view>(*this).value_or(""); }

std::string_view JsonNode::StringAt(std::string_view key) const {
  std::optional<JsonNode> node = Find(key);
  return node ? node->AsString() : std::string_view();
}

std::optional<int64_t> JsonNode::AsInt() const {
  if (const auto i = Get<int64_t>(*this)) return i;
  if (!As<Element>(*this).is_double()) return std::nullopt;
  const auto d = Get<double>(*this);
  if (d && *d == std::floor(*d) && std::abs(*d) < 9e15) return static_cast<int64_t>(*d);
  return std::nullopt;
}

std::optional<uint64_t> JsonNode::AsUint() const { return Get<uint64_t>(*this); }
std::optional<double> JsonNode::AsDouble() const { return Get<double>(*this); }
std::optional<bool> JsonNode::AsBool() const { return Get<bool>(*this); }

JsonArrayView JsonNode::Items() const {
  JsonArrayView out;
  if (const auto array = Get<Array>(*this)) {
    out.begin_ = NodeOf(array->begin());
    out.end_ = NodeOf(array->end());
    out.size_ = array->size();
  }
  return out;
}

JsonObjectView JsonNode::Members() const {
  JsonObjectView out;
  if (const auto object = Get<Object>(*this)) {
    out.begin_ = NodeOf(object->begin());
    out.end_ = NodeOf(object->end());
    out.size_ = object->size();
  }
  return out;
}

JsonArrayView::iterator& JsonArrayView::iterator::operator++() {
  auto at = As<Array::iterator>(at_);
  at_ = NodeOf(++at);
  return *this;
}

JsonObjectView::Member JsonObjectView::iterator::operator*() const {
  const auto at = As<Object::iterator>(at_);
  return {at.key(), NodeOf(at.value())};
}

JsonObjectView::iterator& JsonObjectView::iterator::operator++() {
  auto at = As<Object::iterator>(at_);
  at_ = NodeOf(++at);
  return *this;
}

std::string JsonNode::Print() const { return simdjson::minify(As<Element>(*this)); }

struct JsonDocument::Parser {
  simdjson::dom::parser parser;
};

void JsonDocument::Free::operator()(Parser* parser) const { delete parser; }

Result<JsonDocument> JsonDocument::Parse(std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return Unexpected(Error{ErrorClass::kInvalid, "document of " + std::to_string(text.size()) +
                                                      " bytes is over the limit of " +
                                                      std::to_string(max_bytes)});
  }
  JsonDocument doc;
  doc.parser_.reset(new Parser{simdjson::dom::parser(max_bytes)});
  simdjson::dom::parser& parser = doc.parser_->parser;
  if (auto error = parser.allocate(text.size() + simdjson::SIMDJSON_PADDING, kMaxDepth)) {
    return Unexpected(Error{ErrorClass::kTransient, simdjson::error_message(error)});
  }
  Element root;
  if (auto error = parser.parse(text.data(), text.size()).get(root)) {
    return Unexpected(
        Error{ErrorClass::kInvalid, std::string("not valid JSON: ") + simdjson::error_message(error)});
  }
  doc.root_ = NodeOf(root);
  return doc;
}

}  // namespace fairlead
