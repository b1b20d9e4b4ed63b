#include "tests/demo/stage.h"

#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::demo {
namespace {

constexpr size_t kLogTail = 4096;
constexpr size_t kDumpExcerpt = 6000;

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

testing::HttpAnswer Get(int port, const std::string& path) {
  testing::HttpClient client("127.0.0.1", port);
  return client.Call({.path = path, .timeout = std::chrono::seconds(5)});
}

}  // namespace

Result<void> Stage::Set() {
  if (const std::string why = testing::Envoy::Missing(); !why.empty())
    return Unexpected(Error{ErrorClass::kFatal, why});
  if (Result<void> r = StartApiServer(); !r) return r;
  if (Result<void> r = ApplyDefinitions(); !r) return r;
  if (Result<void> r = ApplyShop(); !r) return r;
  if (Result<void> r = OpenRegions(); !r) return r;
  if (Result<void> r = StartOperator(); !r) return r;
  return StartWaypoints();
}

Result<void> Stage::StartApiServer() {
  Result<std::unique_ptr<apiserver::ApiServer>> api = apiserver::ApiServer::Start({});
  if (!api) return Unexpected(api.error());
  api_ = std::move(*api);
  testing::WriteFile(dir_ / "kubeconfig", api_->kubeconfig());
  Result<std::unique_ptr<Cluster>> cluster =
      Cluster::Connect(dir_ / "kubeconfig", options_.samples_dir, patience_);
  if (!cluster) return Unexpected(cluster.error());
  cluster_ = std::move(*cluster);
  report_->Note("embedded API server at " + api_->url());
  return {};
}

Result<void> Stage::ApplyDefinitions() {
  if (auto applied = cluster_->ApplyFile(testing::CrdFile("gateway-standard.yaml")); !applied) {
    return Unexpected(applied.error());
  }
  for (const std::string& manifest : CrdManifests()) {
    Result<std::vector<YamlDocument>> documents = ParseYaml(manifest);
    if (!documents) return Unexpected(documents.error());
    auto applied = cluster_->Apply(documents->front().json);
    if (!applied) return Unexpected(applied.error());
  }
  report_->Note("definitions of Gateway API and of Fairlead applied");
  return {};
}

Result<void> Stage::ApplyShop() {
  Result<std::unique_ptr<Shop>> shop = Shop::Open();
  if (!shop) return Unexpected(shop.error());
  shop_ = std::move(*shop);
  // Both waypoints share the loopback interface here, so each gets a port of its own.
  shop_waypoint_.port = testing::FreePort();
  payments_.port = testing::FreePort();
  const auto with_port = [this](Json::Value* object) {
    if ((*object)["kind"] != "Gateway") return;
    Json::Value& meta = (*object)["metadata"];
    meta["annotations"]["fairlead.dev/plaintext-port"] =
        std::to_string(WaypointOf(meta["namespace"].asString()).port);
  };
  if (auto applied = cluster_->ApplyFile("00-shop.yaml", with_port); !applied)
    return Unexpected(applied.error());
  for (const std::string& slice : shop_->EndpointSlices()) {
    if (auto applied = cluster_->Apply(slice); !applied) return Unexpected(applied.error());
  }
  report_->Note("the shop: 7 sample services, their Services and EndpointSlices (00-shop.yaml)");
  return {};
}

Result<void> Stage::OpenRegions() {
  Result<std::unique_ptr<Regions>> regions =
      Regions::Open(cluster_.get(), dir_.path(), options_.samples_dir, patience_);
  if (!regions) return Unexpected(regions.error());
  regions_ = std::move(*regions);
  report_->Note(
      "another cluster, west, with an API server of its own; checkout has endpoints in both (regions)");
  return {};
}

