#include "crds/api/policy_common.h"

#include <algorithm>

#include "crds/api/policy_reader.h"
#include "crds/api/target_json.h"
#include "crds/base/meta_json.h"
#include "crds/base/names.h"

namespace fairlead::api {
namespace {

constexpr EnumName<Scope> kScopes[] = {
    {"Namespace", Scope::kNamespace}, {"Workspace", Scope::kWorkspace}, {"Mesh", Scope::kMesh}};
constexpr EnumName<Mode> kModes[] = {{"Default", Mode::kDefault}, {"Override", Mode::kOverride}};

// group and kind of a target, which must fit each other.
std::optional<Kind> ReadTargetKind(ObjectReader& r, const std::vector<Kind>& kinds) {
  std::vector<std::string_view> names;
  for (Kind kind : kinds) names.push_back(ToString(kind));
  const std::string group = r.String("group", {.min = 0}).value_or("");
  const std::optional<JsonNode> node = r.Need("kind");
  const std::optional<size_t> index = node ? ReadEnum(*node, r.at("kind"), names) : std::nullopt;
  if (!index) return std::nullopt;
  const Kind kind = kinds[*index];
  const std::string_view want = InfoOf(kind).group;
  if (group != want) {
    r.at("group").Add("must be \"" + std::string(want) + "\" for kind " + std::string(ToString(kind)) +
                      (r.Has("group") ? ", is \"" + group + "\"" : ", and is left out"));
  }
  return kind;
}

std::vector<std::string> TextsAt(const JsonNode& node, std::string_view member, size_t max) {
  std::vector<std::string> out;
  if (const auto list = node.Find(member)) {
    for (JsonNode item : list->Items()) {
      if (out.size() < max) out.emplace_back(item.AsString());
    }
  }
  return out;
}

int IntAt(const JsonNode& node, std::string_view member) {
  const auto found = node.Find(member);
  const int64_t value = found ? found->AsInt().value_or(0) : 0;
  return static_cast<int>(std::clamp<int64_t>(value, 0, 1 << 30));
}

Json::Value ToJson(const ProxyCounts& proxies) {
  Json::Value out(Json::objectValue);
  out["needed"] = proxies.needed;
  out["programmed"] = proxies.programmed;
  if (!proxies.lagging.empty()) out["lagging"] = fairlead::ToJson(proxies.lagging);
  if (!proxies.disconnected.empty()) out["disconnected"] = fairlead::ToJson(proxies.disconnected);
  if (!proxies.rejected.empty()) out["rejected"] = fairlead::ToJson(proxies.rejected);
  return out;
}

Json::Value ToJson(const TargetStatus& target) {
  Json::Value out = TargetToJson(target);
  if (!target.section_name.empty()) out["sectionName"] = target.section_name;
  out["state"] = target.state;
  if (!target.message.empty()) out["message"] = target.message;
  return out;
}

std::optional<TargetStatus> ParseTargetStatus(const JsonNode& node) {
  TargetStatus out;
  if (!ReadTarget(node, &out)) return std::nullopt;
  out.section_name = node.StringAt("sectionName");
  out.state = node.StringAt("state");
  out.message = node.StringAt("message");
  return out;
}

}  // namespace

std::string_view ToString(Scope scope) { return NameOf(kScopes, scope); }
std::string_view ToString(Mode mode) { return NameOf(kModes, mode); }

std::optional<Scope> ReadScope(JsonNode node, Field at) { return ReadEnumValue(node, at, kScopes); }

PolicyTargets ReadTargets(ObjectReader& spec, const std::vector<Kind>& kinds) {
  PolicyTargets out;
  spec.Objects("targetRefs", {.max = kMaxTargetRefs}, [&](ObjectReader& r) {
    TargetRef ref;
    const auto kind = ReadTargetKind(r, kinds);
    const auto name = r.String("name", {.check = CheckDnsSubdomain, .required = true});
    ref.section_name = r.String("sectionName", {.check = CheckDnsSubdomain});
    if (!kind || !name) return;
    ref.kind = *kind;
    ref.name = *name;
    const auto same = std::find(out.refs.begin(), out.refs.end(), ref);
    if (same != out.refs.end()) {
      spec.at("targetRefs")
          .Add("must not repeat a target: " + std::string(ToString(ref.kind)) + " " + ref.name);
      return;
    }
    out.refs.push_back(std::move(ref));
  });
  spec.Objects("targetSelectors", {.max = kMaxTargetRefs}, [&](ObjectReader& r) {
    const auto kind = ReadTargetKind(r, kinds);
    LabelSelector selector = ReadSelector(r);
    if (kind) out.selectors.push_back({*kind, std::move(selector)});
  });
  out.scope = spec.Enum("scope", kScopes).value_or(out.scope);
  out.mode = spec.Enum("mode", kModes).value_or(out.mode);

  const auto given = [&](std::string_view member) {
    const auto list = spec.Peek(member);
    return list && (!list->IsArray() || list->Items().begin() != list->Items().end());
  };
  const bool refs = given("targetRefs"), selectors = given("targetSelectors");
  if (!refs && !selectors) spec.field().Add("must have targetRefs or targetSelectors");
  if (out.scope != Scope::kNamespace && !selectors) {
    spec.at("scope").Warn(
        std::string(ToString(out.scope)) +
        " has no effect without targetSelectors: targetRefs name objects of the policy's own "
        "namespace");
  }
  return out;
}

void WriteTargets(const PolicyTargets& targets, Json::Value* spec) {
  for (const TargetRef& ref : targets.refs) {
    Json::Value item = KindToJson(ref.kind);
    item["name"] = ref.name;
    if (ref.section_name) item["sectionName"] = *ref.section_name;
    (*spec)["targetRefs"].append(item);
  }
  for (const TargetSelector& selector : targets.selectors) {
    Json::Value item = fairlead::ToJson(selector.selector);
    const Json::Value kind = KindToJson(selector.kind);
    for (const std::string& name : kind.getMemberNames()) item[name] = kind[name];
    (*spec)["targetSelectors"].append(item);
  }
  (*spec)["scope"] = std::string(ToString(targets.scope));
  (*spec)["mode"] = std::string(ToString(targets.mode));
}

PolicyStatus ParsePolicyStatus(const JsonNode& status) {
  PolicyStatus out;
  if (const auto generation = status.Find("observedGeneration")) {
    out.observed_generation = generation->AsInt().value_or(0);
  }
  if (const auto conditions = status.Find("conditions")) {
    for (JsonNode item : conditions->Items()) {
      auto condition = ParseCondition(item);
      if (condition && out.conditions.size() < kMaxConditions)
        out.conditions.push_back(*std::move(condition));
    }
  }
  if (const auto targets = status.Find("targets")) {
    for (JsonNode item : targets->Items()) {
      auto target = ParseTargetStatus(item);
      if (target && out.targets.size() < PolicyStatus::kMaxTargets) out.targets.push_back(*std::move(target));
    }
  }
  if (const auto proxies = status.Find("proxies")) {
    out.proxies.needed = IntAt(*proxies, "needed");
    out.proxies.programmed = IntAt(*proxies, "programmed");
    out.proxies.lagging = TextsAt(*proxies, "lagging", ProxyCounts::kMaxNamed);
    out.proxies.disconnected = TextsAt(*proxies, "disconnected", ProxyCounts::kMaxNamed);
    out.proxies.rejected = TextsAt(*proxies, "rejected", ProxyCounts::kMaxNamed);
  }
  out.waypoints = status.StringAt("waypoints");
  out.failover = ParseFailoverStatus(status);
  return out;
}

namespace {

Json::Value FrameOf(const PolicyStatus& status) {
  Json::Value out(Json::objectValue);
  out["observedGeneration"] = Json::Int64(status.observed_generation);
  out["conditions"] = Json::Value(Json::arrayValue);
  for (const Condition& condition : status.conditions) out["conditions"].append(fairlead::ToJson(condition));
  for (const TargetStatus& target : status.targets) out["targets"].append(ToJson(target));
  out["proxies"] = ToJson(status.proxies);
  if (!status.waypoints.empty()) out["waypoints"] = status.waypoints;
  return out;
}

}  // namespace

Json::Value ToJson(const PolicyStatus& status) {
  Json::Value out = FrameOf(status);
  WriteFailoverStatus(status.failover, &out);
  return out;
}

Json::Value WithoutSources(const PolicyStatus& status) {
  const FailoverStatus& f = status.failover;
  Json::Value out = FrameOf(status);
  WriteFailoverStatus({{}, f.more_sources, f.steps, f.active, f.drill}, &out);
  return out;
}

}  // namespace fairlead::api
