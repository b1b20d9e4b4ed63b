// kShopWorkspace: the Workspace "shop" up to its role "developers", which tests of rights go on from with
// more roles.
//
//   const std::string yaml = std::string(kShopWorkspace) + "  - name: leads\n …";
#pragma once

#include <string_view>

namespace fairlead::testing {

inline constexpr std::string_view kShopWorkspace = R"(
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: shop, annotations: {fairlead.dev/owner: platform-team}}
spec:
  namespaces: [{names: [shop, shop-*]}]
  roles:
  - name: developers
    subjects: [{kind: Group, name: shop-devs}, {kind: ServiceAccount, name: deployer, namespace: shop-ci}]
    allow:
    - kinds: [RetryTimeoutPolicy]
      fields: [spec.timeouts, spec.retries.attempts, spec.retries.on]
      targets: {matchLabels: {tier: web}}
      bounds: {spec.retries.attempts: {max: 3}, spec.timeouts.request: {min: 100ms, max: 30s}}
    - kinds: [RetryTimeoutPolicy]
      fields: [spec.timeouts.idle]
      namespaces: [shop-*]
)";

}  // namespace fairlead::testing
