#include "crds/api/failover_status.h"

#include <algorithm>
#include <optional>

#include "crds/api/target_json.h"

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
                         std::string(step.StringAt("missing")), TimeAt(step, "since")});
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

void PutTime(Timestamp time, Json::Value* to) {
  if (time.seconds != 0) (*to)["since"] = time.ToString();
}

// What is said only where there is something to say.
void PutCount(const char* member, int count, Json::Value* to) {
  if (count != 0) (*to)[member] = count;
}

Json::Value ToJson(const FailoverStepStatus& step) {
  Json::Value out(Json::objectValue);
  out["to"] = step.to;
  out["endpoints"] = step.endpoints;
  out["healthy"] = step.healthy;
  out["percent"] = step.percent;
  if (step.missing.empty()) return out;
  out["missing"] = step.missing;
  PutTime(step.since, &out);
  return out;
}

Json::Value ToJson(const FailoverSource& source) {
  Json::Value out = TargetToJson(source);
  for (const int port : source.ports) out["ports"].append(port);
  out["from"] = ToJson(source.from);
  out["active"] = source.active;
  PutCount("unservedPercent", source.unserved, &out);
  PutCount("unreached", source.unreached, &out);
  for (const FailoverStepStatus& step : source.steps) out["steps"].append(ToJson(step));
  PutCount("moreSteps", source.more_steps, &out);
  PutTime(source.since, &out);
  return out;
}

}  // namespace

Json::Value ToJson(const Locality& locality) {
  Json::Value out(Json::objectValue);
  if (!locality.cluster.empty()) out["cluster"] = locality.cluster;
  if (!locality.region.empty()) out["region"] = locality.region;
  if (!locality.zone.empty()) out["zone"] = locality.zone;
  if (!locality.subzone.empty()) out["subzone"] = locality.subzone;
  return out;
}

FailoverStatus ParseFailoverStatus(const JsonNode& status) {
  FailoverStatus out;
  out.steps = status.StringAt("steps");
  out.active = status.StringAt("active");
  out.more_sources = NumberAt(status, "moreSources");
  if (const auto drill = status.Find("drill"); drill && drill->IsObject()) out.drill = ParseDrill(*drill);
  EachAt(status, "sources", FailoverStatus::kMaxSources, [&](const JsonNode& node) {
    if (auto source = ParseSource(node)) out.sources.push_back(*std::move(source));
  });
  return out;
}

void WriteFailoverStatus(const FailoverStatus& failover, Json::Value* status) {
  for (const FailoverSource& source : failover.sources) (*status)["sources"].append(ToJson(source));
  PutCount("moreSources", failover.more_sources, status);
  if (!failover.steps.empty()) (*status)["steps"] = failover.steps;
  if (!failover.active.empty()) (*status)["active"] = failover.active;
  if (failover.drill) (*status)["drill"] = ToJson(*failover.drill);
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
