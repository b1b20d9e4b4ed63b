#include "webhooks/verdict/world_view.h"

#include "reconcilers/lint/candidate.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/claims.h"

namespace fairlead::webhooks {

std::vector<Advice> WorldView::AdviceOn(const AnyObject& object) const {
  std::vector<Advice> out;
  for (const reconcilers::Finding& finding : reconcilers::LintCandidate(world_, object)) {
    out.push_back({reconcilers::ToString(finding.code), finding.field, finding.message, finding.fix});
  }
  return out;
}

std::optional<Tenancy> WorldView::TenancyOf(const std::string& ns,
                                            const std::vector<ObjectKey>& targets) const {
  const reconcilers::View& view = world_.view();
  Tenancy out;
  out.workspace = view.tables.Get<api::Workspace>({"", view.membership.WorkspaceOf(ns)});
  for (const ObjectKey& target : targets) {
    if (const ObjectMeta* meta = view.tables.MetaOf(target)) out.labels[target] = meta->labels;
  }
  return out;
}

std::optional<reconcilers::ForeignRuling> WorldView::OnForeign(
    const reconcilers::ForeignChange& change) const {
  return reconcilers::JudgeForeign(world_.view(), change);
}

std::string WorldView::ClusterDomain() const { return world_.view().options.cluster_domain; }

bool WorldView::IsAdministrator(const std::vector<std::string>& groups) const {
  return reconcilers::IsAdministrator(groups, world_.view().options.break_glass_groups);
}

std::map<std::string, std::string> WorldView::TakenBy(const api::Workspace& candidate,
                                                      const api::Workspace* before) const {
  return reconcilers::NamespacesOfOthers(world_.view(), candidate, before);
}

}  // namespace fairlead::webhooks