Result<void> Stage::StartOperator() {
  xds_port_ = testing::FreePort();
  health_port_ = testing::FreePort();
  metrics_port_ = testing::FreePort();
  Result<testing::Process> process = testing::Process::Spawn(
      {.argv = {options_.operator_program, "--kubeconfig", dir_ / "kubeconfig", "--clusters",
                "--xds-plaintext-bind-address", Local(xds_port_), "--health-probe-bind-address",
                Local(health_port_), "--metrics-bind-address", Local(metrics_port_)},
       .log_file = dir_ / "operator.log"});
  if (!process) return Unexpected(process.error());
  operator_ = std::move(*process);
  Result<void> ready = patience_->Await("the operator to be ready", [this] {
    return !operator_.Running() || Get(health_port_, "/readyz").status == 200;
  });
  if (!ready) return ready;
  if (!operator_.Running())
    return Unexpected(Error{ErrorClass::kFatal, options_.operator_program + " ended at start"});
  report_->Note("operator ready, xDS at " + Local(xds_port_));
  return {};
}

Result<void> Stage::StartWaypoints() {
  for (const std::string ns : {"shop", "payments"}) {
    Waypoint& waypoint = WaypointOf(ns);
    auto envoy = testing::Envoy::Start({.xds_port = xds_port_,
                                        .id = ns + "-waypoint-0",
                                        .cluster = ns + "/waypoint",
                                        .region = "us-east",
                                        .zone = "us-east-1a"});
    if (!envoy) return Unexpected(envoy.error());
    waypoint.envoy = std::move(*envoy);
  }
  for (const std::string ns : {"shop", "payments"}) {
    Waypoint& waypoint = WaypointOf(ns);
    using std::chrono::seconds;
    if (Result<void> r = waypoint.envoy->AwaitReady(seconds(30), patience_->token()); !r) return r;
    if (Result<void> r = waypoint.envoy->AwaitListener(waypoint.port, seconds(30), patience_->token()); !r)
      return r;
    report_->Note("Envoy as waypoint " + ns + "/waypoint at " + Local(waypoint.port));
  }
  return {};
}

testing::LoadResult Stage::Send(const std::string& ns, const std::string& service,
                                testing::HttpQuestion question, const testing::LoadPlan& plan) const {
  question.host = service + "." + ns + ".svc.cluster.local:8080";
  return testing::RunLoad("127.0.0.1", WaypointOf(ns).port, question, plan);
}

std::string Stage::RoutesAt(const std::string& ns, const std::string& service) const {
  // The name is "shop/ratings|8080"; it is matched as a whole.
  return WaypointOf(ns).envoy->Admin("/config_dump?resource=dynamic_route_configs&name_regex=" + ns + "/" +
                                     service + ".8080");
}

std::string Stage::Metrics() const { return Get(metrics_port_, "/metrics").body; }

std::string Stage::HowToPlay() const {
  const std::string kubectl = "KUBECONFIG=" + (dir_ / "kubeconfig") + " kubectl";
  std::string out = "\nEverything stays up until Ctrl-C. To play with it:\n";
  out += "  " + kubectl + " get rtp -A\n";
  out += "  " + kubectl + " -n shop describe rtp ratings\n";
  out += "  " + kubectl + " -n shop delete rtp ratings\n";
  out += "  " + kubectl + " get fop -A\n";
  for (const std::string ns : {"shop", "payments"}) {
    const Waypoint& waypoint = WaypointOf(ns);
    const std::string host = ns == "shop" ? "ratings.shop" : "charge.payments";
    out += "  curl -i -H 'Host: " + host + ".svc.cluster.local:8080' http://" + Local(waypoint.port) + "/\n";
    out += "  curl -s http://" + Local(waypoint.envoy->admin_port()) + "/config_dump    # the waypoint of " +
           ns + "\n";
  }
  return out + "  curl -s http://" + Local(metrics_port_) + "/debug/dump\n  tail -f " +
         (dir_ / "operator.log") + "\n";
}

std::string Stage::Diagnosis() const {
  std::string out = "\n--- end of the operator's log\n" + operator_.Log(kLogTail);
  if (metrics_port_ != 0) {
    out += "\n--- /debug/dump?part=xds (its beginning)\n" +
           Get(metrics_port_, "/debug/dump?part=xds").body.substr(0, kDumpExcerpt);
  }
  for (const Waypoint* waypoint : {&shop_waypoint_, &payments_}) {
    if (waypoint->envoy)
      out += "\n--- end of a waypoint's log\n" + waypoint->envoy->Log().substr(0, kLogTail);
  }
  return out + "\n";
}

}  // namespace fairlead::demo
