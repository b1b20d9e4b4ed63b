// HelmCluster: a real cluster with all its controllers, scheduler and kwok, on which real helm runs. For the
// tests of the chart. One for all tests of a program; each has a namespace of its own and leaves nothing
// there.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "tests/integration/helm/helm.h"
#include "tests/support/kube/egress.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {

class HelmCluster {
 public:
  static std::string Missing();  // why it cannot run here; "" when it can
  // Starts it, with two nodes in two zones, the CRDs of Gateway API and Istio, and an audit log of what
  // service accounts ask for. Null and a failed test when it cannot.
  static std::unique_ptr<HelmCluster> Start();

  RealCluster& real() { return *real_; }
  Egress& egress() { return egress_; }  // where calls to Services go; at first nowhere
  std::string audit_file() const { return dir_ / "audit.log"; }

  // As an admin. The object, null where there is none; any other answer fails the test.
  Json::Value Get(const std::string& path);
  // Each document of a YAML text by server-side apply, validated strictly. `query`: "&dryRun=All". What went
  // wrong, "" where nothing did.
  std::string Apply(const std::string& yaml, const std::string& query = "");
  std::string Apply(const Json::Value& object, const std::string& query = "");
  void Delete(const std::string& path);
  // Namespace at the Pod Security level `restricted`.
  void MakeNamespace(const std::string& name);

  // "group/resource namespace/name" of all there is, but for what comes and goes by itself.
  std::set<std::string> Inventory();

 private:
  HelmCluster() = default;
  // The path of a collection, as "apps/v1 Deployment" → …/deployments.
  std::string CollectionOf(const Json::Value& object);

  TempDir dir_;
  Egress egress_;
  std::unique_ptr<RealCluster> real_;
};

// The one of this program, started when first asked for; ended with the program. Null when it could not
// start.
HelmCluster* SharedHelmCluster();

// Of apps/v1: all replicas of the newest template are available.
bool IsRolledOut(const Json::Value& deployment);

}  // namespace fairlead::testing
