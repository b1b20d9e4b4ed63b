// Objects for tests of the engine and of what reads it: namespace "shop" with a waypoint, as YAML to be
// parsed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crds/base/yaml.h"
#include "crds/object/any_object.h"
#include "operator/app/engine.h"

namespace fairlead::app {

inline std::vector<AnyObject> Objects(const std::string& yaml) {
  std::vector<AnyObject> out;
  const Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  EXPECT_TRUE(documents);
  for (const YamlDocument& document : *documents) {
    const Result<JsonDocument> json = JsonDocument::Parse(document.json);
    EXPECT_TRUE(json);
    out.push_back(ParseObject(*KindOf(json->root()), json->root()).object);
  }
  return out;
}

inline constexpr char kShop[] = R"(
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: waypoint}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop}
spec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop}
spec: {ports: [{name: http, port: 8080, appProtocol: http}]}
)";

inline std::string PolicyYaml(int generation, const std::string& request,
                              const std::string& status = "null") {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: ratings, namespace: "
         "shop, "
         "generation: " +
         std::to_string(generation) + ", resourceVersion: \"" + std::to_string(generation) +
         "\"}, spec: {targetRefs: [{group: \"\", kind: Service, name: ratings}], timeouts: {request: " +
         request + "}}, status: " + status + "}";
}

inline const ObjectKey kRatings{Kind::kRetryTimeoutPolicy, "shop", "ratings"};
inline const NamespacedName kWaypoint{"shop", "waypoint"};

inline void PushAll(Engine* engine, const std::string& yaml) {
  for (AnyObject& object : Objects(yaml)) engine->Push(Engine::Upsert{std::move(object)});
}

}  // namespace fairlead::app
