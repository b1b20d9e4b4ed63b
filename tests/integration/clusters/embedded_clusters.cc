#include "tests/integration/clusters/embedded_clusters.h"

#include <utility>

#include "tests/support/eventually.h"

namespace fairlead::testing {

using apiserver::ApiServer;
using std::chrono::milliseconds;

void EmbeddedClusters::SetUp() {
  home_ = Serve();
  StoreNamespace(home_.get(), "fairlead-system");
  west_ = ServeRatings("10.2.0.1");
}

std::unique_ptr<ApiServer> EmbeddedClusters::Serve(std::map<std::string, apiserver::User> tokens) {
  apiserver::ServerOptions options;
  options.api.tokens = std::move(tokens);
  return *ApiServer::Start(options);
}

std::unique_ptr<ApiServer> EmbeddedClusters::ServeRatings(const std::string& addresses,
                                                          std::map<std::string, apiserver::User> tokens) {
  auto server = Serve(std::move(tokens));
  StoreNamespace(server.get(), "shop");
  Store(server.get(), RatingsService());
  Store(server.get(), RatingsSlice(addresses));
  return server;
}

void EmbeddedClusters::Store(ApiServer* server, const std::string& json) {
  const auto value = apiserver::ParseJson(json);
  ASSERT_TRUE(value) << json;
  const auto stored = server->Apply(*value);
  ASSERT_TRUE(stored) << json;
}

void EmbeddedClusters::StoreNamespace(ApiServer* server, const std::string& name) {
  Store(server, R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + "\"}}");
}

void EmbeddedClusters::Cut(ApiServer* server) {
  server->faults().Add({.times = -1, .kind = apiserver::FaultKind::kDropBeforeHeaders});
  server->DropConnections();
}

void EmbeddedClusters::StartRegistry(milliseconds stale_limit, milliseconds settle_limit) {
  kube::WatcherOptions watches;
  watches.backoff_max = watches.slow_base = watches.slow_max = milliseconds(200);
  rig_ = std::make_unique<ClusterRig>(home_->kubeconfig(), watches, stale_limit, settle_limit);
}

void EmbeddedClusters::Name(const std::map<std::string, std::string>& clusters, const std::string& secret) {
  Store(home_.get(), ClusterSecret(secret, clusters));
}

void EmbeddedClusters::Forget(const std::string& secret) {
  const std::unique_ptr<kube::HttpTransport> to_home =
      *kube::MakeTransport(*kube::ParseKubeconfig({{"home", home_->kubeconfig()}}));
  kube::Client client(to_home.get());
  const kube::ObjectName name{{"", "v1", "secrets"}, "fairlead-system", secret};
  const auto object = JsonDocument::Parse(*client.GetJson(name));
  const std::string uid(object->root().Find("metadata")->StringAt("uid"));
  ASSERT_TRUE(client.Delete(name, {.uid = uid}));
}

bool EmbeddedClusters::AwaitMetric(const std::string& line) {
  return Eventually([&] { return rig_->Metrics().find(line) != std::string::npos; });
}

}  // namespace fairlead::testing
