// The metrics of telemetry.h.
#include <algorithm>

#include "operator/app/telemetry.h"
#include "reconcilers/lower/view.h"

namespace fairlead::app {
namespace {

constexpr std::string_view kTypeNames[] = {"cluster",      "endpoints", "listener",
                                           "scoped_route", "route",     "runtime"};
static_assert(std::size(kTypeNames) == xds::kTypeCount);

std::vector<runtime::Counter> ByType(runtime::Metrics* metrics, const char* name, const char* help) {
  std::vector<runtime::Counter> out;
  for (const std::string_view type : kTypeNames) {
    out.push_back(metrics->AddCounter(name, help, {{"type", std::string(type)}}));
  }
  return out;
}

// What is read from the parts when /metrics is asked for.
class Gauges {
 public:
  Gauges(runtime::Metrics* m, TelemetryParts parts)
      : parts_(parts),
        leader_(m->AddGauge("fairlead_leader", "1 while this process may write to the API server.")),
        events_(m->AddCounter("fairlead_engine_events_total", "Watch events taken.")),
        rounds_(m->AddCounter("fairlead_engine_rounds_total", "Rounds of lowering.")),
        lowered_(m->AddCounter("fairlead_engine_services_lowered_total", "Services that came out changed.")),
        published_(
            m->AddCounter("fairlead_engine_resources_published_total",
                          "xDS resources published, once for each waypoint to which the content is new.")),
        pending_(m->AddGauge("fairlead_engine_pending_events", "Watch events that wait.")),
        writes_(m->AddCounter("fairlead_status_writes_total", "Policy statuses written.")),
        istio_writes_(m->AddCounter("fairlead_istio_writes_total", "Objects for istiod written or deleted.")),
        istio_queue_(
            m->AddGauge("fairlead_istio_queue", "Services whose objects for istiod are to be looked at.")),
        tenancy_queue_(
            m->AddGauge("fairlead_tenancy_queue", "Workspaces whose objects are to be looked at.")),
        queue_(m->AddGauge("fairlead_status_queue", "Policies whose status is to be looked at.")),
        proxies_(m->AddGauge("fairlead_proxies_connected", "Connected proxies.")),
        replicas_(m->AddGauge("fairlead_replicas_reporting", "Replicas that report their proxies here.")),
        dropped_(
            m->AddCounter("fairlead_events_dropped_total", "Events for users that were over the budget.")) {
    for (const Kind kind : WatchedKinds()) {
      const runtime::MetricLabels labels = {{"kind", std::string(ToString(kind))}};
      synced_.emplace(kind, m->AddGauge("fairlead_watch_synced", "1 once the kind was listed.", labels));
      up_.emplace(kind, m->AddGauge("fairlead_watch_up", "1 while changes of the kind are seen.", labels));
      lists_.emplace(kind, m->AddCounter("fairlead_watch_lists_total", "Lists begun.", labels));
      invalid_.emplace(kind, m->AddGauge("fairlead_invalid_objects", "Objects that cannot be read.", labels));
    }
    for (const TenancyKind& kind : TenancyKinds()) {
      tenancy_objects_.push_back(m->AddGauge("fairlead_tenancy_objects",
                                             "Objects of workspaces in the cluster.", {{"kind", kind.kind}}));
    }
    for (const char* state : {"Running", "Ended", "Refused"}) {
      drills_.emplace(state,
                      m->AddGauge("fairlead_drills", "Drills of FailoverPolicies by what came of them.",
                                  {{"state", state}}));
    }
    for (size_t i = 0; i < reconcilers::kStandCount; ++i) {
      stands_.push_back(
          m->AddGauge("fairlead_waypoint_services",
                      "Services by how they stand to the waypoint that their workspace wants for them.",
                      {{"state", std::string(ToString(static_cast<reconcilers::Stand>(i)))}}));
    }
    for (const auto& [condition, reasons] : kReasons) {
      for (const char* reason : reasons) {
        policies_.emplace(std::pair(condition, reason),
                          m->AddGauge("fairlead_policies", "Policies by what their statuses say.",
                                      {{"condition", condition}, {"reason", reason}}));
      }
    }
  }

