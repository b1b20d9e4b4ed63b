#include "operator/app/telemetry.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/render.h"

namespace fairlead::app {
namespace {

Json::Value WatchesDump(const Watches& watches) {
  Json::Value out(Json::objectValue);
  for (const auto& [kind, status] : watches.status()) {
    Json::Value& w = out[std::string(ToString(kind))];
    w["phase"] = std::string(kube::ToString(status.phase));
    w["synced"] = status.synced;
    w["reason"] = status.reason;
    w["failures"] = status.failures;
    w["lists"] = Json::UInt64(status.lists);
    w["streams"] = Json::UInt64(status.streams);
    w["events"] = Json::UInt64(status.events);
    w["bookmarks"] = Json::UInt64(status.bookmarks);
  }
  return out;
}

Json::Value EngineDump(const Engine& engine) {
  const EngineStats stats = engine.stats();
  Json::Value out;
  out["events"] = Json::UInt64(stats.events);
  out["drains"] = Json::UInt64(stats.drains);
  out["servicesLowered"] = Json::UInt64(stats.services_lowered);
  out["resourcesPublished"] = Json::UInt64(stats.resources_published);
  out["pending"] = Json::UInt64(stats.pending);
  out["pendingKinds"] = Json::Value(Json::arrayValue);
  for (const Kind kind : engine.PendingKinds()) out["pendingKinds"].append(std::string(ToString(kind)));
  return out;
}

Json::Value PoliciesDump(Engine* engine, const xds::Catalog* catalog) {
  return engine->Read([&](const reconcilers::World& world) {
    Json::Value out(Json::objectValue);
    for (const ObjectKey& key : world.policies()) {
      std::map<xds::Audience, std::vector<std::string>> expected;
      for (const NamespacedName& waypoint : world.WaypointsOf(key)) {
        const auto found = world.waypoints().find(waypoint);
        if (found != world.waypoints().end()) expected[waypoint] = found->second->proxies;
      }
      const std::optional<AnyObject> object = world.Find(key);
      const int64_t generation = object ? MetaOf(*object).generation : 0;
      out[key.ToString()] = api::ToJson(world.StatusOf(key, catalog->CountFor(key, expected, generation)));
    }
    return out;
  });
}

Json::Value ParsedText(const std::string& text) {
  const Result<JsonDocument> document = JsonDocument::Parse(text, 256u << 20);
  return document ? ToJsonValue(document->root()) : Json::Value(text);
}

}  // namespace

void AddDumps(runtime::DebugDump* dump, TelemetryParts parts) {
  dump->Add("watches", [parts] { return WatchesDump(*parts.watches); });
  dump->Add("engine", [parts] { return EngineDump(*parts.engine); });
  dump->Add("xds", [parts] { return ParsedText(parts.catalog->Dump()); });
  dump->Add("policies", [parts] { return PoliciesDump(parts.engine, parts.catalog); });
  dump->Add("leader", [parts] { return Json::Value(parts.fence->Leading()); });
  dump->Add("effective", [parts] {
    return parts.engine->Read([](const reconcilers::World& world) {
      Json::Value out(Json::arrayValue);
      for (Json::Value& document : reconcilers::RenderEffective(world, {.endpoints = true}))
        out.append(std::move(document));
      return out;
    });
  });
}

}  // namespace fairlead::app
