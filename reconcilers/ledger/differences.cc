#include "reconcilers/ledger/differences.h"

#include <algorithm>
#include <map>
#include <set>

#include "crds/base/json_write.h"
#include "reconcilers/ledger/intent.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxSummary = 256, kMaxSummaryItem = 96, kMaxPath = 1024;
using Leaves = std::map<std::string, std::string>;  // path -> value

bool IsPlain(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return c > 0x20 && c != 0x7f && c != '"'; });
}

std::string Printed(const Json::Value& value) {
  return value.isString() && IsPlain(value.asString()) ? value.asString() : WriteJson(value);
}

bool AllNamed(const Json::Value& list) {
  std::set<std::string> names;
  for (const Json::Value& item : list) {
    if (!item.isObject() || !item["name"].isString() || !names.insert(item["name"].asString()).second) {
      return false;
    }
  }
  return !list.empty();
}

void Collect(const Json::Value& value, const std::string& path, Leaves* out) {
  if (value.isNull()) return;
  if (value.isObject() && !value.empty()) {
    for (const std::string& name : value.getMemberNames()) Collect(value[name], path + "." + name, out);
  } else if (value.isArray() && AllNamed(value)) {
    for (const Json::Value& item : value) {
      Collect(item, path + "[" + item["name"].asString() + "]", out);
    }
  } else {
    (*out)[path] = Printed(value);
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

std::string CutText(std::string_view text, size_t max) {
  if (text.size() <= max) return std::string(text);
  const std::string rest = "... (" + std::to_string(text.size()) + " bytes)";
  size_t end = max > rest.size() ? max - rest.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + rest;
}

std::vector<api::PolicyChange::Field> Differences(const Json::Value& before, const Json::Value& after) {
  Leaves was, is;
  Collect(before, "spec", &was);
  Collect(after, "spec", &is);
  std::map<std::string, api::PolicyChange::Field> changes;
  for (const auto& [path, value] : was) {
    const auto at = is.find(path);
    if (at != is.end() && at->second == value) continue;
    changes[path].from = CutText(value, api::kMaxFieldValue);
  }
  for (const auto& [path, value] : is) {
    const auto at = was.find(path);
    if (at != was.end() && at->second == value) continue;
    changes[path].to = CutText(value, api::kMaxFieldValue);
  }
  std::vector<api::PolicyChange::Field> out;
  for (auto& [path, change] : changes) {
    change.field = CutText(path, kMaxPath);
    out.push_back(std::move(change));
  }
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
