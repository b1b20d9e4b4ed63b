#include "reconcilers/ledger/differences.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "crds/base/json_write.h"
#include "reconcilers/ledger/intent.h"
#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxSummary = 256, kMaxSummaryItem = 96, kMaxPath = 1024;

bool IsPlain(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return c > 0x20 && c != 0x7f && c != '"'; });
}

std::string Printed(const Json::Value& value) {
  return value.isString() && IsPlain(value.asString()) ? value.asString() : WriteJson(value);
}

using Changes = std::vector<api::PolicyChange::Field>;

// The items of a list by their names; nullopt: not all have one of their own.
std::optional<std::map<std::string, Json::Value>> ByName(const Json::Value& list) {
  std::map<std::string, Json::Value> out;
  if (!list.isArray()) return std::nullopt;
  for (const Json::Value& item : list) {
    if (!item.isObject() || !item["name"].isString()) return std::nullopt;
    if (!out.emplace(item["name"].asString(), item).second) return std::nullopt;
  }
  return out;
}

void Add(const Json::Value& was, const Json::Value& is, const std::string& path, Changes* out) {
  const auto shown = [](const Json::Value& value) {
    return value.isNull() ? "" : CutText(Printed(value), api::kMaxFieldValue);
  };
  out->push_back({CutText(path, kMaxPath), shown(was), shown(is)});
}

// `whole`: where one of the two is not there, the other is one value.
void Compare(const Json::Value& was, const Json::Value& is, const std::string& path, bool whole,
             Changes* out) {
  if (was == is) return;
  const bool one_sided = was.isNull() || is.isNull();
  const auto open = [](const Json::Value& value) { return value.isObject() || value.isNull(); };
  if (open(was) && open(is) && was.size() + is.size() > 0 && !(whole && one_sided)) {
    std::set<std::string> names;
    for (const Json::Value* side : {&was, &is}) {
      for (const std::string& name : side->getMemberNames()) names.insert(name);
    }
    for (const std::string& name : names) Compare(was[name], is[name], path + "." + name, false, out);
    return;
  }
  const auto old_items = ByName(was), new_items = ByName(is);
  if (!old_items || !new_items) return Add(was, is, path, out);
  std::set<std::string> names;
  for (const auto* side : {&*old_items, &*new_items}) {
    for (const auto& [name, item] : *side) names.insert(name);
  }
  const auto item = [](const auto& items, const std::string& name) {
    const auto at = items.find(name);
    return at == items.end() ? Json::Value() : at->second;
  };
  for (const std::string& name : names) {
    Compare(item(*old_items, name), item(*new_items, name), path + "[" + name + "]", true, out);
  }
}

std::string Item(const api::PolicyChange::Field& change) {
  constexpr std::string_view kSpec = "spec.";
  std::string out = change.field.starts_with(kSpec) ? change.field.substr(kSpec.size()) : change.field;
  const auto shortly = [](const std::string& value) { return CutText(value, 40); };
  if (change.from.empty()) return out + " = " + shortly(change.to);
  return out + " " + shortly(change.from) + " -> " + (change.to.empty() ? "none" : shortly(change.to));
}

}  // namespace

std::vector<api::PolicyChange::Field> Differences(const Json::Value& before, const Json::Value& after) {
  Changes out;
  Compare(before, after, "spec", false, &out);
  return out;
}

std::string Summary(const std::vector<api::PolicyChange::Field>& changes) {
  if (changes.empty()) return "nothing but what the defaults say";
  constexpr size_t kRest = std::string_view(", and 10000000 more").size();
  std::string out;
  for (size_t i = 0; i < changes.size(); ++i) {
    const std::string item = CutText(Item(changes[i]), kMaxSummaryItem);
    if (out.size() + 2 + item.size() + kRest > kMaxSummary) {
      return out + ", and " + std::to_string(changes.size() - i) + " more";
    }
    out += (out.empty() ? "" : ", ") + item;
  }
  return out;
}

}  // namespace fairlead::reconcilers
