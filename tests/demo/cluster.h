// Cluster: what the demo's user does with kubectl: apply manifests, look at a policy's status, delete.
//
// Who calls: stage and scenes. Goes through the operator's own client, over HTTP, as the user "shop-team"
// (its field manager). One thread.
//
//   Result<Written> w = cluster.ApplyFile("10-retries.yaml");
//   Result<void> r = cluster.AwaitProgrammed("shop", "ratings");
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/api/policy_common.h"
#include "crds/base/json_write.h"
#include "operator/kube/client.h"
#include "tests/demo/patience.h"

namespace fairlead::demo {

inline constexpr char kUser[] = "shop-team";

class Cluster {
 public:
  static Result<std::unique_ptr<Cluster>> Connect(const std::string& kubeconfig_file, std::string samples_dir,
                                                  const Patience* patience);

  using Edit = std::function<void(Json::Value*)>;  // of an object before it is applied
  // All documents of a file (of the samples, unless the path is absolute) by server-side apply; gives the
  // last one. Documents of kinds that the demo has no use for (third-party files hold some) are passed over.
  Result<kube::Written> ApplyFile(const std::string& file, const Edit& edit = {});
  Result<kube::Written> Apply(const std::string& json);

  Result<Json::Value> Read(Kind kind, const std::string& ns, const std::string& name);
  Result<void> Delete(Kind kind, const std::string& ns, const std::string& name);

  // The status of a RetryTimeoutPolicy at its present generation; nullopt: not written yet.
  std::optional<api::PolicyStatus> StatusOf(const std::string& ns, const std::string& name);
  // Until the status says so for the present generation. `reason` is the one of the condition Programmed.
  Result<void> AwaitProgrammed(const std::string& ns, const std::string& name,
                               const std::string& reason = "Programmed");

 private:
  Cluster(std::unique_ptr<kube::HttpTransport> transport, std::string samples, const Patience* patience)
      : transport_(std::move(transport)),
        client_(transport_.get()),
        samples_(std::move(samples)),
        patience_(patience) {}

  std::unique_ptr<kube::HttpTransport> transport_;
  kube::Client client_;
  std::string samples_;
  const Patience* const patience_;
};

// "Programmed=True (Programmed): all 1 proxies …", for messages.
std::string Describe(const std::optional<api::PolicyStatus>& status);
const Condition* FindCondition(const api::PolicyStatus& status, const std::string& type);

}  // namespace fairlead::demo
