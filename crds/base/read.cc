#include "crds/base/read.h"

namespace fairlead {
namespace {

constexpr size_t kMaxQuoted = 64;

std::string Article(std::string_view type) {
  if (type == "null") return "null";
  const bool vowel = type.starts_with('a') || type.starts_with('i') || type.starts_with('o');
  return (vowel ? "an " : "a ") + std::string(type);
}

}  // namespace

Field Reader::Where() const {
  Field at = parent_ == nullptr ? errors_->Root(member_) : parent_->Where();
  if (parent_ == nullptr) return at;
  return index_ == kNoIndex ? at[member_] : at[member_][index_];
}

void Reader::Add(std::string message) const { Where().Add(std::move(message)); }
void Reader::Add(std::string_view member, std::string message) const {
  Where()[member].Add(std::move(message));
}

void Reader::WrongType(std::string_view want) const {
  Add("must be " + std::string(want) + ", is " + Article(node_.type_name()));
}

void Reader::AddName(std::string* names, std::string_view name) {
  if (!names->empty()) *names += ", ";
  *names += name;
}

std::string Reader::Quoted(const JsonNode& text) {
  const std::string_view value = text.AsString();
  if (value.size() <= kMaxQuoted) return "\"" + std::string(value) + "\"";
  size_t end = kMaxQuoted;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return "\"" + std::string(value.substr(0, end)) + "...\"";
}

std::optional<JsonNode> Reader::Member(std::string_view member) const {
  std::optional<JsonNode> node = node_.Find(member);
  return node && !node->IsNull() ? node : std::nullopt;
}

std::optional<JsonNode> Reader::Typed(std::string_view member, JsonNode::Type type,
                                      std::string_view name) const {
  std::optional<JsonNode> node = Member(member);
  if (!node || node->type() == type) return node;
  Add(member, "must be " + std::string(name) + ", is " + Article(node->type_name()));
  return std::nullopt;
}

std::optional<std::string_view> Reader::View(std::string_view member) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kString, "a string");
  if (!node) return std::nullopt;
  return node->AsString();
}

std::optional<std::string_view> Reader::RequiredView(std::string_view member) const {
  if (!Has(member)) Add(member, "is required");
  const std::optional<std::string_view> view = View(member);
  if (!view || !view->empty()) return view;
  Add(member, "must not be empty");
  return std::nullopt;
}

bool Reader::String(std::string_view member, std::string* out) const {
  const std::optional<std::string_view> view = View(member);
  if (view) *out = std::string(*view);  // assign() would leave room for more
  return view.has_value();
}

bool Reader::RequiredString(std::string_view member, std::string* out) const {
  const std::optional<std::string_view> view = RequiredView(member);
  if (view) *out = std::string(*view);
  return view.has_value();
}

bool Reader::String(std::string_view member, TextPool* pool, Text* out) const {
  const std::optional<std::string_view> view = View(member);
  if (view) *out = pool->Share(*view);
  return view.has_value();
}

bool Reader::String(std::string_view member, TextPool* pool, std::optional<Text>* out) const {
  const std::optional<std::string_view> view = View(member);
  if (view) *out = pool->Share(*view);
  return view.has_value();
}

bool Reader::RequiredString(std::string_view member, TextPool* pool, Text* out) const {
  const std::optional<std::string_view> view = RequiredView(member);
  if (view) *out = pool->Share(*view);
  return view.has_value();
}

bool Reader::Bool(std::string_view member, bool* out) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kBool, "a boolean");
  if (node) *out = *node->AsBool();
  return node.has_value();
}

std::optional<int64_t> Reader::IntHere(int64_t min, int64_t max) const {
  const std::optional<int64_t> value = node_.AsInt();
  if (!value) {
    WrongType("an integer");
  } else if (*value < min || *value > max) {
    Add("must be between " + std::to_string(min) + " and " + std::to_string(max) + ", is " +
        std::to_string(*value));
    return std::nullopt;
  }
  return value;
}

bool Reader::Int(std::string_view member, int64_t min, int64_t max, int64_t* out) const {
  const std::optional<JsonNode> node = Member(member);
  if (!node) return false;
  const std::optional<int64_t> value = Reader(*node, this, member, kNoIndex).IntHere(min, max);
  if (value) *out = *value;
  return value.has_value();
}

bool Reader::Ints(std::string_view member, int64_t min, int64_t max, std::vector<int>* out) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kArray, "a list");
  if (!node) return false;
  out->clear();
  out->reserve(node->Items().size());
  size_t index = 0;
  for (JsonNode item : node->Items()) {
    const std::optional<int64_t> value = Reader(item, this, member, index++).IntHere(min, max);
    if (value) out->push_back(static_cast<int>(*value));
  }
  return true;
}

bool Reader::Port(std::string_view member, std::optional<uint16_t>* out) const {
  uint16_t port;
  if (!Port(member, &port)) return false;
  *out = port;
  return true;
}

bool Reader::Duration(std::string_view member, std::optional<fairlead::Duration>* out) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kString, "a duration as a string");
  if (!node) return false;
  Result<fairlead::Duration> duration = fairlead::Duration::Parse(node->AsString());
  if (!duration) {
    Add(member, duration.error().message);
    return false;
  }
  *out = *duration;
  return true;
}

bool Reader::Strings(std::string_view member, std::vector<std::string>* out) const {
  const std::optional<JsonNode> node = Typed(member, JsonNode::Type::kArray, "a list");
  if (!node) return false;
  out->clear();
  out->reserve(node->Items().size());
  size_t index = 0;
  for (JsonNode item : node->Items()) {
    const Reader reader(item, this, member, index++);
    if (item.IsString()) {
      out->emplace_back(item.AsString());
    } else {
      reader.WrongType("a string");
    }
  }
  return true;
}

bool Reader::StringMap(std::string_view member, Labels* out) const {
  std::vector<Labels::Item> items;
  const bool there = Each(member, [&items](const Reader& value, std::string_view key) {
    if (value.node().IsString() || value.node().IsNull()) {  // null is "", as in Go
      items.emplace_back(key, value.node().AsString());
    } else {
      value.WrongType("a string");
    }
  });
  *out = Labels(std::move(items));
  return there;
}

bool Reader::Selector(std::string_view member, LabelSelector* out) const {
  return Object(member, [out](const Reader& selector) {
    selector.StringMap("matchLabels", &out->match_labels);
    selector.List("matchExpressions", &out->match_expressions, [](const Reader& r, SelectorRequirement* to) {
      r.RequiredString("key", &to->key);
      if (!r.Has("operator")) r.Add("operator", "is required");
      r.Enum<SelectorOperator>("operator",
                               {{"In", SelectorOperator::kIn},
                                {"NotIn", SelectorOperator::kNotIn},
                                {"Exists", SelectorOperator::kExists},
                                {"DoesNotExist", SelectorOperator::kDoesNotExist}},
                               &to->op);
      r.Strings("values", &to->values);
    });
  });
}

}  // namespace fairlead
