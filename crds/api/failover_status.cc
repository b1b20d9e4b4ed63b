#include "crds/api/failover_status.h"

#include <algorithm>
#include <optional>

#include "crds/api/target_json.h"
#include "crds/base/json_object.h"
#include "crds/base/json_write.h"

namespace fairlead::api {
namespace {

int NumberAt(const JsonNode& node, std::string_view member) {
  const auto found = node.Find(member);
  return static_cast<int>(std::clamp<int64_t>(found ? found->AsInt().value_or(0) : 0, 0, 1 << 30));
}

Timestamp TimeAt(const JsonNode& node, std::string_view member) {
  Timestamp out;
  Timestamp::Parse(node.StringAt(member), &out);
  return out;
}

// At most `max` of the list.
template <class F>
void EachAt(const JsonNode& node, std::string_view member, size_t max, F take) {
  const auto list = node.Find(member);
  if (!list) return;
  for (JsonNode item : list->Items()) {
    if (max-- == 0) return;
    take(item);
  }
}

std::optional<FailoverSource> ParseSource(const JsonNode& node) {
  FailoverSource out;
  if (!ReadTarget(node, &out)) return std::nullopt;
  EachAt(node, "ports", FailoverSource::kMaxPorts, [&](const JsonNode& port) {
    out.ports.push_back(static_cast<int>(std::clamp<int64_t>(port.AsInt().value_or(0), 0, 65535)));
  });
  if (const auto from = node.Find("from")) {
    out.from = {std::string(from->StringAt("cluster")), std::string(from->StringAt("region")),
                std::string(from->StringAt("zone")), std::string(from->StringAt("subzone"))};
  }
  out.active = NumberAt(node, "active");
  out.unserved = NumberAt(node, "unservedPercent");
  out.unreached = NumberAt(node, "unreached");
  out.more_steps = NumberAt(node, "moreSteps");
  out.since = TimeAt(node, "since");
  EachAt(node, "steps", FailoverSource::kMaxSteps, [&](const JsonNode& step) {
    out.steps.push_back({std::string(step.StringAt("to")), NumberAt(step, "endpoints"),
                         NumberAt(step, "healthy"), NumberAt(step, "percent"),
                         std::string(step.StringAt("missing")), TimeAt(step, "since"),
                         NumberAt(step, "number")});
  });
  return out;
}

DrillStatus ParseDrill(const JsonNode& node) {
  DrillStatus out;
  out.state = node.StringAt("state");
  out.reason = node.StringAt("reason");
  out.down = node.StringAt("down");
  out.weight = NumberAt(node, "weight");
  out.until = TimeAt(node, "until");
  out.message = node.StringAt("message");
  if (const auto proxies = node.Find("proxies")) {
    out.needed = NumberAt(*proxies, "needed");
    out.programmed = NumberAt(*proxies, "programmed");
  }
  return out;
}

Json::Value ToJson(const DrillStatus& drill) {
  Json::Value out(Json::objectValue);
  out["state"] = drill.state;
  out["reason"] = drill.reason;
  out["down"] = drill.down;
  out["weight"] = drill.weight;
  out["until"] = drill.until.ToString();
  out["message"] = drill.message;
  out["proxies"]["needed"] = drill.needed;
  out["proxies"]["programmed"] = drill.programmed;
  return out;
}

// What is said only where there is something to say.
void PutCount(const char* member, int count, Json::Value* to) {
  if (count != 0) (*to)[member] = count;
}

void AppendTime(Timestamp time, JsonObject* to) {
  if (time.seconds != 0) to->Text("since", time.ToString());
}

void Append(const FailoverStepStatus& step, std::string* out) {
  JsonObject object(out);
  object.NumberIfAny("number", step.number);
  object.Text("to", step.to);
  object.Number("endpoints", step.endpoints);
  object.Number("healthy", step.healthy);
  object.Number("percent", step.percent);
  if (step.missing.empty()) return;
  object.Text("missing", step.missing);
  AppendTime(step.since, &object);
}

template <class F>
void EachField(const Locality& locality, F&& take) {
  take("cluster", locality.cluster);
  take("region", locality.region);
  take("zone", locality.zone);
  take("subzone", locality.subzone);
}

void Append(const Locality& locality, std::string* out) {
  JsonObject object(out);
  EachField(locality, [&](const char* field, const std::string& value) { object.TextIfAny(field, value); });
}

void Append(const FailoverSource& source, std::string* out) {
  JsonObject object(out);
  object.Text("group", InfoOf(source.kind).group);
  object.Text("kind", InfoOf(source.kind).name);
  object.Text("namespace", source.ns);
  object.Text("name", source.name);
  if (!source.ports.empty()) {
    object.Key("ports");
    AppendJsonList(source.ports, out, [&](int port) { *out += std::to_string(port); });
  }
  object.Key("from");
  Append(source.from, out);
  object.Number("active", source.active);
  object.NumberIfAny("unservedPercent", source.unserved);
  object.NumberIfAny("unreached", source.unreached);
  if (!source.steps.empty()) {
    object.Key("steps");
    AppendJsonList(source.steps, out, [&](const FailoverStepStatus& step) { Append(step, out); });
  }
  object.NumberIfAny("moreSteps", source.more_steps);
  AppendTime(source.since, &object);
}

}  // namespace

Json::Value ToJson(const Locality& locality) {
  Json::Value out(Json::objectValue);
  EachField(locality, [&](const char* field, const std::string& value) {
    if (!value.empty()) out[field] = value;
  });
  return out;
}

FailoverStatus ParseFailoverStatus(const JsonNode& status) {
  FailoverStatus out;
  out.steps = status.StringAt("steps");
  out.active = status.StringAt("active");
  out.outlier_detection = status.StringAt("outlierDetection");
  out.more_sources = NumberAt(status, "moreSources");
  if (const auto drill = status.Find("drill"); drill && drill->IsObject()) out.drill = ParseDrill(*drill);
  EachAt(status, "sources", FailoverStatus::kMaxSources, [&](const JsonNode& node) {
    if (auto source = ParseSource(node)) out.sources.push_back(*std::move(source));
  });
  return out;
}

void WriteFailoverStatus(const FailoverStatus& failover, Json::Value* status) {
  if (!failover.sources.empty()) {
    const std::string text = WriteSources(failover.sources);
    const Result<JsonDocument> sources = JsonDocument::Parse(text, text.size());
    if (sources) (*status)["sources"] = ToJsonValue(sources->root());  // else it came from what is no UTF-8
  }
  PutCount("moreSources", failover.more_sources, status);
  if (!failover.steps.empty()) (*status)["steps"] = failover.steps;
  if (!failover.active.empty()) (*status)["active"] = failover.active;
  if (!failover.outlier_detection.empty()) (*status)["outlierDetection"] = failover.outlier_detection;
  if (failover.drill) (*status)["drill"] = ToJson(*failover.drill);
}

std::string WriteSources(const std::vector<FailoverSource>& sources) {
  std::string out;
  AppendJsonList(sources, &out, [&](const FailoverSource& source) { Append(source, &out); });
  return out;
}

void StampTimes(FailoverStatus* status, const FailoverStatus* live, Timestamp now) {
  for (FailoverSource& source : status->sources) {
    const FailoverSource* before = nullptr;
    if (live != nullptr) {
      const auto at = std::find_if(live->sources.begin(), live->sources.end(),
                                   [&](const FailoverSource& other) { return SameView(other, source); });
      if (at != live->sources.end()) before = &*at;
    }
    const bool kept = before != nullptr && before->active == source.active && before->since.seconds != 0;
    source.since = kept ? before->since : now;
    for (FailoverStepStatus& step : source.steps) {
      step.since = now;
      if (before == nullptr) continue;
      for (const FailoverStepStatus& other : before->steps) {
        const bool same = other.to == step.to && other.missing == step.missing;
        if (same && other.since.seconds != 0) step.since = other.since;
      }
    }
  }
}

}  // namespace fairlead::api
