#include "tests/integration/operator/two_zones_base.h"

#include "tests/support/http_client.h"

namespace fairlead::testing {

void TwoZonesTest::SetUp() {
  if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
  StartServer();
  waypoint_port_ = FreePort();
  MakeNamespace("shop", waypoint_port_);
  ApplyYaml(
      "apiVersion: v1\nkind: Service\nmetadata: {name: ratings, namespace: shop}\nspec: {ports: "
      "[{name: http, port: 8080, appProtocol: http}]}\n");
  for (const char* zone : {"a", "b"}) {
    ApplyYaml("apiVersion: v1\nkind: Node\nmetadata: {name: node-" + std::string(zone) +
              ", labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z" + zone + "}}\n");
    backends_[zone] = *Backend::Start(zone);
    SetReady(zone, true);
  }
}

// A slice of its own for each, since a slice has one port for all.
void TwoZonesTest::SetReady(const std::string& zone, bool ready) {
  ApplyYaml("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ratings-" + zone +
            ", namespace: shop, labels: {kubernetes.io/service-name: ratings}}\naddressType: IPv4\n"
            "ports: [{name: http, protocol: TCP, port: " +
            std::to_string(backends_.at(zone)->port()) +
            "}]\nendpoints: [{addresses: [127.0.0.1], nodeName: node-" + zone +
            ", conditions: {ready: " + (ready ? "true" : "false") + "}}]\n");
}

std::unique_ptr<Envoy> TwoZonesTest::StartEnvoy(const std::string& zone) {
  auto envoy = Envoy::Start({.xds_port = operator_.xds_port(),
                             .id = "w-" + zone,
                             .cluster = "shop/waypoint",
                             .region = "r",
                             .zone = "z" + zone});
  EXPECT_TRUE(envoy) << envoy.error().message;
  if (!envoy) return nullptr;
  EXPECT_TRUE((*envoy)->AwaitListener(waypoint_port_, kPatience));
  return std::move(*envoy);
}

std::map<std::string, int> TwoZonesTest::Send(int requests) {
  for (const auto& [zone, backend] : backends_) backend->Forget();
  HttpClient client("127.0.0.1", waypoint_port_);
  for (int i = 0; i < requests; ++i) {
    if (client.Call({.path = "/", .host = "ratings.shop", .timeout = kPatience}).status != 200) return {};
  }
  std::map<std::string, int> out;
  for (const auto& [zone, backend] : backends_) out[zone] = static_cast<int>(backend->Count());
  return out;
}

}  // namespace fairlead::testing
