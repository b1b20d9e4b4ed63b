#include "operator/app/telemetry.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/render.h"
#include "reconcilers/tenancy/tenancy.h"

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

// Each workspace with its namespaces and what there is of it.
Json::Value TenancyDump(Engine* engine, const TenancyLoop& loop) {
  Json::Value out(Json::objectValue);
  const TenancyObjects& objects = loop.objects();
  out["missing"] = Json::Value(Json::arrayValue);
  for (size_t kind = 0; kind < TenancyKinds().size(); ++kind) {
    if (objects.missing(kind)) out["missing"].append(TenancyKinds()[kind].ToString());
  }
  const runtime::QueueStats queue = loop.queue();
  out["queue"] = Json::UInt64(queue.ready + queue.waiting + queue.running);
  Json::Value& workspaces = out["workspaces"] = Json::objectValue;
  engine->Read([&](const reconcilers::World& world) {
    for (const auto& [name, workspace] : world.tenancy().by_name()) {
      Json::Value& namespaces = workspaces[name]["namespaces"] = Json::arrayValue;
      for (const std::string& ns : workspace->namespaces) namespaces.append(ns);
    }
  });
  for (const std::string& name : objects.Workspaces()) {
    Json::Value& list = workspaces[name]["objects"] = Json::arrayValue;
    for (const Json::Value& object : objects.Of(name)) {
      list.append(object["kind"].asString() + " " +
                  NamespacedName{NamespaceOf(object), object["metadata"]["name"].asString()}.ToString());
    }
  }
  return out;
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
  if (parts.tenancy != nullptr)
    dump->Add("tenancy", [parts] { return TenancyDump(parts.engine, *parts.tenancy); });
  if (parts.clusters != nullptr) dump->Add("clusters", [parts] { return parts.clusters->Dump(); });
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
