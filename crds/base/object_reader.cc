#include "crds/base/object_reader.h"

#include <algorithm>

#include "crds/base/names.h"
#include "crds/base/nearest.h"

namespace fairlead {
namespace {

std::string Must(std::string_view what, const JsonNode& node) {
  const std::string type(node.type_name());
  const bool vowel = type == "integer" || type == "array" || type == "object";
  const std::string is = node.IsNull() ? "null" : node.IsArray() ? "a list" : (vowel ? "an " : "a ") + type;
  return "must be " + std::string(what) + ", is " + is;
}

// YAML reads no, y, 1.0 and the like as something else than text.
std::string NotText(const JsonNode& node) {
  const bool scalar = !node.IsNull() && !node.IsArray() && !node.IsObject();
  return Must("a string", node) + (scalar ? "; put it in quotes" : "");
}

std::string Quoted(std::string_view text) {
  constexpr size_t kMax = 64;
  return "\"" + std::string(text.substr(0, kMax)) + (text.size() > kMax ? "…" : "") + "\"";
}

std::string Join(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

std::string Plural(size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

}  // namespace

std::optional<std::string> ReadString(JsonNode node, Field at, const StringRule& rule) {
  if (!node.IsString()) {
    at.Add(NotText(node));
    return std::nullopt;
  }
  const std::string_view text = node.AsString();
  const size_t characters = CountCharacters(text);
  if (characters < rule.min) {
    at.Add(rule.min == 1 ? "must not be empty"
                         : "must have at least " + Plural(rule.min, "character") + ", has " +
                               std::to_string(characters));
    return std::nullopt;
  }
  if (characters > rule.max) {
    at.Add("must have at most " + Plural(rule.max, "character") + ", has " + std::to_string(characters));
    return std::nullopt;
  }
  if (rule.check) {
    if (std::string why = rule.check(text); !why.empty()) {
      at.Add(why + "; is " + Quoted(text));
      return std::nullopt;
    }
  }
  return std::string(text);
}

std::optional<int> ReadInt(JsonNode node, Field at, int min, int max) {
  const std::optional<int64_t> value = node.AsInt();
  if (!value) {
    at.Add(Must("an integer", node));
    return std::nullopt;
  }
  if (*value < min || *value > max) {
    at.Add("must be " + std::to_string(min) + " to " + std::to_string(max) + ", is " +
           std::to_string(*value));
    return std::nullopt;
  }
  return static_cast<int>(*value);
}

std::optional<Duration> ReadDuration(JsonNode node, Field at, const DurationRule& rule) {
  if (!node.IsString()) {
    at.Add(Must("a duration such as \"5s\"", node));
    return std::nullopt;
  }
  Result<Duration> duration = Duration::Parse(node.AsString());
  if (!duration) {
    at.Add(duration.error().message);
    return std::nullopt;
  }
  if (rule.min && *duration < *rule.min) {
    at.Add("must be at least " + rule.min->ToString() + ", is " + duration->ToString());
    return std::nullopt;
  }
  if (rule.max && *duration > *rule.max) {
    at.Add("must be at most " + rule.max->ToString() + ", is " + duration->ToString());
    return std::nullopt;
  }
  return *duration;
}

std::optional<size_t> ReadEnum(JsonNode node, Field at, const std::vector<std::string_view>& names) {
  if (!node.IsString()) {
    at.Add(NotText(node));
    return std::nullopt;
  }
  const std::string_view text = node.AsString();
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  const std::string_view meant = Nearest(text, names);
  at.Add("must be one of " + Join(names) + "; is " + Quoted(text) +
         (meant.empty() ? "" : "; did you mean " + std::string(meant) + "?"));
  return std::nullopt;
}

ObjectReader::ObjectReader(JsonNode node, Field at) : at_(at), object_(node.IsObject()) {
  if (!object_) {
    at_.Add(Must("an object", node));
    return;
  }
  for (auto [key, value] : node.Members()) {
    const auto same = [&name = key](const Seen& seen) { return seen.name == name; };
    if (std::any_of(members_.begin(), members_.end(), same)) {
      at_[key].Add("is given twice");
    } else if (members_.size() < 256) {
      members_.push_back({key, JsonNode(value), false});
    }
  }
}

std::optional<JsonNode> ObjectReader::Peek(std::string_view member) const {
  for (const Seen& seen : members_) {
    if (seen.name == member && !seen.node.IsNull()) return seen.node;
  }
  return std::nullopt;
}

std::optional<JsonNode> ObjectReader::Take(std::string_view member) {
  if (std::find(known_.begin(), known_.end(), member) == known_.end()) known_.push_back(member);
  for (Seen& seen : members_) {
    if (seen.name != member) continue;
    seen.known = true;
    if (seen.node.IsNull()) return std::nullopt;
    return seen.node;
  }
  return std::nullopt;
}

void ObjectReader::TakeFor(std::string_view member, std::string_view spelling) {
  const bool there = Peek(member).has_value();
  for (Seen& seen : members_) {
    if (seen.name != spelling) continue;
    seen.known = true;
    if (!there) seen.name = member;
  }
}

std::optional<JsonNode> ObjectReader::Need(std::string_view member) {
  std::optional<JsonNode> node = Take(member);
  if (!node) at(member).Add("is required");
  return node;
}

std::optional<std::string> ObjectReader::String(std::string_view member, const StringRule& rule) {
  const std::optional<JsonNode> node = rule.required ? Need(member) : Take(member);
  return node ? ReadString(*node, at(member), rule) : std::nullopt;
}

std::optional<int> ObjectReader::Int(std::string_view member, int min, int max) {
  const std::optional<JsonNode> node = Take(member);
  return node ? ReadInt(*node, at(member), min, max) : std::nullopt;
}

std::optional<bool> ObjectReader::Bool(std::string_view member) {
  const std::optional<JsonNode> node = Take(member);
  if (!node) return std::nullopt;
  if (!node->AsBool()) at(member).Add(Must("true or false", *node));
  return node->AsBool();
}

std::optional<Duration> ObjectReader::ReadDuration(std::string_view member, const DurationRule& rule) {
  const std::optional<JsonNode> node = Take(member);
  return node ? fairlead::ReadDuration(*node, at(member), rule) : std::nullopt;
}

bool ObjectReader::CheckList(std::string_view member, const JsonNode& node, const ListRule& rule) const {
  if (!node.IsArray()) {
    at(member).Add(Must("a list", node));
    return false;
  }
  size_t count = 0;
  for (JsonNode item : node.Items()) {
    (void)item;
    ++count;
  }
  if (count > rule.max) {
    at(member).Add("must have at most " + Plural(rule.max, "item") + ", has " + std::to_string(count));
  } else if (count < rule.min) {
    at(member).Add("must have at least " + Plural(rule.min, "item") + ", has " + std::to_string(count));
  }
  return true;
}

bool ObjectReader::CheckMap(std::string_view member, const JsonNode& node, size_t max) const {
  if (!node.IsObject()) {
    at(member).Add(Must("an object", node));
    return false;
  }
  std::vector<std::string_view> keys;
  for (auto [key, value] : node.Members()) {
    if (!JsonNode(value).IsNull()) keys.push_back(key);
  }
  if (keys.size() > max) {
    at(member).Add("must have at most " + std::to_string(max) + (max == 1 ? " entry" : " entries") +
                   ", has " + std::to_string(keys.size()));
  }
  std::sort(keys.begin(), keys.end());
  for (size_t i = 1; i < keys.size(); ++i) {
    if (keys[i] == keys[i - 1]) at(member)[keys[i]].Add("is given twice");
  }
  return true;
}

void ObjectReader::Finish() {
  for (const Seen& seen : members_) {
    if (seen.known) continue;
    const std::string_view meant = Nearest(seen.name, known_);
    at_[seen.name].Add(meant.empty() ? "unknown field; known are " + Join(known_)
                                     : "unknown field; did you mean " + std::string(meant) + "?");
  }
}

}  // namespace fairlead
