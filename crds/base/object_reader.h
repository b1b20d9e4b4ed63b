// ObjectReader: the strict reading of an object that a person wrote, for the kinds of our own API.
//
// Who calls: the parsers of crds/api. Every field is asked for by name; what was not asked for is an unknown
// field, told with the nearest known name. Wrong types, duplicate members, names outside an enum and values
// out of bounds are errors with their path. As at the API server, null is the same as absent. One thread; a
// reader lives as long as the call that got it.
//
//   ReadObject(node, field, [&](ObjectReader& r) {
//     out->attempts = r.Int("attempts", 0, 10);
//     r.List("codes", {.max = 16}, [&](JsonNode item, Field at) { … });
//   });
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/duration.h"
#include "crds/base/field_errors.h"
#include "crds/base/json.h"

namespace fairlead {

template <class E>
struct EnumName {
  std::string_view name;
  E value;
};

struct StringRule {
  size_t min = 1;  // in characters
  size_t max = 253;
  std::string (*check)(std::string_view) = nullptr;  // "" or what it must be; see names.h
  bool required = false;
};

struct ListRule {
  size_t min = 0;
  size_t max = 16;
  bool required = false;
};

struct DurationRule {
  std::optional<Duration> min;
  std::optional<Duration> max;
};

// One value by itself: an item of a list, a value of a map. Each reports what is wrong and gives nullopt.
std::optional<std::string> ReadString(JsonNode node, Field at, const StringRule& rule);
std::optional<int> ReadInt(JsonNode node, Field at, int min, int max);
std::optional<Duration> ReadDuration(JsonNode node, Field at, const DurationRule& rule);
// The index in `names`.
std::optional<size_t> ReadEnum(JsonNode node, Field at, const std::vector<std::string_view>& names);

class ObjectReader {
 public:
  ObjectReader(JsonNode node, Field at);

  bool IsObject() const { return object_; }
  Field field() const { return at_; }
  Field at(std::string_view member) const { return at_[member]; }
  bool Has(std::string_view member) const { return Peek(member).has_value(); }  // there and not null

  std::optional<JsonNode> Peek(std::string_view member) const;

  // The member if it is there and not null; it counts as known from now on.
  std::optional<JsonNode> Take(std::string_view member);
  // Another spelling of a member: taken for it where the member itself is not there, and told of by its name.
  void TakeFor(std::string_view member, std::string_view spelling);
  std::optional<JsonNode> Need(std::string_view member);  // an error where it is absent

  std::optional<std::string> String(std::string_view member, const StringRule& rule = {});
  std::optional<int> Int(std::string_view member, int min, int max);
  std::optional<bool> Bool(std::string_view member);
  std::optional<Duration> ReadDuration(std::string_view member, const DurationRule& rule = {});

  template <class E, size_t N>
  std::optional<E> Enum(std::string_view member, const EnumName<E> (&names)[N], bool required = false);

  // each(JsonNode, Field) for at most rule.max items; the number of items.
  template <class Each>
  size_t List(std::string_view member, const ListRule& rule, Each each);
  // each(ObjectReader&) for the items; one that is no object is an error.
  template <class Each>
  size_t Objects(std::string_view member, const ListRule& rule, Each each);
  // each(std::string_view key, JsonNode, Field) for at most `max` members that are not null.
  template <class Each>
  bool Map(std::string_view member, size_t max, Each each);
  // read(ObjectReader&); false where absent.
  template <class Read>
  bool Object(std::string_view member, Read read, bool required = false);

  // Reports unknown fields. ReadObject and the functions above call it.
  void Finish();

 private:
  bool CheckList(std::string_view member, const JsonNode& node, const ListRule& rule) const;
  bool CheckMap(std::string_view member, const JsonNode& node, size_t max) const;

  struct Seen {
    std::string_view name;
    JsonNode node;
    bool known = false;
  };
  Field at_;
  bool object_ = false;
  std::vector<Seen> members_;
  std::vector<std::string_view> known_;
};

template <class Read>
void ReadObject(JsonNode node, Field at, Read read) {
  ObjectReader reader(node, at);
  if (!reader.IsObject()) return;  // told already
  read(reader);
  reader.Finish();
}

// The name of a known value in a table of EnumName.
template <class E, size_t N>
std::string_view NameOf(const EnumName<E> (&names)[N], E value) {
  for (const EnumName<E>& n : names) {
    if (n.value == value) return n.name;
  }
  return "";
}

template <class E, size_t N>
std::optional<E> ReadEnumValue(JsonNode node, Field at, const EnumName<E> (&names)[N]) {
  std::vector<std::string_view> list;
  for (const EnumName<E>& n : names) list.push_back(n.name);
  const std::optional<size_t> index = ReadEnum(node, at, list);
  return index ? std::optional<E>(names[*index].value) : std::nullopt;
}

template <class E, size_t N>
std::optional<E> ObjectReader::Enum(std::string_view member, const EnumName<E> (&names)[N], bool required) {
  const std::optional<JsonNode> node = required ? Need(member) : Take(member);
  return node ? ReadEnumValue(*node, at(member), names) : std::nullopt;
}

template <class Each>
size_t ObjectReader::List(std::string_view member, const ListRule& rule, Each each) {
  const std::optional<JsonNode> node = rule.required ? Need(member) : Take(member);
  if (!node || !CheckList(member, *node, rule)) return 0;
  size_t index = 0;
  for (JsonNode item : node->Items()) {
    if (index < rule.max) each(item, at(member)[index]);
    ++index;
  }
  return index;
}

template <class Each>
size_t ObjectReader::Objects(std::string_view member, const ListRule& rule, Each each) {
  return List(member, rule, [&](JsonNode item, Field at) { ReadObject(item, at, each); });
}

template <class Each>
bool ObjectReader::Map(std::string_view member, size_t max, Each each) {
  const std::optional<JsonNode> node = Take(member);
  if (!node || !CheckMap(member, *node, max)) return false;
  size_t count = 0;
  for (auto [key, value] : node->Members()) {
    if (!JsonNode(value).IsNull() && count++ < max) each(key, JsonNode(value), at(member)[key]);
  }
  return true;
}

template <class Read>
bool ObjectReader::Object(std::string_view member, Read read, bool required) {
  const std::optional<JsonNode> node = required ? Need(member) : Take(member);
  if (!node) return false;
  ReadObject(*node, at(member), read);
  return true;
}

}  // namespace fairlead
