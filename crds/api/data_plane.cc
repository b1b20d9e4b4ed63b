#include "crds/api/data_plane.h"

#include <algorithm>

#include "crds/api/object_frame.h"
#include "crds/base/meta_json.h"
#include "crds/base/names.h"
#include "crds/base/quantity.h"

namespace fairlead::api {
namespace {

constexpr size_t kMaxWaves = 16, kMaxGates = 4, kMaxResources = 8, kMaxSettings = 64;
constexpr int kMaxNodes = 10'000;
constexpr int kDay = 86'400;

constexpr EnumName<DataPlaneMode> kModes[] = {{"BuiltIn", DataPlaneMode::kBuiltIn},
                                              {"Istio", DataPlaneMode::kIstio}};
constexpr EnumName<DrainMode> kDrains[] = {
    {"None", DrainMode::kNone}, {"Wait", DrainMode::kWait}, {"Evict", DrainMode::kEvict}};
constexpr EnumName<FailureAction> kActions[] = {{"Rollback", FailureAction::kRollback},
                                                {"Pause", FailureAction::kPause}};
const std::vector<std::string_view> kMetrics = {"ConnectionFailures", "Resets", "Denied", "NotReady"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string CheckVersion(std::string_view text) {
  size_t at = 0;
  bool ok = true;
  for (int part = 0; part < 3; ++part) {
    const size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    ok &= at > begin && at - begin <= 5;
    if (part < 2) ok &= at < text.size() && text[at++] == '.';
  }
  if (at < text.size()) {
    ok &= text[at] == '-' && at + 1 < text.size();
    ok &= std::all_of(text.begin() + static_cast<ptrdiff_t>(std::min(at + 1, text.size())), text.end(),
                      [](char c) { return IsAlnum(c) || c == '.' || c == '-'; });
  }
  return ok ? "" : "must be a version such as 1.30.3 or 1.31.0-rc.0";
}

std::string CheckImage(std::string_view text) {
  const bool ok =
      IsAlnum(text[0]) && IsAlnum(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
        return IsAlnum(c) || std::string_view("._:/@-").find(c) != std::string_view::npos;
      });
  return ok ? "" : "must be an image reference such as registry.example.com/istio/ztunnel:1.30.3";
}

std::string CheckEnvironmentName(std::string_view text) {
  const bool ok = !text.empty() && text.size() <= 128 && !IsDigit(text[0]) &&
                  std::all_of(text.begin(), text.end(), [](char c) { return IsAlnum(c) || c == '_'; });
  return ok ? "" : "must be 1 to 128 letters, digits and '_', not starting with a digit";
}

std::string CheckGateMax(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : "0";
  const auto digits = [](std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), IsDigit);
  };
  const bool ok =
      digits(whole) && digits(fraction) && fraction.size() <= 3 &&
      (percent ? whole.size() <= 2 || (whole == "100" && point == text.size()) : whole.size() <= 9);
  return ok ? "" : "must be a number, or a percentage up to 100% such as \"0.5%\"";
}

// A number or text (int-or-string), as text.
std::optional<std::string> ReadNumberOrText(JsonNode node, Field at, std::string (*check)(std::string_view)) {
  if (node.IsString()) return ReadString(node, at, {.max = 32, .check = check});
  if (node.AsInt()) {
    const auto value = ReadInt(node, at, 0, 999'999'999);
    return value ? std::optional(std::to_string(*value)) : std::nullopt;
  }
  at.Add("must be a whole number or a string, is " + std::string(node.type_name()));
  return std::nullopt;
}

std::string CheckQuantity(std::string_view text) {
  return ParseQuantity(text) ? "" : "must be a quantity such as 250m, 0.5 or 128Mi";
}

std::map<std::string, std::string> ReadAmounts(ObjectReader& r, std::string_view member) {
  std::map<std::string, std::string> out;
  r.Map(member, kMaxResources, [&](std::string_view key, JsonNode node, Field at) {
    if (std::string why = CheckLabelKey(key); !why.empty()) r.at(member).Add("the name " + why);
    if (auto amount = ReadNumberOrText(node, at, CheckQuantity)) out[std::string(key)] = *amount;
  });
  return out;
}

ResourceAmounts ReadResources(ObjectReader& r) {
  ResourceAmounts out{ReadAmounts(r, "requests"), ReadAmounts(r, "limits")};
  for (const auto& [name, request] : out.requests) {
    const auto limit = out.limits.find(name);
    if (limit != out.limits.end() && *ParseQuantity(request) > *ParseQuantity(limit->second)) {
      r.field().Add("must not request more than the limit: " + name + " requests " + request + ", limit " +
                    limit->second);
    }
  }
  return out;
}

Component ReadComponent(ObjectReader& spec, std::string_view member) {
  Component out;
  spec.Object(member, [&](ObjectReader& r) {
    out.image = r.String("image", {.max = 512, .check = CheckImage}).value_or("");
    r.Object("resources", [&](ObjectReader& amounts) { out.resources = ReadResources(amounts); });
    r.Map("settings", kMaxSettings, [&](std::string_view key, JsonNode node, Field at) {
      if (std::string why = CheckEnvironmentName(key); !why.empty()) r.at("settings").Add("the name " + why);
      if (auto value = ReadString(node, at, {.min = 0, .max = 1024})) out.settings[std::string(key)] = *value;
    });
  });
  return out;
}

