// WaypointWorld: a World in Istio mode with the workspace shop, for tests of plans for waypoints.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "reconcilers/lower/view.h"
#include "reconcilers/waypoints/gateway.h"
#include "reconcilers/waypoints/plan.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {

inline constexpr char kOurLabel[] = "{istio.io/use-waypoint: fairlead-waypoint}";

class WaypointWorld : public ::testing::Test {
 protected:
  explicit WaypointWorld(WorldOptions options = {.istio_mode = true}) : world(std::move(options)) {}

  void Apply(const std::string& yaml) {
    for (const AnyObject& object : ObjectsOf(yaml)) {
      ASSERT_FALSE(IsInvalid(object)) << yaml;
      world.Apply(object);
    }
    delta = world.Drain();
  }
  void Remove(Kind kind, const std::string& ns, const std::string& name) {
    world.Remove({kind, ns, name});
    delta = world.Drain();
  }
  void Workspace(const std::string& more = "waypoints: Auto, isolation: 'Off'",
                 const std::string& name = "shop") {
    Apply("{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + name +
          "}, spec: {namespaces: [{names: [shop]}], " + more + "}}");
  }
  // `labels` a YAML map; ours: they were applied by us.
  void Service(const std::string& name, const std::string& labels = "{}", bool ours = false,
               const std::string& annotations = "{}", const std::string& ip = "10.0.0.1") {
    std::string fields;
    for (const char* label : {"istio.io/use-waypoint-namespace", "istio.io/use-waypoint"}) {
      if (labels.find(std::string(label) + ":") == std::string::npos) continue;
      fields += (fields.empty() ? "'f:" : ", 'f:") + std::string(label) + "': {}";
    }
    const std::string managers = ours ? ", managedFields: [{manager: fairlead/waypoints, operation: Apply, "
                                        "fieldsV1: {'f:metadata': {'f:labels': {" +
                                            fields + "}}}}]"
                                      : "";
    Apply("{apiVersion: v1, kind: Service, metadata: {name: " + name +
          ", namespace: shop, labels: " + labels + ", annotations: " + annotations + managers +
          "}, spec: {clusterIP: " + ip + ", ports: [{name: http, port: 8080, appProtocol: http}]}}");
  }
  void Policy(const std::string& name, const std::string& service) {
    Apply("{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: " + name +
          ", namespace: shop}, spec: {targetRefs: [{group: '', kind: Service, name: " + service +
          "}], timeouts: {request: 1s}}}");
  }
  void Namespace(const std::string& labels, const std::string& name = "shop") {
    Apply("{apiVersion: v1, kind: Namespace, metadata: {name: " + name + ", labels: " + labels + "}}");
  }
  // `status`: "True", "False"; empty: nobody has said anything.
  void Gateway(const std::string& status, const std::string& name = kOwnWaypoint,
               const std::string& ns = "shop", const std::string& labels = "", int observed = 1) {
    const std::string ours =
        "{app.kubernetes.io/managed-by: fairlead, fairlead.dev/workspace: shop, "
        "istio.io/waypoint-for: service}";
    Apply("{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: " + name +
          ", namespace: " + ns + ", generation: 1, labels: " +
          (!labels.empty()        ? labels
           : name == kOwnWaypoint ? ours
                                  : "{}") +
          "}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: "
          "HBONE, allowedRoutes: {namespaces: {from: " +
          (name == kOwnWaypoint ? "Same" : "All") + "}}}]}" +
          (status.empty()
               ? ""
               : ", status: {conditions: [{type: Programmed, status: '" + status +
                     "', reason: Pending, message: no pods, observedGeneration: " + std::to_string(observed) +
                     ", lastTransitionTime: '2026-11-22T05:00:00Z'}]}") +
          "}");
  }
  void Default(const std::string& waypoint) {
    Apply(
        "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: shop}, "
        "spec: {defaults: {waypoint: " +
        waypoint + "}}}");
  }

  const WaypointPlan& Plan(const std::string& ns = "shop") const {
    static const WaypointPlan kNone;
    const auto& plans = world.view().waypoint_plans.by_namespace;
    const auto at = plans.find(ns);
    return at == plans.end() ? kNone : at->second;
  }
  // "" where there is nothing to say of it.
  std::string StandOf(const std::string& service) const {
    const auto& services = Plan().services;
    const auto at = services.find({Kind::kService, "shop", service});
    return at == services.end() ? "" : std::string(ToString(at->second.stand));
  }
  std::string Why(const std::string& service) const {
    const auto& services = Plan().services;
    const auto at = services.find({Kind::kService, "shop", service});
    return at == services.end() ? "" : at->second.why;
  }
  std::string PolicySays(const std::string& policy) const {
    const api::PolicyStatus status = world.StatusOf({Kind::kRetryTimeoutPolicy, "shop", policy}, {});
    for (const Condition& condition : status.conditions) {
      if (condition.type == "Programmed") return condition.message;
    }
    return "";
  }
  Condition WorkspaceSays() const {
    const auto status = world.ObjectStatusOf({Kind::kWorkspace, "", "shop"}, {});
    if (!status) return {};
    for (const Condition& condition : api::ConditionsOf(*status)) {
      if (condition.type == "Waypoints") return condition;
    }
    return {};
  }

  World world;
  Delta delta;
};

}  // namespace fairlead::reconcilers
