// ProxiesTest: a Service with an endpoint in each of two zones, behind a waypoint whose pods a test puts
// where it likes. Who calls: tests of where requests come from.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::failover {

// The zones are za and zb of region r, on the nodes a and b. The endpoint there is version va, and vb.
class ProxiesTest : public ::testing::Test {
 protected:
  explicit ProxiesTest(WorldOptions options = {}, const std::string& of_class = "fairlead-waypoint")
      : world_(std::move(options)) {
    Apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: w}}}");
    Apply(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: w, namespace: shop}, "
        "spec: {gatewayClassName: " +
        of_class + ", listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}");
    Apply(
        "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop}, spec: {clusterIP: "
        "10.0.0.1, ports: [{name: http, port: 80, appProtocol: http}]}}");
    for (const std::string zone : {"a", "b"}) {
      Apply("{apiVersion: v1, kind: Node, metadata: {name: " + zone +
            ", labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z" + zone + "}}}");
      Apply("{apiVersion: v1, kind: Pod, metadata: {name: ratings-" + zone +
            ", namespace: shop, labels: {version: v" + zone + "}}}");
    }
    SetReady(true, true);
  }

  Delta Apply(const std::string& yaml) {
    for (const AnyObject& object : ObjectsOf(yaml)) world_.Apply(object);
    return world_.Drain();
  }
  void SetReady(bool a, bool b) {
    const auto endpoint = [](const std::string& zone, bool ready) {
      return "{addresses: [10.1.0." + std::string(zone == "a" ? "1" : "2") + "], nodeName: " + zone +
             ", targetRef: {kind: Pod, name: ratings-" + zone +
             "}, conditions: {ready: " + (ready ? "true" : "false") + "}}";
    };
    Apply(
        "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ratings, namespace: shop, "
        "labels: {kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 8080, "
        "protocol: TCP}], endpoints: [" +
        endpoint("a", a) + ", " + endpoint("b", b) + "]}");
  }
  // A pod of the waypoint; labels: "version: va".
  Delta Proxy(const std::string& name, const std::string& node, const std::string& labels = "") {
    return Apply("{apiVersion: v1, kind: Pod, metadata: {name: " + name +
                 ", namespace: shop, labels: {gateway.networking.k8s.io/gateway-name: w" +
                 (labels.empty() ? "" : ", " + labels) + "}}, spec: {nodeName: " + node +
                 "}, status: {phase: Running, podIPs: [{ip: 10.1.1.1}]}}");
  }
  // The policy of the service; spec without its targets.
  Delta Policy(const std::string& spec) {
    ++generation_;
    return Apply(
        "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop, "
        "generation: " +
        std::to_string(generation_) + "}, spec: {targetRefs: [{kind: Service, name: ratings}]" +
        (spec.empty() ? "" : ", " + spec) + "}}");
  }
  Delta NoPolicy() {
    world_.Remove(kPolicy);
    return world_.Drain();
  }
  void Network(const std::string& name) {
    Apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: " +
          (name.empty() ? "{}" : "{topology.istio.io/network: " + name + "}") + "}}");
  }

  const ObjectKey kPolicy{Kind::kFailoverPolicy, "shop", "p"}, kRatings{Kind::kService, "shop", "ratings"};
  const NamespacedName kWaypoint{"shop", "w"};
  int generation_ = 0;
  World world_;
};

}  // namespace fairlead::reconcilers::failover