void CheckOrder(ObjectReader& r, const std::vector<Wave>& waves) {
  int nodes = 0, percent = 0;
  bool nodes_fall = false, percents_fall = false, mixed = false;
  for (const Wave& wave : waves) {
    if (wave.nodes) {
      nodes_fall |= *wave.nodes < nodes;
      mixed |= percent > 0;
      nodes = *wave.nodes;
    }
    if (wave.percent) {
      percents_fall |= *wave.percent < percent;
      percent = *wave.percent;
    }
  }
  if (percents_fall) r.at("waves").Add("must not have percents that fall from wave to wave");
  if (nodes_fall) r.at("waves").Add("must not have nodes that fall from wave to wave");
  if (mixed) r.at("waves").Add("must have the waves by nodes before those by percent");
  if (!waves.empty() && waves.back().percent != 100) {
    r.at("waves").Warn("ends before percent: 100: the remaining nodes keep what they run");
  }
}

Wave ReadWave(ObjectReader& r) {
  Wave out;
  out.nodes = r.Int("nodes", 1, kMaxNodes);
  out.percent = r.Int("percent", 1, 100);
  out.soak = r.ReadDuration("soak", {.min = {}, .max = Duration::Seconds(7 * kDay)}).value_or(out.soak);
  if (r.Has("nodes") == r.Has("percent")) r.field().Add("must have one of nodes and percent");
  return out;
}

Gate ReadGate(ObjectReader& r, std::vector<std::string>* metrics) {
  Gate out;
  const auto metric = r.Need("metric");
  if (const auto index = metric ? ReadEnum(*metric, r.at("metric"), kMetrics) : std::nullopt) {
    out.metric = kMetrics[*index];
    if (IsNew(out.metric, *metrics, r.field())) metrics->push_back(out.metric);
  }
  if (const auto max = r.Need("max"))
    out.max = ReadNumberOrText(*max, r.at("max"), CheckGateMax).value_or("");
  const DurationRule window{Duration::Seconds(10), Duration::Seconds(kDay)};
  out.window = r.ReadDuration("window", window).value_or(out.window);
  return out;
}

Rollout ReadRollout(ObjectReader& r) {
  Rollout out;
  bool whole = true;
  r.Objects("waves", {.max = kMaxWaves}, [&](ObjectReader& wave) {
    out.waves.push_back(ReadWave(wave));
    whole &= out.waves.back().nodes.has_value() != out.waves.back().percent.has_value();
  });
  if (whole) CheckOrder(r, out.waves);
  out.drain = r.Enum("drain", kDrains).value_or(out.drain);
  const DurationRule drain{Duration::Seconds(1), Duration::Seconds(kDay)};
  out.drain_timeout = r.ReadDuration("drainTimeout", drain).value_or(out.drain_timeout);
  std::vector<std::string> metrics;
  r.Objects("gates", {.max = kMaxGates},
            [&](ObjectReader& gate) { out.gates.push_back(ReadGate(gate, &metrics)); });
  out.on_failure = r.Enum("onFailure", kActions).value_or(out.on_failure);
  return out;
}

Json::Value ToJson(const std::map<std::string, std::string>& map) {
  Json::Value out(Json::objectValue);
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

Json::Value ToJson(const Component& component) {
  Json::Value out(Json::objectValue);
  if (!component.image.empty()) out["image"] = component.image;
  if (!component.resources.requests.empty())
    out["resources"]["requests"] = ToJson(component.resources.requests);
  if (!component.resources.limits.empty()) out["resources"]["limits"] = ToJson(component.resources.limits);
  if (!component.settings.empty()) out["settings"] = ToJson(component.settings);
  return out;
}

Json::Value ToJson(const Rollout& rollout) {
  Json::Value out(Json::objectValue);
  for (const Wave& wave : rollout.waves) {
    Json::Value item(Json::objectValue);
    if (wave.nodes) item["nodes"] = *wave.nodes;
    if (wave.percent) item["percent"] = *wave.percent;
    item["soak"] = wave.soak.ToString();
    out["waves"].append(item);
  }
  out["drain"] = std::string(NameOf(kDrains, rollout.drain));
  out["drainTimeout"] = rollout.drain_timeout.ToString();
  for (const Gate& gate : rollout.gates) {
    Json::Value item(Json::objectValue);
    item["metric"] = gate.metric;
    item["max"] = gate.max;
    item["window"] = gate.window.ToString();
    out["gates"].append(item);
  }
  out["onFailure"] = std::string(NameOf(kActions, rollout.on_failure));
  return out;
}

}  // namespace

Parsed<DataPlane> ParseDataPlane(const JsonNode& object) {
  return ParseOwn<DataPlane>(object, [](ObjectReader& spec, DataPlane* out) {
    out->mode = spec.Enum("mode", kModes).value_or(out->mode);
    out->version = spec.String("version", {.max = 64, .check = CheckVersion}).value_or("");
    out->ztunnel = ReadComponent(spec, "ztunnel");
    out->cni = ReadComponent(spec, "cni");
    out->waypoint = ReadComponent(spec, "waypoint");
    spec.Object("rollout", [&](ObjectReader& r) { out->rollout = ReadRollout(r); });
  });
}

Json::Value ToJson(const DataPlane& plane) {
  Json::Value out = ObjectToJson(plane.kKind, plane.meta);
  Json::Value& spec = out["spec"];
  spec["mode"] = std::string(NameOf(kModes, plane.mode));
  if (!plane.version.empty()) spec["version"] = plane.version;
  const std::pair<const char*, const Component*> components[] = {
      {"ztunnel", &plane.ztunnel}, {"cni", &plane.cni}, {"waypoint", &plane.waypoint}};
  for (const auto& [name, component] : components) {
    Json::Value json = ToJson(*component);
    if (!json.empty()) spec[name] = json;
  }
  spec["rollout"] = ToJson(plane.rollout);
  return out;
}

}  // namespace fairlead::api
