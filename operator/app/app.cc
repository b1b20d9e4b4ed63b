#include "operator/app/app.h"

#include "dataplane/server/ads_server.h"
#include "operator/app/cluster_feed.h"
#include "operator/app/engine.h"
#include "operator/app/gateway_facts.h"
#include "operator/app/istio_loop.h"
#include "operator/app/ledger.h"
#include "operator/app/peer_reporter.h"
#include "operator/app/status_loop.h"
#include "operator/app/telemetry.h"
#include "operator/app/tenancy_loop.h"
#include "operator/app/watches.h"
#include "operator/app/waypoint_loop.h"
#include "operator/app/webhooks.h"
#include "operator/kube/cpprest_transport.h"
#include "operator/runtime/admin.h"
#include "operator/runtime/http_server.h"
#include "operator/runtime/lease_runner.h"
#include "operator/runtime/metered_transport.h"

namespace fairlead::app {
namespace {

constexpr std::chrono::seconds kDrain{2};  // streams that do not end within it are cut
constexpr const char kLeaseName[] = "fairlead-operator";

EngineOptions EngineOptionsOf(const Options& options, const Clock* clock) {
  EngineOptions out;
  out.world.cluster_domain = options.cluster_domain;
  out.world.trust_domain = options.trust_domain;
  out.world.ztunnel_dry_run = options.ztunnel_dry_run;
  out.world.break_glass_groups = options.break_glass_groups;
  out.world.cluster_name = options.cluster_name;
  out.world.root_namespace = options.ns;
  out.world.istio_mode = options.istio_mode;
  out.world.keep_rules = options.istio_mode;  // objects for istiod are made from whole services
  out.world.istio_reported = options.istio_mode && options.roles.contains(Role::kControllers);
  out.await_istio = out.world.istio_reported;
  out.await_clusters = options.clusters;
  out.world.tenancy_reported = options.roles.contains(Role::kControllers);
  out.planner.plaintext_address = options.waypoint_plaintext.host;
  out.planner.plaintext_port = options.waypoint_plaintext.port;
  out.kinds = WatchedKinds();
  out.clock = clock;
  return out;
}

xds::AdsServerOptions AdsOptionsOf(const Options& options) {
  xds::AdsServerOptions out;
  if (options.xds_plaintext) out.plaintext_address = options.xds_plaintext->ToString();
  if (options.xds) {
    out.tls_address = options.xds->ToString();
    out.tls_certificate = options.xds_cert_dir + "/tls.crt";
    out.tls_key = options.xds_cert_dir + "/tls.key";
    out.tls_client_ca = options.xds_cert_dir + "/ca.crt";
  }
  return out;
}

xds::PeerLinkOptions PeerTlsOf(const Options& options) {
  if (!options.xds) return {};
  const xds::AdsServerOptions own = AdsOptionsOf(options);
  return {"", own.tls_certificate, own.tls_key, own.tls_client_ca};
}

KeeperOptions KeeperOptionsOf(const Options& options) {
  KeeperOptions out;
  out.secret = {{"", "v1", "secrets"}, options.ns, options.webhook_secret};
  out.configuration = options.webhook_configuration;
  const std::string host = options.webhook_service + "." + options.ns + ".svc";
  out.rules.names = {host, host + "." + options.cluster_domain};
  return out;
}

LedgerRules LedgerRulesOf(const Options& options) {
  LedgerRules out;
  out.ns = options.ns;
  for (const Kind kind : WatchedKinds()) {
    if (reconcilers::IsRecorded(kind)) out.kinds.insert(kind);
  }
  out.limits = {options.ledger_per_policy, options.ledger_per_namespace, options.ledger_in_all};
  return out;
}

std::function<std::optional<reconcilers::Known>(const std::string&)> KnownBy(Engine* engine) {
  return [engine](const std::string& cluster) {
    return engine->Read(
        [&](const reconcilers::World& world) { return reconcilers::KnownOf(world.view().remotes, cluster); });
  };
}

}  // namespace

struct App::Impl {
  Impl(Options o, kube::ClusterConfig c, const Clock* k)
      : options(std::move(o)),
        cluster(std::move(c)),
        clock(k),
        log(&runtime::Log::Default()),
        fence(k),
        xds_metrics(&metrics),
        webhook_metrics(&metrics),
        certificate_metrics(&metrics),
        tenancy_metrics(&metrics),
        waypoint_metrics(&metrics),
        catalog(*k),
        engine(EngineOptionsOf(options, k), &catalog,
               [this](const reconcilers::Delta& delta) { OnDelta(delta); }) {}

