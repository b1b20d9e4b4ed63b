#include "crds/api/tenancy_status.h"

#include "crds/base/meta_json.h"

namespace fairlead::api {
namespace {

constexpr size_t kMaxConditions = 8;

template <class T>
void ParseFrame(const JsonNode& status, T* out) {
  if (const auto generation = status.Find("observedGeneration")) {
    out->observed_generation = generation->AsInt().value_or(0);
  }
  const auto conditions = status.Find("conditions");
  if (!conditions) return;
  for (JsonNode item : conditions->Items()) {
    auto condition = ParseCondition(item);
    if (condition && out->conditions.size() < kMaxConditions)
      out->conditions.push_back(*std::move(condition));
  }
}

template <class T>
Json::Value FrameToJson(const T& status) {
  Json::Value out(Json::objectValue);
  out["observedGeneration"] = Json::Int64(status.observed_generation);
  out["conditions"] = Json::Value(Json::arrayValue);
  for (const Condition& condition : status.conditions) out["conditions"].append(fairlead::ToJson(condition));
  return out;
}

std::vector<std::string> Texts(const JsonNode& node, std::string_view member, size_t max) {
  std::vector<std::string> out;
  const auto list = node.Find(member);
  if (!list) return out;
  for (JsonNode item : list->Items()) {
    if (out.size() < max) out.emplace_back(item.AsString());
  }
  return out;
}

int Number(const JsonNode& node, std::string_view member) {
  const auto value = node.Find(member);
  return value ? static_cast<int>(value->AsInt().value_or(0)) : 0;
}

}  // namespace

WorkspaceStatus ParseWorkspaceStatus(const JsonNode& status) {
  WorkspaceStatus out;
  ParseFrame(status, &out);
  out.namespaces = Texts(status, "namespaces", WorkspaceStatus::kMaxNamespaces);
  out.namespace_count = Number(status, "namespaceCount");
  out.conflicts = Texts(status, "conflicts", WorkspaceStatus::kMaxConflicts);
  return out;
}

Json::Value ToJson(const WorkspaceStatus& status) {
  Json::Value out = FrameToJson(status);
  out["namespaces"] = fairlead::ToJson(status.namespaces);
  out["namespaceCount"] = status.namespace_count;
  if (!status.conflicts.empty()) out["conflicts"] = fairlead::ToJson(status.conflicts);
  return out;
}

WorkspaceSettingsStatus ParseWorkspaceSettingsStatus(const JsonNode& status) {
  WorkspaceSettingsStatus out;
  ParseFrame(status, &out);
  out.workspace = status.StringAt("workspace");
  out.imported = Number(status, "imported");
  out.exported = Number(status, "exported");
  out.missing = Texts(status, "missing", WorkspaceSettingsStatus::kMaxMissing);
  return out;
}

Json::Value ToJson(const WorkspaceSettingsStatus& status) {
  Json::Value out = FrameToJson(status);
  if (!status.workspace.empty()) out["workspace"] = status.workspace;
  out["imported"] = status.imported;
  out["exported"] = status.exported;
  if (!status.missing.empty()) out["missing"] = fairlead::ToJson(status.missing);
  return out;
}

ObjectStatus ParseObjectStatus(Kind kind, const JsonNode& status) {
  if (kind == Kind::kWorkspace) return ParseWorkspaceStatus(status);
  if (kind == Kind::kWorkspaceSettings) return ParseWorkspaceSettingsStatus(status);
  return ParsePolicyStatus(status);
}

Json::Value ToJson(const ObjectStatus& status) {
  return std::visit([](const auto& value) { return ToJson(value); }, status);
}

std::vector<Condition>& ConditionsOf(ObjectStatus& status) {
  return std::visit([](auto& value) -> std::vector<Condition>& { return value.conditions; }, status);
}
const std::vector<Condition>& ConditionsOf(const ObjectStatus& status) {
  return std::visit([](const auto& value) -> const std::vector<Condition>& { return value.conditions; },
                    status);
}

}  // namespace fairlead::api
