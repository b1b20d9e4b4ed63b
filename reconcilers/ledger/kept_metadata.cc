#include "reconcilers/ledger/kept_metadata.h"

#include "crds/base/json_write.h"
#include "reconcilers/ledger/intent.h"
#include "reconcilers/rights/rights.h"

namespace fairlead::reconcilers {
namespace {

constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";

void Keep(std::string_view member, std::string_view key, std::string_view value, Json::Value* out) {
  if (key == kLastApplied || key == kReason || key == kBreakGlass) return;
  (*out)[std::string(member)][std::string(key)] = std::string(value);
}

std::string Text(const Json::Value& kept) { return kept.isNull() ? "" : WriteJson(kept); }

}  // namespace

std::string KeptMetadata(const JsonNode& object) {
  Json::Value out;
  for (const std::string_view member : {"annotations", "labels"}) {
    const auto map = object.FindPath({"metadata", member});
    if (!map) continue;
    for (const auto [key, value] : map->Members()) Keep(member, key, JsonNode(value).AsString(), &out);
  }
  return Text(out);
}

std::string KeptMetadata(const ObjectMeta& meta) {
  Json::Value out;
  for (const auto& [key, value] : meta.annotations) Keep("annotations", key, value, &out);
  for (const auto& [key, value] : meta.labels) Keep("labels", key, value, &out);
  return Text(out);
}

}  // namespace fairlead::reconcilers
