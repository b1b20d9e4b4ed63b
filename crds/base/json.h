// Reading JSON: a strict parse (RFC 8259, UTF-8 checked) over simdjson, and a cursor over the result.
//
// Every object that Fairlead reads goes through here: watch frames and lists as they come, YAML after
// conversion (crds/base/yaml.h). Writing JSON is jsoncpp's part (crds/base/json_write.h). A document is read
// by one thread.
//
//   Result<JsonDocument> doc = JsonDocument::Parse(text);
//   for (JsonNode item : doc->root().Find("items")->Items()) ...
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crds/base/result.h"

namespace fairlead {

class JsonNode {
 public:
  enum class Type { kNull, kBool, kInt, kDouble, kString, kArray, kObject };

  JsonNode(simdjson::dom::element e) : e_(e) {}  // NOLINT: implicit, for (JsonNode n : node.Items())

  Type type() const;
  std::string_view type_name() const;  // "string", "integer", … for messages
  bool IsNull() const { return e_.is_null(); }
  bool IsObject() const { return e_.is_object(); }
  bool IsArray() const { return e_.is_array(); }
  bool IsString() const { return e_.is_string(); }

  std::optional<JsonNode> Find(std::string_view key) const;  // absent, or not an object: nullopt
  std::optional<JsonNode> FindPath(std::initializer_list<std::string_view> keys) const;

  // Empty / nullopt when the node is of another type: the caller that cares checks type() and reports it.
  std::string_view AsString() const;                      // view into the document
  std::string_view StringAt(std::string_view key) const;  // member, "" where absent or another type
  std::optional<int64_t> AsInt() const;  // 5 and 5.0, as Kubernetes takes them; nullopt beyond int64
  std::optional<uint64_t> AsUint() const;
  std::optional<double> AsDouble() const;
  std::optional<bool> AsBool() const;

  simdjson::dom::array Items() const;  // for (JsonNode n : node.Items()); empty for another type
  simdjson::dom::object Members()
      const;                  // for (auto [key, value] : node.Members()); value converts to JsonNode
  std::string Print() const;  // minified

 private:
  simdjson::dom::element e_;
};

class JsonDocument {
 public:
  // Limits: 3 MiB (etcd's request limit is 1.5 MiB) unless told; depth 256.
  static Result<JsonDocument> Parse(std::string_view text, size_t max_bytes = 3u << 20);
  JsonNode root() const { return JsonNode(root_); }

 private:
  JsonDocument() = default;
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
};

}  // namespace fairlead
