// The parts of Lint: each looks at one kind of objects and adds findings. Private to reconcilers/lint*.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reconcilers/calls/chains.h"
#include "reconcilers/lint.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/status/book.h"

namespace fairlead::reconcilers {

class Findings {
 public:
  void Add(LintCode code, const ObjectKey& object, std::string field, std::string message,
           std::string fix = "");
  std::vector<Finding> Take();  // sorted, unique

 private:
  std::vector<Finding> found_;
};

void LintPolicies(const World& world, Findings* out);
void LintRoutes(const World& world, Findings* out);
void LintServices(const World& world, Findings* out);  // services, waypoints, workspaces
void LintNotCarriedOut(const World& world, Findings* out);
void LintFailover(const World& world, Findings* out);

// FL035: what keeps the waypoint that the settings name from serving the namespaces.
void LintDefaults(const View& view, const api::WorkspaceSettings& settings,
                  const std::set<std::string>& namespaces, Findings* out);
// "did you mean ratings?": an object of that kind in that namespace with a name near it; "": there is none.
std::string MeantBy(const View& view, const ObjectKey& missing);
// The field that places a policy: "spec.targetRefs[1]", or spec.targetSelectors for what is selected.
std::string FieldOf(const PolicyHead& policy, const Placement& placement);
// Of one object by itself. LintAlone: false where the policy may not use its scope, so that it has no
// targets.
bool LintAlone(const View& view, const ObjectKey& key, const api::RetryTimeoutPolicy& policy, Findings* out);
// What came of it at its targets, or would.
void LintPage(const View& view, const ObjectKey& key, const api::RetryTimeoutPolicy& policy,
              const PolicyPage& page, Findings* out);
void LintNotCarriedOut(const AnyObject& object, bool istio_mode, Findings* out);
// False: it may not use its scope, so that it has no targets.
bool LintFailoverTargets(const View& view, const api::FailoverPolicy& policy, size_t max_targets,
                         Findings* out);
// Looks at so many of its targets and their endpoints, those first that it names.
void LintFailover(const View& view, const api::FailoverPolicy& policy, size_t max_targets, Findings* out);
// FL032 at a policy, where a chain of calls sends too much to the service.
void AddChain(const ObjectKey& policy, const ObjectKey& service, const Chain& chain, Findings* out);
void AddNothingSelected(const ObjectKey& policy, api::Scope scope, Findings* out);
void AddOverlap(const std::string& workspace, const std::string& ns, const std::string& owner, Findings* out);

}  // namespace fairlead::reconcilers
