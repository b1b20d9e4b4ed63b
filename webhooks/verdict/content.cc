#include "webhooks/verdict/content.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::webhooks {
namespace {

using Type = JsonNode::Type;
using Members = std::vector<std::pair<std::string_view, JsonNode>>;

bool IsNumber(Type type) { return type == Type::kInt || type == Type::kDouble; }

// Sorted by name, without nulls.
Members MembersOf(const JsonNode& object) {
  Members out;
  for (auto [key, value] : object.Members()) {
    if (!JsonNode(value).IsNull()) out.emplace_back(key, JsonNode(value));
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

bool SameMembers(const Members& a, const Members& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && SameValue(x.second, y.second);
  });
}

bool SameItems(const JsonNode& a, const JsonNode& b) {
  const auto x = a.Items(), y = b.Items();
  auto at = y.begin();
  for (JsonNode item : x) {
    if (!(at != y.end()) || !SameValue(item, JsonNode(*at))) return false;
    ++at;
  }
  return !(at != y.end());
}

void DropOurs(Members* members) {
  std::erase_if(*members, [](const auto& m) { return m.first == "metadata" || m.first == "status"; });
}

}  // namespace

bool SameValue(const JsonNode& a, const JsonNode& b) {
  const Type type = a.type();
  if (IsNumber(type) && IsNumber(b.type())) {
    const auto x = a.AsInt(), y = b.AsInt();
    return x || y ? x == y : a.AsDouble() == b.AsDouble();
  }
  if (type != b.type()) return false;
  switch (type) {
    case Type::kNull:
      return true;
    case Type::kBool:
      return a.AsBool() == b.AsBool();
    case Type::kString:
      return a.AsString() == b.AsString();
    case Type::kArray:
      return SameItems(a, b);
    case Type::kObject:
      return SameMembers(MembersOf(a), MembersOf(b));
    case Type::kInt:
    case Type::kDouble:
      return false;  // handled above
  }
  return false;
}

bool SameContent(const JsonNode& object, const JsonNode& old_object) {
  Members a = MembersOf(object), b = MembersOf(old_object);
  DropOurs(&a);
  DropOurs(&b);
  return SameMembers(a, b);
}

}  // namespace fairlead::webhooks