  bool Has(Role role) const { return options.roles.contains(role); }

  void OnDelta(const reconcilers::Delta& delta) {
    if (istio) istio->OnPublished(delta.istio);
    if (tenancy) tenancy->OnPublished(delta.workspaces);
    if (waypoints) waypoints->OnPublished(delta.waypoint_plans);
    if (statuses) statuses->Enqueue(delta.policies);
    if (statuses) statuses->Enqueue(delta.tenancy);
    if (reporter) reporter->Touch(delta.policies);
  }
  void OnProgress(const std::set<ObjectKey>& objects) {
    statuses->Enqueue(objects);
    reporter->Touch(objects);
  }
  void OnProxies(const xds::Audience& audience) {
    reporter->TouchProxies(audience);
    OnProgress(catalog.ObjectsOf(audience));
  }
  void OnPeers(const std::set<ObjectKey>& objects, const std::set<xds::Audience>& audiences) {
    statuses->Enqueue(objects);
    for (const xds::Audience& audience : audiences) statuses->Enqueue(catalog.ObjectsOf(audience));
  }
  std::string PeerAddress() const;
  void OnLeadership(bool gained) {
    log->Info(gained ? "leading" : "no longer leading", {{"identity", options.identity}});
    if (ledger) ledger->OnLeadership(gained);
    if (gained && keeper) keeper->Wake();
    if (gained && istio) istio->EnqueueAll();
    if (gained && tenancy) tenancy->EnqueueAll();
    if (gained && waypoints) waypoints->EnqueueAll();
    if (gained && statuses) statuses->EnqueueAll();
    if (copies) copies->OnLeadership(gained);
    if (gained && registry) registry->Announce();
  }

  Result<void> StartServing();
  Result<void> StartWebhooks();
  void StartWriting();
  Result<void> StartPages();
  void Stop();

