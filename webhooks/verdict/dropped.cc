#include "webhooks/verdict/dropped.h"

namespace fairlead::webhooks {
namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

std::vector<bool> RetriesIn(const JsonNode& route) {
  std::vector<bool> out;
  const auto rules = route.FindPath({"spec", "rules"});
  if (!rules) return out;
  for (const JsonNode rule : rules->Items()) {
    const auto retry = rule.Find("retry");
    out.push_back(retry && !retry->IsNull());
  }
  return out;
}

}  // namespace

std::vector<std::string> DroppedRetries(const JsonNode& route) {
  const auto annotations = route.FindPath({"metadata", "annotations"});
  const std::string_view applied = annotations ? annotations->StringAt(kLastApplied) : "";
  if (applied.find("\"retry\"") == std::string_view::npos) return {};
  const Result<JsonDocument> document = JsonDocument::Parse(applied);
  if (!document) return {};
  const std::vector<bool> meant = RetriesIn(document->root()), is = RetriesIn(route);
  if (meant.size() != is.size()) return {};  // written by other means since
  std::vector<std::string> out;
  for (size_t i = 0; i < is.size(); ++i) {
    if (meant[i] && !is[i]) out.push_back("spec.rules[" + std::to_string(i) + "].retry");
  }
  return out;
}

}  // namespace fairlead::webhooks
