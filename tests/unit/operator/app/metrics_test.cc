// docs/metrics.md names what /metrics prints, and nothing else.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <sstream>

#include "operator/app/app.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/http_client.h"
#include "tests/support/process.h"

namespace fairlead::app {
namespace {

using Types = std::map<std::string, std::string>;  // name → "counter", "gauge", "histogram"

Types Printed(const std::string& text) {
  Types out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, keyword, name, type;
    if (words >> hash >> keyword >> name >> type && hash == "#" && keyword == "TYPE") out[name] = type;
  }
  return out;
}

Types Documented() {
  Types out;
  const std::string text = testing::ReadFile(FAIRLEAD_SOURCE_DIR "/docs/metrics.md");
  const std::regex row(R"(\n\| `([a-z_]+)[^`]*` \| (counter|gauge|histogram) \|)");
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it) out[(*it)[1]] = (*it)[2];
  return out;
}

TEST(MetricsPage, IsWhatTheDocumentSays) {
  auto server = apiserver::ApiServer::Start({});
  ASSERT_TRUE(server) << server.error().message;
  auto cluster = kube::ParseKubeconfig({{"kubeconfig", (*server)->kubeconfig()}});
  ASSERT_TRUE(cluster) << cluster.error().message;
  Options options;
  options.metrics = options.xds_plaintext = BindAddress{"127.0.0.1", 0};
  options.ledger = options.clusters = true;
  // Another cluster, which is refused: its state is printed.
  const auto cluster_secret = apiserver::ParseJson(
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"west","namespace":"fairlead-system",
          "labels":{"istio/multiCluster":"true"}},"data":{"west":"e30="}})");
  const auto ns =
      apiserver::ParseJson(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})");
  ASSERT_TRUE((*server)->Apply(*ns));
  ASSERT_TRUE((*server)->Apply(*cluster_secret));
  App app(options, *cluster);
  ASSERT_TRUE(app.Start());
  // The first request to the API server is on its way; it is counted as soon as it is answered. Likewise the
  // Secret.
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((text.find("fairlead_api_requests_total{") == text.npos ||
          text.find("fairlead_cluster_state_since_seconds{") == text.npos) &&
         std::chrono::steady_clock::now() < deadline) {
    testing::HttpClient client("127.0.0.1", app.metrics_port());
    text = client.Call({.path = "/metrics"}).body;
  }
  EXPECT_EQ(Printed(text), Documented()) << text;
}

}  // namespace
}  // namespace fairlead::app