  void Update() {
    const EngineStats stats = parts_.engine->stats();
    leader_.Set(parts_.fence->Leading() ? 1 : 0);
    events_.RaiseTo(static_cast<double>(stats.events));
    rounds_.RaiseTo(static_cast<double>(stats.drains));
    lowered_.RaiseTo(static_cast<double>(stats.services_lowered));
    published_.RaiseTo(static_cast<double>(stats.resources_published));
    pending_.Set(static_cast<double>(stats.pending));
    writes_.RaiseTo(static_cast<double>(parts_.statuses->writes()));
    const runtime::QueueStats queue = parts_.statuses->queue();
    queue_.Set(static_cast<double>(queue.ready + queue.waiting + queue.running));
    if (parts_.istio != nullptr) {
      istio_writes_.RaiseTo(static_cast<double>(parts_.istio->writes()));
      const runtime::QueueStats services = parts_.istio->queue();
      istio_queue_.Set(static_cast<double>(services.ready + services.waiting + services.running));
    }
    if (parts_.tenancy != nullptr) {
      const runtime::QueueStats workspaces = parts_.tenancy->queue();
      tenancy_queue_.Set(static_cast<double>(workspaces.ready + workspaces.waiting + workspaces.running));
      const std::vector<size_t> counts = parts_.tenancy->objects().Counts();
      for (size_t i = 0; i < counts.size(); ++i) tenancy_objects_[i].Set(static_cast<double>(counts[i]));
    }
    dropped_.RaiseTo(static_cast<double>(parts_.events->dropped()));
    proxies_.Set(static_cast<double>(parts_.catalog->ConnectedProxies()));
    replicas_.Set(static_cast<double>(parts_.peers->peers()));
    for (const auto& [kind, status] : parts_.watches->status()) {
      synced_.at(kind).Set(status.synced ? 1 : 0);
      const bool up =
          status.phase == kube::WatchPhase::kWatching || status.phase == kube::WatchPhase::kAbsent;
      up_.at(kind).Set(up ? 1 : 0);
      lists_.at(kind).RaiseTo(static_cast<double>(status.lists));
    }
    parts_.engine->Read([this](const reconcilers::World& world) { UpdateFrom(world); });
  }

 private:
  using Reason = std::pair<std::string, std::string>;
  // Closed sets; Pending: no status was written yet.
  inline static const std::map<std::string, std::vector<const char*>> kReasons = {
      {"Accepted", {"Accepted", "Invalid", "Conflicted", "TargetNotFound", "Pending"}},
      {"Programmed", {"Programmed", "PartiallyProgrammed", "Reconciling", "Overridden", "Pending"}},
      {"Consistent", {"DiffersInCluster"}}};  // no other is told of

  void UpdateFrom(const reconcilers::World& world) {
    for (const auto& [state, count] : world.DrillCounts()) drills_.at(state).Set(static_cast<double>(count));
    for (auto& [kind, gauge] : invalid_) gauge.Set(static_cast<double>(world.InvalidCount(kind)));
    std::vector<int> stands(stands_.size());
    for (const auto& [ns, plan] : world.view().waypoint_plans.by_namespace) {
      for (const auto& [service, stand] : plan.services) ++stands[static_cast<size_t>(stand.stand)];
    }
    for (size_t i = 0; i < stands.size(); ++i) stands_[i].Set(stands[i]);
    std::map<Reason, int> counts;
    for (const ObjectKey& key : world.policies()) {
      const std::optional<AnyObject> object = world.Find(key);
      if (object) {
        WithConditionsOf(*object, [&](const std::vector<Condition>& conditions) {
          for (const auto& [condition, reasons] : kReasons)
            ++counts[{condition, ReasonOf(conditions, condition)}];
        });
      }
    }
    for (auto& [reason, gauge] : policies_) gauge.Set(counts[reason]);
  }

  // Of the status that the policy carries, which can be large: it is not copied.
  template <class F>
  static void WithConditionsOf(const AnyObject& object, F&& read) {
    const auto of = [&](const auto& policy) {
      read(policy->status ? policy->status->conditions : std::vector<Condition>());
    };
    if (const auto* retry = std::get_if<Ptr<api::RetryTimeoutPolicy>>(&object)) return of(*retry);
    if (const auto* failover = std::get_if<Ptr<api::FailoverPolicy>>(&object)) return of(*failover);
    const std::optional<api::ObjectStatus> of_invalid = LiveObjectStatusOf(object);
    read(of_invalid ? api::ConditionsOf(*of_invalid) : std::vector<Condition>());
  }

  static std::string ReasonOf(const std::vector<Condition>& conditions, const std::string& type) {
    const auto found = std::find_if(conditions.begin(), conditions.end(),
                                    [&](const Condition& c) { return c.type == type; });
    return found == conditions.end() ? "Pending" : found->reason;
  }

  const TelemetryParts parts_;
  runtime::Gauge leader_;
  runtime::Counter events_, rounds_, lowered_, published_;
  runtime::Gauge pending_;
  runtime::Counter writes_, istio_writes_;
  std::vector<runtime::Gauge> tenancy_objects_;
  runtime::Gauge istio_queue_, tenancy_queue_, queue_, proxies_, replicas_;
  runtime::Counter dropped_;
  std::map<Kind, runtime::Gauge> synced_, up_, invalid_;
  std::map<Kind, runtime::Counter> lists_;
  std::map<Reason, runtime::Gauge> policies_;
  std::map<std::string, runtime::Gauge> drills_;
  std::vector<runtime::Gauge> stands_;  // by Stand
};

}  // namespace

XdsMetrics::XdsMetrics(runtime::Metrics* metrics)
    : streams_(metrics->AddGauge("fairlead_xds_streams", "Open xDS streams.")),
      refused_(metrics->AddCounter("fairlead_xds_refused_total",
                                   "Streams and requests refused: malformed, or over a limit.")),
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
  auto gauges = std::make_shared<Gauges>(metrics, parts);
  metrics->BeforeText([gauges] { gauges->Update(); });
}

}  // namespace fairlead::app
