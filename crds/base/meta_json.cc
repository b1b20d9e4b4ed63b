#include "crds/base/meta_json.h"

#include <array>
#include <string>

namespace fairlead {
namespace {

constexpr std::array<std::string_view, 4> kOperators = {"In", "NotIn", "Exists", "DoesNotExist"};

void SetText(Json::Value* object, const char* name, const std::string& text) {
  if (!text.empty()) (*object)[name] = text;
}

Json::Value ToJson(const OwnerReference& owner) {
  Json::Value out(Json::objectValue);
  out["apiVersion"] = owner.api_version;
  out["kind"] = owner.kind;
  out["name"] = owner.name;
  out["uid"] = owner.uid;
  if (owner.controller) out["controller"] = true;
  return out;
}

}  // namespace

Json::Value ToJson(const std::vector<std::string>& list) {
  Json::Value out(Json::arrayValue);
  for (const std::string& item : list) out.append(item);
  return out;
}

Json::Value ToJson(const Labels& labels) {
  Json::Value out(Json::objectValue);
  for (const auto& [key, value] : labels) out[std::string(key)] = std::string(value);
  return out;
}

Json::Value ToJson(const LabelSelector& selector) {
  Json::Value out(Json::objectValue);
  if (!selector.match_labels.empty()) out["matchLabels"] = ToJson(selector.match_labels);
  for (const SelectorRequirement& r : selector.match_expressions) {
    Json::Value item(Json::objectValue);
    item["key"] = r.key;
    item["operator"] = std::string(kOperators[static_cast<size_t>(r.op)]);
    if (!r.values.empty()) item["values"] = ToJson(r.values);
    out["matchExpressions"].append(item);
  }
  return out;
}

Json::Value ToJson(const ObjectMeta& meta) {
  Json::Value out(Json::objectValue);
  out["name"] = meta.name;
  SetText(&out, "namespace", meta.ns);
  SetText(&out, "uid", meta.uid);
  SetText(&out, "resourceVersion", meta.resource_version);
  if (meta.generation != 0) out["generation"] = Json::Int64(meta.generation);
  if (meta.created.seconds != 0) out["creationTimestamp"] = meta.created.ToString();
  // ObjectMeta keeps only that the object is being deleted, not since when.
  if (meta.deleting) out["deletionTimestamp"] = meta.created.ToString();
  if (!meta.labels.empty()) out["labels"] = ToJson(meta.labels);
  if (!meta.annotations.empty()) out["annotations"] = ToJson(meta.annotations);
  for (const OwnerReference& owner : meta.owners) out["ownerReferences"].append(ToJson(owner));
  return out;
}

Json::Value ObjectToJson(Kind kind, const ObjectMeta& meta) {
  const KindInfo& info = InfoOf(kind);
  Json::Value out(Json::objectValue);
  out["apiVersion"] = (info.group.empty() ? "" : std::string(info.group) + "/") + std::string(info.version);
  out["kind"] = std::string(info.name);
  out["metadata"] = ToJson(meta);
  return out;
}

Json::Value ToJson(const Condition& condition) {
  Json::Value out(Json::objectValue);
  out["type"] = condition.type;
  out["status"] = std::string(ToString(condition.status));
  out["reason"] = condition.reason;
  out["message"] = condition.message;
  out["observedGeneration"] = Json::Int64(condition.observed_generation);
  out["lastTransitionTime"] = condition.last_transition.ToString();
  return out;
}

std::optional<Condition> ParseCondition(const JsonNode& node) {
  Condition out;
  out.type = node.StringAt("type");
  if (out.type.empty()) return std::nullopt;
  const std::string_view status = node.StringAt("status");
  out.status = status == "True"    ? ConditionStatus::kTrue
               : status == "False" ? ConditionStatus::kFalse
                                   : ConditionStatus::kUnknown;
  out.reason = node.StringAt("reason");
  out.message = node.StringAt("message");
  if (auto generation = node.Find("observedGeneration")) {
    out.observed_generation = generation->AsInt().value_or(0);
  }
  Timestamp::Parse(node.StringAt("lastTransitionTime"), &out.last_transition);
  return out;
}

}  // namespace fairlead