  const Options options;
  const kube::ClusterConfig cluster;
  const Clock* const clock;
  runtime::Log* const log;
  runtime::Metrics metrics;
  runtime::DebugDump dump;
  runtime::Readiness readiness;
  runtime::Fence fence;
  XdsMetrics xds_metrics;
  WebhookMetrics webhook_metrics;
  CertificateMetrics certificate_metrics;
  TenancyMetrics tenancy_metrics;
  WaypointMetrics waypoint_metrics;
  xds::PeerBook peers;  // what other replicas report, while this one leads
  xds::Catalog catalog;
  std::unique_ptr<kube::HttpTransport> plain_transport;
  std::unique_ptr<kube::HttpTransport> transport;  // counts what goes over the plain one
  std::unique_ptr<kube::Client> client;            // every write of it passes the fence
  Engine engine;
  std::unique_ptr<Ledger> ledger;  // where changes are recorded
  std::unique_ptr<Watches> watches;
  std::unique_ptr<ClusterFeed> feed;
  std::unique_ptr<clusters::CopyKeeper> copies;  // where other clusters are joined
  std::unique_ptr<clusters::Registry> registry;  // where other clusters are joined
  std::unique_ptr<runtime::EventRecorder> events;
  std::unique_ptr<StatusLoop> statuses;
  std::unique_ptr<IstioLoop> istio;  // Istio mode
  std::unique_ptr<TenancyLoop> tenancy;
  std::unique_ptr<WaypointLoop> waypoints;  // Istio mode
  std::unique_ptr<PeerReporter> reporter;
  std::unique_ptr<runtime::LeaseRunner> lease;
  std::unique_ptr<xds::AdsServer> ads;
  std::unique_ptr<GatewayFacts> gateway;  // where webhooks are served
  std::unique_ptr<Webhooks> webhooks;
  std::unique_ptr<CertificateKeeper> keeper;  // where certificates are our own
  std::unique_ptr<runtime::HttpServer> health, pages;
  int health_port = 0, metrics_port = 0;
  bool stopped = false;
};

Result<void> App::Impl::StartServing() {
  if (!Has(Role::kControlPlane) || (!options.xds && !options.xds_plaintext)) return {};
  xds::AdsServerOptions ads_options = AdsOptionsOf(options);
  ads_options.peers = &peers;
  Result<std::unique_ptr<xds::AdsServer>> server =
      xds::AdsServer::Start(ads_options, &catalog, &xds_metrics, *clock);
  if (!server) return Unexpected(server.error());
  ads = std::move(*server);
  log->Info("serving xDS", {{"plaintextPort", ads->plaintext_port()}, {"tlsPort", ads->tls_port()}});
  return {};
}

Result<void> App::Impl::StartWebhooks() {
  const bool own = !options.webhook_secret.empty();
  if (!options.webhooks || (!own && options.webhook_cert_dir.empty())) return {};
  if (own) {
    keeper = std::make_unique<CertificateKeeper>(
        KeeperOptionsOf(options), transport.get(),
        [this] { return !Has(Role::kControllers) || fence.Leading(); }, &certificate_metrics, log, clock);
  }
  if (Has(Role::kWebhooks)) {
    gateway = std::make_unique<GatewayFacts>(client.get(), &readiness, log, clock);
    gateway->Start();
    Result<std::unique_ptr<Webhooks>> started =
        Webhooks::Start(options, {&engine, &webhook_metrics, &certificate_metrics, keeper.get(), &readiness,
                                  log, ledger.get(), gateway.get()});
    if (!started) return Unexpected(started.error());
    webhooks = std::move(*started);
  }
  if (keeper) keeper->Start();
  return {};
}

void App::Impl::StartWriting() {
  if (!Has(Role::kControllers)) return;
  events->Start();
  statuses->Start();
  if (istio) istio->Start();
  if (copies) copies->Start();
  tenancy->Start();
  if (waypoints) waypoints->Start();
  if (!options.leader_elect) {
    fence.Extend(Clock::TimePoint::max());
    return OnLeadership(true);
  }
  const std::string identity = LeaseIdentity(options.identity, PeerAddress());
  if (ads && PeerAddress().empty()) {
    log->Warn("other replicas cannot report their proxies here: set --peer-address");
  }
  reporter->Start();
  lease = std::make_unique<runtime::LeaseRunner>(
      transport.get(), options.ns, kLeaseName,
      runtime::LeaseOptions{identity, options.lease_duration, options.lease_renew_deadline,
                            options.lease_retry_period},
      &fence, [this] { OnLeadership(true); }, [this] { OnLeadership(false); }, clock);
  lease->OnHolder([this, identity](const std::string& holder) {
    reporter->SetLeader(holder == identity ? "" : PeerAddressIn(holder));
  });
  lease->OnTrouble([this](const Error& error) {
    log->Warn("the lease cannot be kept",
              {{"lease", options.ns + "/" + kLeaseName}, {"error", error.message}});
  });
  lease->Start();
}

std::string App::Impl::PeerAddress() const {
  if (!ads || !options.peer_address.empty()) return options.peer_address;
  const auto reachable = [](const BindAddress& address, int port) {
    const bool all = address.host == "0.0.0.0" || address.host == "::";
    return all ? "" : BindAddress{address.host, static_cast<uint16_t>(port)}.ToString();
  };
  if (options.xds) return reachable(*options.xds, ads->tls_port());
  return reachable(*options.xds_plaintext, ads->plaintext_port());
}

Result<void> App::Impl::StartPages() {
  const TelemetryParts parts{&engine,      &catalog,    watches.get(), statuses.get(), &fence,
                             events.get(), istio.get(), tenancy.get(), &peers,         registry.get()};
  AddMetrics(&metrics, parts);
  AddDumps(&dump, parts);
  if (options.health) {
    health = std::make_unique<runtime::HttpServer>();
    runtime::ServeHealth(health.get(), &readiness);
    const Result<int> port = health->Start(options.health->ToString());
    if (!port) return Unexpected(port.error());
    health_port = *port;
  }
  if (options.metrics) {
    pages = std::make_unique<runtime::HttpServer>();
    runtime::ServeMetrics(pages.get(), &metrics);
    runtime::ServeDump(pages.get(), &dump);
    const Result<int> port = pages->Start(options.metrics->ToString());
    if (!port) return Unexpected(port.error());
    metrics_port = *port;
  }
  return {};
}

void App::Impl::Stop() {
  if (stopped) return;
  stopped = true;
  if (webhooks) webhooks->Stop();
  if (gateway) gateway->Stop();
  if (ledger) ledger->Stop();
  if (keeper) keeper->Stop();
  if (statuses) statuses->Stop();
  if (istio) istio->Stop();
  if (tenancy) tenancy->Stop();
  if (copies) copies->Stop();
  if (waypoints) waypoints->Stop();
  if (events) events->Stop();
  if (reporter) reporter->Stop();
  if (lease) lease->Stop();  // after the writers: whoever takes it over finds them silent
  if (registry) registry->Stop();
  if (watches) watches->Stop();
  if (ads) ads->Shutdown(kDrain);
  engine.Stop();
  health.reset();
  pages.reset();
}

App::App(Options options, kube::ClusterConfig cluster, const Clock* clock)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(cluster), clock)) {}

