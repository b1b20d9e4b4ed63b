// VerdictBench: a real API server with our kinds (without their schemas, so that ours is the only word),
// Gateway API's and Istio's, the world of the cases, and one operator that serves the webhooks of the chart.
//
// Who calls: the tests of verdicts. One thread.
//
//   auto bench = VerdictBench::Start(cases);
//   Json::Value answer = (*bench)->Ask(cases[0], /*dry_run=*/true);
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "tests/integration/operator/operator_process.h"
#include "tests/integration/verdicts/verdict_cases.h"
#include "tests/support/kube/egress.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {

class VerdictBench {
 public:
  static std::string Missing();
  static Result<std::unique_ptr<VerdictBench>> Start(const std::vector<VerdictCase>& cases);
  ~VerdictBench();

  // What the user is told: {code, reason, message, warnings}, without what is empty.
  Json::Value Ask(const VerdictCase& c, bool dry_run);
  // The spec that is stored under the name of the case; null: nothing is.
  Json::Value Stored(const VerdictCase& c) const;
  std::string Log() const { return operator_.Log(); }

 private:
  Result<void> Fill(const std::vector<VerdictCase>& cases);
  Result<void> Judge();
  Result<void> Make(const std::string& collection, const Json::Value& object) const;
  HttpReply Call(const VerdictUser& user, const std::string& method, const std::string& path,
                 const std::string& body) const;

  Egress egress_;
  std::unique_ptr<RealCluster> cluster_;
  std::map<std::string, VerdictUser> users_;
  std::map<std::string, KeyPair> certificates_;  // by user
  OperatorProcess operator_;
};

}  // namespace fairlead::testing
