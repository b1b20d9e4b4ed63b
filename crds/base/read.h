// Reader: typed access to the fields of a JSON object that the API server has validated already.
//
// Who calls: the parsers of foreign kinds (crds/gateway, crds/core, crds/istio). Unknown fields are passed
// over, null is absent (as in Go), an absent field leaves the caller's default. A field that is there and of
// another type, or out of range, is an error with its path; the path is a chain of readers on the stack and
// becomes text only then. One thread; a Reader must not outlive its parent.
//
//   Reader spec(*object.Find("spec"), &errors, "spec");
//   spec.String("hostname", &out.hostname);
//   spec.List("rules", &out.rules, [](const Reader& rule, Rule* out) { rule.String("name", &out->name); });
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crds/base/duration.h"
#include "crds/base/field_errors.h"
#include "crds/base/json.h"
#include "crds/base/labels.h"
#include "crds/base/meta.h"
#include "crds/base/parse.h"
#include "crds/base/text.h"

namespace fairlead {

class Reader {
 public:
  Reader(JsonNode node, FieldErrors* errors, std::string_view member = "")
      : node_(node), errors_(errors), member_(member) {}

  const JsonNode& node() const { return node_; }
  void Add(std::string message) const;                           // an error of this value
  void Add(std::string_view member, std::string message) const;  // an error of a member

  void WrongType(std::string_view want) const;  // "must be <want>, is a string"

  // Each is true where the member is there and well-formed.
  bool Has(std::string_view member) const { return Member(member).has_value(); }
  bool String(std::string_view member, std::string* out) const;
  bool RequiredString(std::string_view member, std::string* out) const;  // and not empty
  bool String(std::string_view member, TextPool* pool, Text* out) const;
  bool String(std::string_view member, TextPool* pool, std::optional<Text>* out) const;
  bool RequiredString(std::string_view member, TextPool* pool, Text* out) const;
  bool Bool(std::string_view member, bool* out) const;
  bool Int(std::string_view member, int64_t min, int64_t max, int64_t* out) const;
  template <class I>
  bool Int(std::string_view member, int64_t min, int64_t max, I* out) const;
  std::optional<int64_t> IntHere(int64_t min, int64_t max) const;  // this value itself
  bool Port(std::string_view member, uint16_t* out) const { return Int(member, 1, 65535, out); }
  bool Port(std::string_view member, std::optional<uint16_t>* out) const;
  bool Duration(std::string_view member, std::optional<fairlead::Duration>* out) const;
  bool Strings(std::string_view member, std::vector<std::string>* out) const;
  bool Ints(std::string_view member, int64_t min, int64_t max, std::vector<int>* out) const;
  bool StringMap(std::string_view member, Labels* out) const;
  bool Selector(std::string_view member, LabelSelector* out) const;  // metav1.LabelSelector
  // One of a table of names: {{"Exact", T::kExact}, …}. Another name is an error that lists them.
  template <class T>
  bool Enum(std::string_view member, std::initializer_list<std::pair<std::string_view, T>> names,
            T* out) const;

  // read(const Reader&) for an object.
  template <class F>
  bool Object(std::string_view member, F&& read) const;
  // read(const Reader& item) for each object of a list.
  template <class F>
  bool ForEach(std::string_view member, F&& read) const;
  // read(const Reader& item, T* out) for each object of a list; the vector has no spare capacity.
  template <class T, class F>
  bool List(std::string_view member, std::vector<T>* out, F&& read) const;
  // read(const Reader& value, std::string_view key) for each member of an object.
  template <class F>
  bool Each(std::string_view member, F&& read) const;

 private:
  Reader(JsonNode node, const Reader* parent, std::string_view member, size_t index)
      : node_(node), errors_(parent->errors_), parent_(parent), member_(member), index_(index) {}
  static constexpr size_t kNoIndex = std::numeric_limits<size_t>::max();

  std::optional<std::string_view> View(std::string_view member) const;
  std::optional<std::string_view> RequiredView(std::string_view member) const;
  std::optional<JsonNode> Member(std::string_view member) const;
  // The member if it is there and of the type; else an error unless it is absent.
  std::optional<JsonNode> Typed(std::string_view member, JsonNode::Type type, std::string_view name) const;
  Field Where() const;

  static void AddName(std::string* names, std::string_view name);
  static std::string Quoted(const JsonNode& text);  // bounded

  JsonNode node_;
  FieldErrors* errors_;
  const Reader* parent_ = nullptr;
  std::string_view member_;
  size_t index_ = kNoIndex;
};

template <class I>
bool Reader::Int(std::string_view member, int64_t min, int64_t max, I* out) const {
  int64_t value;
  if (!Int(member, min, max, &value)) return false;
  *out = static_cast<I>(value);
  return true;
}

template <class T>
bool Reader::Enum(std::string_view member, std::initializer_list<std::pair<std::string_view, T>> names,
                  T* out) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kString, "a string");
  if (!node) return false;
  std::string known;
  for (const auto& [name, value] : names) {
    if (name == node->AsString()) {
      *out = value;
      return true;
    }
  }
  for (const auto& [name, value] : names) AddName(&known, name);
  Add(member, "is " + Quoted(*node) + "; known are " + known);
  return false;
}

template <class F>
bool Reader::Object(std::string_view member, F&& read) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kObject, "an object");
  if (!node) return false;
  read(Reader(*node, this, member, kNoIndex));
  return true;
}

template <class F>
bool Reader::ForEach(std::string_view member, F&& read) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kArray, "a list");
  if (!node) return false;
  size_t index = 0;
  for (JsonNode item : node->Items()) {
    const Reader reader(item, this, member, index++);
    if (item.IsObject()) {
      read(reader);
    } else {
      reader.WrongType("an object");
    }
  }
  return true;
}

template <class T, class F>
bool Reader::List(std::string_view member, std::vector<T>* out, F&& read) const {
  const std::optional<JsonNode> node = Member(member);
  if (node) {
    out->clear();
    out->reserve(node->Items().size());
  }
  return ForEach(member, [&](const Reader& item) { read(item, &out->emplace_back()); });
}

template <class F>
bool Reader::Each(std::string_view member, F&& read) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kObject, "an object");
  if (!node) return false;
  const Reader object(*node, this, member, kNoIndex);
  for (auto [key, value] : node->Members()) read(Reader(JsonNode(value), &object, key, kNoIndex), key);
  return true;
}

// The frame of a Parse: metadata, then read(const Reader& object, T* out), then the verdict.
template <class T, class F>
Parsed<T> ParseForeign(const JsonNode& object, F&& read) {
  FieldErrors errors;
  T value;
  value.meta = ParseMeta(object);
  if (!object.IsObject()) {
    Reader(object, &errors).WrongType("an object");
  } else if (value.meta.name.empty()) {
    errors.Add("metadata.name", "is required");
  }
  read(Reader(object, &errors), &value);
  Parsed<T> out;
  out.warnings = errors.TakeWarnings();
  if (errors.ok()) {
    out.result = std::move(value);
  } else {
    ObjectKey key{T::kKind, value.meta.ns, value.meta.name};
    out.result = Invalid{std::move(key), std::move(value.meta), errors.TakeErrors()};
  }
  return out;
}

}  // namespace fairlead
