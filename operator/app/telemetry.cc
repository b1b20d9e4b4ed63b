#include "operator/app/telemetry.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/render.h"

namespace fairlead::app {
namespace {

constexpr std::string_view kTypeNames[] = {"cluster", "endpoints", "listener", "scoped_route", "route"};
static_assert(std::size(kTypeNames) == xds::kTypeCount);

std::vector<runtime::Counter> ByType(runtime::Metrics* metrics, const char* name, const char* help) {
  std::vector<runtime::Counter> out;
  for (const std::string_view type : kTypeNames) {
    out.push_back(metrics->AddCounter(name, help, {{"type", std::string(type)}}));
  }
  return out;
}

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
      out[key.ToString()] = api::ToJson(world.StatusOf(key, catalog->CountFor(key, expected)));
    }
    return out;
  });
}

Json::Value ParsedText(const std::string& text) {
  const Result<JsonDocument> document = JsonDocument::Parse(text, 256u << 20);
  return document ? ToJsonValue(document->root()) : Json::Value(text);
}

}  // namespace

XdsMetrics::XdsMetrics(runtime::Metrics* metrics)
    : streams_(metrics->AddGauge("fairlead_xds_streams", "Open xDS streams.")),
      refused_(metrics->AddCounter("fairlead_xds_refused_total", "Streams and requests refused: malformed, or over a limit.")),
      resources_(ByType(metrics, "fairlead_xds_resources_sent_total", "Resources sent.")),
      removed_(ByType(metrics, "fairlead_xds_removals_sent_total", "Removals sent.")),
      bytes_(ByType(metrics, "fairlead_xds_sent_bytes_total", "Bytes of responses sent.")),
      acks_(ByType(metrics, "fairlead_xds_acks_total", "Responses that a proxy accepted.")),
      nacks_(ByType(metrics, "fairlead_xds_nacks_total", "Responses that a proxy rejected.")),
      written_(metrics->AddHistogram("fairlead_xds_publish_to_written_seconds",
                                     "From the publication of a change until the transport took it.",
                                     runtime::Metrics::LatencyBounds())) {}

void XdsMetrics::OnStream(int change) { streams_.Set(open_ += change); }
void XdsMetrics::OnRefused() { refused_.Add(); }
void XdsMetrics::OnPush(xds::Type type, size_t resources, size_t removed, size_t bytes) {
  const auto i = static_cast<size_t>(type);
  resources_[i].Add(static_cast<double>(resources));
  removed_[i].Add(static_cast<double>(removed));
  bytes_[i].Add(static_cast<double>(bytes));
}
void XdsMetrics::OnWritten(xds::Type, std::chrono::nanoseconds since) {
  written_.Observe(std::chrono::duration<double>(since).count());
}
void XdsMetrics::OnAnswer(xds::Type type, bool accepted) {
  (accepted ? acks_ : nacks_)[static_cast<size_t>(type)].Add();
}

void AddMetrics(runtime::Metrics* metrics, TelemetryParts parts) {
  struct Gauges {
    runtime::Gauge leader, events, drains, lowered, published, pending, writes, queue, proxies, dropped;
    std::map<Kind, runtime::Gauge> synced, failures, lists;
  };
  auto gauges = std::make_shared<Gauges>(Gauges{
      metrics->AddGauge("fairlead_leader", "1 while this process holds the lease."),
      metrics->AddGauge("fairlead_engine_events", "Watch events taken since the start."),
      metrics->AddGauge("fairlead_engine_rounds", "Rounds of lowering since the start."),
      metrics->AddGauge("fairlead_engine_services_lowered", "Services that came out changed, since the start."),
      metrics->AddGauge("fairlead_engine_resources_published", "xDS resources published since the start."),
      metrics->AddGauge("fairlead_engine_pending", "Watch events that wait."),
      metrics->AddGauge("fairlead_status_writes", "Policy statuses written since the start."),
      metrics->AddGauge("fairlead_status_queue", "Policies whose status is to be looked at."),
      metrics->AddGauge("fairlead_proxies_connected", "Connected proxies."),
      metrics->AddGauge("fairlead_events_dropped", "Events for users that were over the budget."),
      {}, {}, {}});
  for (const Kind kind : WatchedKinds()) {
    const runtime::MetricLabels labels = {{"kind", std::string(ToString(kind))}};
    gauges->synced.emplace(kind, metrics->AddGauge("fairlead_watch_synced", "1 once the kind was listed.", labels));
    gauges->failures.emplace(kind, metrics->AddGauge("fairlead_watch_failures", "Failures in a row.", labels));
    gauges->lists.emplace(kind, metrics->AddGauge("fairlead_watch_lists", "Lists begun since the start.", labels));
  }
  metrics->BeforeText([gauges, parts] {
    const EngineStats stats = parts.engine->stats();
    gauges->leader.Set(parts.fence->Leading() ? 1 : 0);
    gauges->events.Set(static_cast<double>(stats.events));
    gauges->drains.Set(static_cast<double>(stats.drains));
    gauges->lowered.Set(static_cast<double>(stats.services_lowered));
    gauges->published.Set(static_cast<double>(stats.resources_published));
    gauges->pending.Set(static_cast<double>(stats.pending));
    gauges->writes.Set(static_cast<double>(parts.statuses->writes()));
    const runtime::QueueStats queue = parts.statuses->queue();
    gauges->queue.Set(static_cast<double>(queue.ready + queue.waiting + queue.running));
    gauges->dropped.Set(static_cast<double>(parts.events->dropped()));
    double connected = 0;
    for (const xds::ProxyProgress& proxy : parts.catalog->Proxies()) connected += proxy.connected ? 1 : 0;
    gauges->proxies.Set(connected);
    for (const auto& [kind, status] : parts.watches->status()) {
      gauges->synced.at(kind).Set(status.synced ? 1 : 0);
      gauges->failures.at(kind).Set(status.failures);
      gauges->lists.at(kind).Set(static_cast<double>(status.lists));
    }
  });
}

void AddDumps(runtime::DebugDump* dump, TelemetryParts parts) {
  dump->Add("watches", [parts] { return WatchesDump(*parts.watches); });
  dump->Add("engine", [parts] { return EngineDump(*parts.engine); });
  dump->Add("xds", [parts] { return ParsedText(parts.catalog->Dump()); });
  dump->Add("policies", [parts] { return PoliciesDump(parts.engine, parts.catalog); });
  dump->Add("leader", [parts] { return Json::Value(parts.fence->Leading()); });
  dump->Add("effective", [parts] {
    return parts.engine->Read([](const reconcilers::World& world) {
      Json::Value out(Json::arrayValue);
      for (Json::Value& document : reconcilers::RenderEffective(world, {.endpoints = true})) out.append(std::move(document));
      return out;
    });
  });
}

}  // namespace fairlead::app
