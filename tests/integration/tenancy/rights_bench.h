// RightsBench: a real API server with our CRDs, one Workspace and what its rights lower to; and Judge beside
// it.
//
// Who calls: NativeRights. Callers come with client certificates; RBAC lets everybody write policies in the
// workspace's namespaces, so that a refusal is one of the admission policies. One thread.
#pragma once

#include <json/value.h>

#include <memory>
#include <set>
#include <string>

#include "crds/object/any_object.h"
#include "reconcilers/rights/rights.h"
#include "tests/integration/tenancy/rights_cases.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {

class RightsBench {
 public:
  static Result<std::unique_ptr<RightsBench>> Start();

  // Stores `before` by an administrator, then makes the change as the caller. Status 0: not a valid case, and
  // body says why.
  struct Outcome {
    HttpReply reply;
    reconcilers::Ruling ruling;  // of Judge, by all that is known
    reconcilers::Ruling blind;   // of Judge, without the named targets
    bool ok() const { return reply.ok(); }
  };
  Outcome Try(const RightsCase& c);

  // The workspace, as the reconcilers read it.
  const api::Workspace& workspace() const { return *workspace_; }

  // Makes another workspace, with what its rights lower to.
  Result<Ptr<api::Workspace>> Add(const std::string& yaml, const std::set<std::string>& namespaces);

  // What Add has made, by an administrator.
  HttpReply Delete(const Json::Value& object);

  HttpReply CallAs(const RightsCaller& caller, const std::string& method, const std::string& path,
                   const std::string& body = "");
  RealCluster& cluster() { return *cluster_; }

 private:
  std::unique_ptr<RealCluster> cluster_;
  Ptr<api::Workspace> workspace_;
  int names_ = 0;
};

}  // namespace fairlead::testing
