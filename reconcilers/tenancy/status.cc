#include "reconcilers/tenancy/status.h"

#include <algorithm>
#include <optional>
#include <set>

#include "reconcilers/native/isolation_view.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/waypoints/status.h"

namespace fairlead::reconcilers {
namespace {

using Missing = OneSided::Missing;

Condition Make(std::string type, bool value, std::string reason, std::string message, int64_t generation) {
  Condition condition;
  condition.type = std::move(type);
  condition.status = value ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  condition.reason = std::move(reason);
  condition.message = std::move(message);
  condition.observed_generation = generation;
  return condition;
}

std::string Number(size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string InForce(int64_t generation) {
  return "; generation " + std::to_string(generation) + " stays in force";
}

Condition Accepted(const WorkspaceStatusInput& in, int64_t generation) {
  if (in.invalid != nullptr) {
    std::string message = Join(in.invalid->errors, 4);
    if (in.workspace != nullptr) message += InForce(in.workspace->workspace->meta.generation);
    return Make("Accepted", false, "Invalid", std::move(message), generation);
  }
  const ResolvedWorkspace& workspace = *in.workspace;
  if (!workspace.lost.empty()) {
    return Make("Accepted", false, "Conflicted",
                ConflictsInWords(workspace.lost) + "; it has " +
                    Number(workspace.namespaces.size(), "namespace") +
                    ": take the others out of one of the two",
                generation);
  }
  return Make("Accepted", true, "Accepted", Number(workspace.namespaces.size(), "namespace"), generation);
}

Condition Written(const WorkspaceStatusInput& in, int64_t generation) {
  if (in.report == nullptr)
    return Make("Written", false, "Reconciling", "its objects are being written", generation);
  const TenancyReport& report = *in.report;
  std::vector<std::string> parts = {Number(static_cast<size_t>(report.objects), "object") + " as wished"};
  if (!report.problems.empty()) {
    parts.push_back(JoinBounded(report.problems, "; "));
    return Make("Written", false, "Refused", JoinBounded(parts, "; "), generation);
  }
  if (!report.waiting.empty()) {
    parts.push_back("not installed, or not readable for Fairlead: " + JoinBounded(report.waiting, ", ") +
                    ": what it carries has no effect until it is");
    return Make("Written", false, "KindMissing", JoinBounded(parts, "; "), generation);
  }
  return Make("Written", true, "Written", parts.front(), generation);
}

// Where isolation is less than its word: Audit that nobody tells of, importers that L4 cannot keep from some
// pods.
std::optional<Condition> IsolationLimited(const View& view, const ResolvedWorkspace& workspace,
                                          int64_t generation) {
  if (workspace.workspace->isolation == api::Isolation::kAudit && !view.options.ztunnel_dry_run) {
    return Make("IsolationLimited", true, "AuditNotTold",
                "nothing tells what Audit would refuse: ztunnel passes over policies with the action AUDIT; "
                "where every ztunnel is of 1.29 or newer, start Fairlead with --ztunnel-dry-run (chart: "
                "ztunnel.dryRun), and they log it",
                generation);
  }
  if (workspace.exports.empty()) return std::nullopt;
  const std::set<L4Limit> limits = LowerIsolation(workspace, IsolationViewOf(view, workspace)).limits;
  if (limits.empty()) return std::nullopt;
  std::vector<std::string> parts;
  for (const L4Limit& limit : limits) {
    parts.push_back("Workspace " + limit.importer + ", which imports Service " + limit.exported.ToString() +
                    ", reaches pods of " + limit.service.ToString() + ", since some may be of both");
  }
  return Make("IsolationLimited", true, "SharedPods",
              JoinBounded(parts, "; ") + ": selectors that keep them apart, or a waypoint, make it exact",
              generation);
}

// How many objects of a workspace, of the kinds that can be shared, are so: shared(kind, name, labels).
template <class Shared>
int CountObjects(const View& view, const ResolvedWorkspace& owner, Shared shared) {
  int count = 0;
  const auto look = [&](const auto& object) {
    using T = std::remove_cvref_t<decltype(*object)>;
    count += shared(T::kKind, object->meta.nn(), object->meta.labels) ? 1 : 0;
  };
  for (const std::string& ns : owner.namespaces) {
    view.tables.ForEachIn<core::Service>(ns, look);
    view.tables.ForEachIn<istio::ServiceEntry>(ns, look);
    view.tables.ForEachIn<gateway::HTTPRoute>(ns, look);
    view.tables.ForEachIn<gateway::GRPCRoute>(ns, look);
  }
  return count;
}

// That another may use by the consent.
int CountShared(const View& view, const ResolvedWorkspace& owner, const Consent& consent) {
  return CountObjects(view, owner, [&](Kind kind, const NamespacedName& name, const Labels& labels) {
    return consent.Shares(kind, name, labels);
  });
}

// That at least one other workspace may use.
int CountExported(const View& view, const ResolvedWorkspace& owner) {
  if (owner.exports.empty()) return 0;
  return CountObjects(view, owner, [&](Kind kind, const NamespacedName& name, const Labels& labels) {
    return std::any_of(owner.exports.begin(), owner.exports.end(),
                       [&](const auto& entry) { return entry.second->Shares(kind, name, labels); });
  });
}

int CountImported(const View& view, const ResolvedWorkspace& user) {
  int count = 0;
  for (const auto& [owner, consent] : user.imports) {
    if (const auto found = view.tenancy.Find(owner)) count += CountShared(view, *found, *consent);
  }
  return count;
}

}  // namespace

std::string ConflictsInWords(const std::map<std::string, std::string>& lost) {
  std::vector<std::string> parts;
  for (const auto& [ns, holder] : lost) {
    if (parts.size() == api::WorkspaceStatus::kMaxConflicts) break;
    parts.push_back("namespace " + ns + " belongs to the older Workspace " + holder);
  }
  std::string out = JoinBounded(parts, "; ", parts.size());
  if (lost.size() > parts.size()) out += "; and " + std::to_string(lost.size() - parts.size()) + " more";
  return out;
}

std::string InWords(const OneSided& one_sided, const std::string& workspace) {
  const std::string& other = one_sided.other;
  const bool pattern = other.find('*') != std::string::npos;
  const std::string to_do =
      one_sided.import ? "exportTo names " + workspace : "importFrom names " + workspace;
  std::string out = one_sided.field + ": ";
  switch (one_sided.missing) {
    case Missing::kWorkspace:
      return out + (pattern ? "no other Workspace matches " : "there is no Workspace ") + other;
    case Missing::kSettings:
      return out + "Workspace " + other + " has no WorkspaceSettings whose " + to_do;
    case Missing::kAnswer:
      break;
  }
  return out + (pattern ? "no Workspace that matches " + other + " has WorkspaceSettings whose " + to_do
                        : "the WorkspaceSettings of Workspace " + other + " have no " +
                              (one_sided.import ? "exportTo" : "importFrom") + " that names " + workspace);
}

api::WorkspaceStatus StatusFrom(const WorkspaceStatusInput& in) {
  api::WorkspaceStatus status;
  if (in.invalid == nullptr && in.workspace == nullptr) return status;
  status.observed_generation =
      in.invalid ? in.invalid->meta.generation : in.workspace->workspace->meta.generation;
  status.conditions.push_back(Accepted(in, status.observed_generation));
  if (in.written) {
    status.conditions.push_back(in.workspace != nullptr
                                    ? Written(in, status.observed_generation)
                                    : Make("Written", false, "Reconciling",
                                           "it is not accepted: objects that were written for it stay",
                                           status.observed_generation));
  }
  if (in.workspace == nullptr) return status;
  const ResolvedWorkspace& workspace = *in.workspace;
  if (auto limited = IsolationLimited(in.view, workspace, status.observed_generation))
    status.conditions.push_back(*std::move(limited));
  if (auto waypoints = WaypointsCondition(in.view, workspace, status.observed_generation))
    status.conditions.push_back(*std::move(waypoints));
  status.namespace_count = static_cast<int>(workspace.namespaces.size());
  for (const std::string& ns : workspace.namespaces) {
    if (status.namespaces.size() == api::WorkspaceStatus::kMaxNamespaces) break;
    status.namespaces.push_back(in.view.membership.cluster() + "/" + ns);
  }
  for (const auto& [ns, holder] : workspace.lost) {
    if (status.conflicts.size() == api::WorkspaceStatus::kMaxConflicts) break;
    status.conflicts.push_back(ns + ": belongs to the older Workspace " + holder);
  }
  for (const auto& [ns, others] : workspace.contested) {
    if (status.conflicts.size() == api::WorkspaceStatus::kMaxConflicts) break;
    status.conflicts.push_back(ns + ": the younger Workspace " + *others.begin() + " claims it too");
  }
  return status;
}

api::WorkspaceSettingsStatus SettingsStatus(const View& view, const NamespacedName& name,
                                            const Invalid* invalid) {
  api::WorkspaceSettingsStatus status;
  const auto settings = view.tables.Get<api::WorkspaceSettings>(name);
  if (settings == nullptr && invalid == nullptr) return status;
  const int64_t generation = invalid ? invalid->meta.generation : settings->meta.generation;
  status.observed_generation = generation;
  status.workspace = view.membership.WorkspaceOf(name.ns);
  const Ptr<ResolvedWorkspace> workspace = view.tenancy.Find(status.workspace);
  const bool counts =
      workspace != nullptr && workspace->settings != nullptr && workspace->settings->meta.nn() == name;
  if (counts) {
    status.imported = CountImported(view, *workspace);
    status.exported = CountExported(view, *workspace);
    for (const OneSided& one_sided : workspace->one_sided) {
      if (status.missing.size() == api::WorkspaceSettingsStatus::kMaxMissing) break;
      status.missing.push_back(InWords(one_sided, status.workspace));
    }
  }
  if (invalid != nullptr) {
    std::string message = Join(invalid->errors, 4);
    if (settings != nullptr) message += InForce(settings->meta.generation);
    status.conditions.push_back(Make("Accepted", false, "Invalid", std::move(message), generation));
  } else if (workspace == nullptr) {
    status.conditions.push_back(
        Make("Accepted", false, "TargetNotFound",
             "namespace " + name.ns + " is in no Workspace, so nothing of it is in force", generation));
  } else if (!counts) {
    status.conditions.push_back(Make("Accepted", false, "Conflicted",
                                     "Workspace " + status.workspace + " has older WorkspaceSettings, " +
                                         workspace->settings->meta.nn().ToString() +
                                         ", and those alone count: put it all there",
                                     generation));
  } else {
    const std::string agreed = "imports from " + Number(workspace->imports.size(), "workspace") +
                               ", exports to " + Number(workspace->exports.size(), "workspace");
    status.conditions.push_back(Make("Accepted", true, "Accepted", agreed, generation));
  }
  if (!counts) return status;
  if (workspace->one_sided.empty()) {
    status.conditions.push_back(
        Make("Agreed", true, "Agreed", "the other sides agree to all that it says", generation));
  } else {
    status.conditions.push_back(
        Make("Agreed", false, "OtherSideMissing", JoinBounded(status.missing, "; "), generation));
  }
  return status;
}

}  // namespace fairlead::reconcilers
