// Reading JSON: a strict parse (RFC 8259, UTF-8 checked) over simdjson, and a cursor over the result.
//
// Every object that Fairlead reads goes through here: watch frames and lists as they come, YAML after
// conversion (crds/base/yaml.h). Writing JSON is jsoncpp's part (crds/base/json_write.h). A document is read
// by one thread.
//
//   Result<JsonDocument> doc = JsonDocument::Parse(text);
//   for (JsonNode item : doc->root().Find("items")->Items()) ...
#pragma once

// simdjson itself is not included: its headers would be most of what nearly every file here has to read.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crds/base/result.h"

namespace fairlead {

class JsonArrayView;
class JsonObjectView;

// A place in a document, as small as a string_view.
class JsonNode {
 public:
  enum class Type { kNull, kBool, kInt, kDouble, kString, kArray, kObject };

  Type type() const;
  std::string_view type_name() const;  // "string", "integer", … for messages
  bool IsNull() const { return type() == Type::kNull; }
  bool IsObject() const { return type() == Type::kObject; }
  bool IsArray() const { return type() == Type::kArray; }
  bool IsString() const { return type() == Type::kString; }

  std::optional<JsonNode> Find(std::string_view key) const;  // absent, or not an object: nullopt
  std::optional<JsonNode> FindPath(std::initializer_list<std::string_view> keys) const;

  // Empty / nullopt when the node is of another type: the caller that cares checks type() and reports it.
  std::string_view AsString() const;                      // view into the document
  std::string_view StringAt(std::string_view key) const;  // member, "" where absent or another type
  std::optional<int64_t> AsInt() const;  // 5 and 5.0, as Kubernetes takes them; nullopt beyond int64
  std::optional<uint64_t> AsUint() const;
  std::optional<double> AsDouble() const;
  std::optional<bool> AsBool() const;

  JsonArrayView Items() const;     // for (JsonNode n : node.Items()); empty for another type
  JsonObjectView Members() const;  // for (auto [key, value] : node.Members()); empty for another type
  std::string Print() const;       // minified

 private:
  friend class JsonDocument;
  friend class JsonArrayView;
  friend class JsonObjectView;
  JsonNode() = default;

  // simdjson's reference to a value.
  const void* document_ = nullptr;
  size_t index_ = 0;
};

class JsonArrayView {
 public:
  class iterator {
   public:
    using value_type = JsonNode;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = void;
    using reference = JsonNode;

    JsonNode operator*() const { return at_; }
    iterator& operator++();
    bool operator==(const iterator& other) const { return at_.index_ == other.at_.index_; }

   private:
    friend class JsonArrayView;
    explicit iterator(JsonNode at) : at_(at) {}
    JsonNode at_;
  };

  iterator begin() const { return iterator(begin_); }
  iterator end() const { return iterator(end_); }
  size_t size() const { return size_; }  // beyond 16,777,214: that

 private:
  friend class JsonNode;
  JsonNode begin_, end_;
  size_t size_ = 0;
};

class JsonObjectView {
 public:
  struct Member {
    std::string_view key;
    JsonNode value;
  };
  class iterator {
   public:
    using value_type = Member;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = void;
    using reference = Member;

    Member operator*() const;
    iterator& operator++();
    bool operator==(const iterator& other) const { return at_.index_ == other.at_.index_; }

   private:
    friend class JsonObjectView;
    explicit iterator(JsonNode at) : at_(at) {}
    JsonNode at_;
  };

  iterator begin() const { return iterator(begin_); }
  iterator end() const { return iterator(end_); }
  size_t size() const { return size_; }

 private:
  friend class JsonNode;
  JsonNode begin_, end_;
  size_t size_ = 0;
};

class JsonDocument {
 public:
  // Limits: 3 MiB (etcd's request limit is 1.5 MiB) unless told; depth 256.
  static Result<JsonDocument> Parse(std::string_view text, size_t max_bytes = 3u << 20);
  JsonNode root() const { return root_; }

 private:
  struct Parser;
  struct Free {
    void operator()(Parser* parser) const;
  };

  JsonDocument() = default;
  std::unique_ptr<Parser, Free> parser_;
  JsonNode root_;
};

}  // namespace fairlead
