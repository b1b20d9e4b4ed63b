// What is said of a target stays true when something changes that no service is lowered differently for.
#include "reconcilers/status/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::HasSubstr;

std::string Route(const std::string& kind) {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: " + kind +
         ", metadata: {name: raw, namespace: shop}, spec: {parentRefs: [{group: '', kind: Service, name: "
         "raw}], "
         "rules: [{name: all}]}}";
}

TEST(TargetTest, AtAPortWithoutHttpNoRouteDisplacesAnother) {
  World world{WorldOptions()};
  const auto apply = [&](const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    ASSERT_FALSE(IsInvalid(object)) << yaml;
    world.Apply(object);
    world.Drain();
  };
  const auto message = [&] {
    const api::PolicyStatus status = world.StatusOf({Kind::kRetryTimeoutPolicy, "shop", "p"}, {});
    return api::ToJson(status)["targets"][0]["message"].asString();
  };
  apply(
      "{apiVersion: v1, kind: Service, metadata: {name: raw, namespace: shop}, spec: {clusterIP: 10.0.0.1, "
      "ports: "
      "[{name: tcp-raw, port: 80}]}}");
  apply(Route("HTTPRoute"));
  apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: p, namespace: shop}, "
      "spec: "
      "{targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: raw}], timeouts: {request: "
      "1s}}}");
  EXPECT_THAT(message(), HasSubstr("it has no HTTP port (80 TCP)"));
  apply(Route("GRPCRoute"));
  EXPECT_THAT(message(), HasSubstr("it has no HTTP port (80 TCP)"));
  // The policy looked at anew says the same.
  apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: p, namespace: shop, "
      "generation: 2}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: raw}], "
      "timeouts: {request: 2s}}}");
  EXPECT_THAT(message(), HasSubstr("it has no HTTP port (80 TCP)"));
}

}  // namespace
}  // namespace fairlead::reconcilers
