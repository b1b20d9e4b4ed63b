// LedgerTest: a cluster with the chart as helm installs it, two replicas as its ServiceAccount behind their
// webhooks, and users by their client certificates; for the tests of the ledger, which look at its records.
//
// One cluster for all tests of the program; each has a namespace of its own with a Service `ratings`.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "crds/api/policy_change.h"
#include "tests/integration/helm/helm_cluster.h"
#include "tests/integration/operator/operator_process.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {

inline constexpr char kApi[] = "/apis/fairlead.dev/v1alpha1/";
inline constexpr char kMerge[] = "application/merge-patch+json";
inline constexpr char kOurs[] = "fairlead-system";

struct Ran {
  int code = -1;
  std::string text;  // stdout and stderr
};
// fairleadctl by that kubeconfig.
Ran RunCtl(const std::string& kubeconfig, std::vector<std::string> words);

struct LedgerReplica {
  OperatorProcess process;
  const int port = FreePort();
};

class LedgerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;
  void TearDown() override;

  static HelmCluster& cluster() { return *SharedHelmCluster(); }
  static const TempDir& dir();
  static std::vector<std::unique_ptr<LedgerReplica>>& replicas();
  static void StartReplicas();  // two, of which one leads; both answer
  static void EndReplicas();
  static void KillReplicas();                      // both at once, in the midst of whatever they do
  static double Count(const std::string& metric);  // of both

  static HttpReply As(const std::string& user, const std::string& method, const std::string& path,
                      const std::string& body = "", const std::string& type = "application/json");
  static Json::Value Read(const std::string& text);  // JSON
  std::string Guest();  // kubeconfig of the user guest, who may do to policies what devs may
  static std::string AsJson(const std::string& yaml);
  // JSON of a policy at Service ratings; `spec`: YAML of further fields.
  static std::string Policy(const std::string& name, const std::string& spec, const std::string& meta = "{}");
  std::string Policies(const std::string& name = "") const {
    return kApi + ("namespaces/" + ns_ + "/retrytimeoutpolicies") + (name.empty() ? "" : "/" + name);
  }

  // That of the test's namespace, and of its name.
  std::string Workspace() const { return kApi + ("workspaces/" + ns_); }
  HttpReply MakeWorkspace(const std::string& user) const;

  // The records of a policy, oldest first.
  static std::vector<api::PolicyChange> Records(const std::string& ns, const std::string& policy);
  static bool AwaitRecords(const std::string& ns, const std::string& policy, size_t count);
  static bool AwaitSettled();  // nothing is on its way into a record any more
  // "Update by bob (Admission): retries.attempts 2 -> 3"
  static std::vector<std::string> InShort(const std::vector<api::PolicyChange>& records);

  static inline int namespaces_ = 0;
  static inline std::string token_;  // of the chart's ServiceAccount
  std::string ns_;
};

}  // namespace fairlead::testing