App::~App() { Stop(); }

Result<void> App::Start() {
  Impl& i = *impl_;
  Result<std::unique_ptr<kube::HttpTransport>> transport = kube::MakeTransport(i.cluster);
  if (!transport) return Unexpected(transport.error());
  i.plain_transport = std::move(*transport);
  i.transport = std::make_unique<runtime::MeteredTransport>(i.plain_transport.get(), &i.metrics, i.clock);
  i.client = std::make_unique<kube::Client>(i.transport.get(), &i.fence);
  i.events =
      std::make_unique<runtime::EventRecorder>(i.client.get(), "fairlead.dev/operator", i.options.identity);
  i.statuses = std::make_unique<StatusLoop>(&i.engine, &i.catalog, i.client.get(), i.events.get(), &i.fence,
                                            i.log, i.clock);
  if (i.options.istio_mode && i.Has(Role::kControllers)) {
    i.istio =
        std::make_unique<IstioLoop>(&i.engine, i.transport.get(), i.client.get(), &i.fence, &i.readiness,
                                    i.log, i.options.cluster_domain, i.options.cluster_name, i.clock);
    i.waypoints = std::make_unique<WaypointLoop>(&i.engine, i.client.get(), i.events.get(), &i.fence,
                                                 &i.waypoint_metrics, i.log, i.clock);
  }
  if (i.Has(Role::kControllers)) {
    i.tenancy = std::make_unique<TenancyLoop>(&i.engine, i.transport.get(), i.client.get(), &i.fence,
                                              &i.tenancy_metrics, i.log, i.clock);
  }
  if (i.options.ledger) {
    i.ledger = std::make_unique<Ledger>(LedgerRulesOf(i.options),
                                        LedgerParts{&i.engine, i.transport.get(), i.client.get(), &i.fence,
                                                    &i.metrics, i.log, i.clock, i.options.identity});
  }
  i.watches = std::make_unique<Watches>(i.transport.get(), &i.engine, i.ledger.get(), &i.readiness, i.log,
                                        i.clock, [&i](const std::string& crd) {
                                          if (i.istio) i.istio->OnCrd(crd);
                                          if (i.tenancy) i.tenancy->OnCrd(crd);
                                          if (i.ledger) i.ledger->OnCrd(crd);
                                          if (i.gateway) i.gateway->OnCrd(crd);
                                        });
  if (i.options.clusters) {
    i.feed = std::make_unique<ClusterFeed>(&i.engine, &i.readiness);
    if (i.Has(Role::kControllers)) {
      i.copies = std::make_unique<clusters::CopyKeeper>(
          clusters::CopyOptions{i.options.ns, i.options.identity},
          clusters::CopyParts{i.transport.get(), &i.fence, KnownBy(&i.engine), i.events.get(), &i.metrics,
                              i.log, i.clock});
    }
    i.registry = std::make_unique<clusters::Registry>(
        clusters::RegistryOptions{i.options.ns, i.options.cluster_name, i.options.cluster_stale_limit},
        clusters::RegistryParts{i.transport.get(), i.feed.get(), i.events.get(), &i.metrics, i.log, i.clock,
                                i.copies.get()});
  }
  i.reporter = std::make_unique<PeerReporter>(&i.engine, &i.catalog, PeerTlsOf(i.options), i.log);
  i.catalog.SetPeers(&i.peers);
  i.catalog.OnProgress([&i](const std::set<ObjectKey>& objects) { i.OnProgress(objects); });
  i.catalog.OnProxies([&i](const xds::Audience& audience) { i.OnProxies(audience); });
  i.peers.OnChange([&i](const std::set<ObjectKey>& objects, const std::set<xds::Audience>& audiences) {
    i.OnPeers(objects, audiences);
  });
  i.engine.Start();  // first: a page that is asked for reads the World on its thread
  if (Result<void> r = i.StartPages(); !r) return r;
  if (Result<void> r = i.StartServing(); !r) return r;
  if (Result<void> r = i.StartWebhooks(); !r) return r;
  if (i.ledger) i.ledger->Start();
  i.watches->Start();
  if (i.registry) i.registry->Start();
  i.StartWriting();
  return {};
}

void App::Stop() { impl_->Stop(); }

int App::xds_plaintext_port() const { return impl_->ads ? impl_->ads->plaintext_port() : 0; }
int App::webhook_port() const { return impl_->webhooks ? impl_->webhooks->port() : 0; }
int App::metrics_port() const { return impl_->metrics_port; }
int App::health_port() const { return impl_->health_port; }

}  // namespace fairlead::app
