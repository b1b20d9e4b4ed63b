#include "crds/api/failover_drill.h"

#include "crds/api/policy_reader.h"
#include "crds/base/meta_json.h"
#include "crds/base/names.h"

namespace fairlead::api {
namespace {

constexpr size_t kMaxTime = 40;

std::string CheckZone(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos && CheckLocalityName(text.substr(0, slash)).empty() &&
      CheckLocalityName(text.substr(slash + 1)).empty()) {
    return "";
  }
  return "must be REGION/ZONE, such as us-east/us-east-1a";
}

std::string CheckServiceName(std::string_view text) {
  const size_t slash = text.find('/');
  const bool in_ns = slash != std::string_view::npos;
  if ((!in_ns || CheckDnsLabel(text.substr(0, slash)).empty()) &&
      CheckDnsSubdomain(in_ns ? text.substr(slash + 1) : text).empty()) {
    return "";
  }
  return "must be NAME or NAMESPACE/NAME of a service";
}

std::string CheckTime(std::string_view text) {
  Timestamp time;
  return Timestamp::Parse(text, &time) ? "" : "must be a time such as 2026-11-21T04:05:06Z (RFC 3339)";
}

Locality ReadDown(ObjectReader& r) {
  Locality out;
  out.cluster = r.String("cluster", kPlaceRule).value_or("");
  out.region = r.String("region", kPlaceRule).value_or("");
  if (const auto zone = r.String("zone", {.max = 127, .check = CheckZone})) {
    out.region = zone->substr(0, zone->find('/'));
    out.zone = zone->substr(zone->find('/') + 1);
  }
  const int given = (r.Has("cluster") ? 1 : 0) + (r.Has("region") ? 1 : 0) + (r.Has("zone") ? 1 : 0);
  if (given != 1) r.field().Add("must have one of zone, region and cluster");
  return out;
}

}  // namespace

std::string DownToString(const Locality& down) {
  if (!down.cluster.empty()) return "cluster " + down.cluster;
  return down.zone.empty() ? "region " + down.region : "zone " + down.region + "/" + down.zone;
}

std::optional<FailoverDrill> ReadDrill(ObjectReader& spec) {
  std::optional<FailoverDrill> out;
  spec.Object("drill", [&](ObjectReader& r) {
    FailoverDrill& drill = out.emplace();
    r.Object(
        "down", [&](ObjectReader& down) { drill.down = ReadDown(down); }, true);
    drill.services = ReadStringSet(r, "services", {.max = FailoverDrill::kMaxServices},
                                   {.max = 317, .check = CheckServiceName});
    drill.weight = r.Int("weight", 0, 99).value_or(0);
    const auto until = r.String("until", {.max = kMaxTime, .check = CheckTime, .required = true});
    if (until) Timestamp::Parse(*until, &drill.until);
    drill.force = r.Bool("force").value_or(false);
  });
  return out;
}

Json::Value ToJson(const FailoverDrill& drill) {
  Json::Value out(Json::objectValue);
  Json::Value& down = out["down"];
  if (!drill.down.cluster.empty()) {
    down["cluster"] = drill.down.cluster;
  } else if (drill.down.zone.empty()) {
    down["region"] = drill.down.region;
  } else {
    down["zone"] = drill.down.region + "/" + drill.down.zone;
  }
  if (!drill.services.empty()) out["services"] = fairlead::ToJson(drill.services);
  out["weight"] = drill.weight;
  out["until"] = drill.until.ToString();
  out["force"] = drill.force;
  return out;
}

}  // namespace fairlead::api
