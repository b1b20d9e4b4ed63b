// WorldView: what a verdict may ask, answered by a World that stands still: what `fairleadctl lint` would
// find at an object, the workspaces, and their rights.
//
// Who calls: the operator, with the engine's World; the fuzz target and tests, with one of their own. Pure;
// as the World, not thread-safe.
//
//   Verdict verdict = Judge(review, WorldView(world));
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/world.h"
#include "webhooks/verdict/view.h"

namespace fairlead::webhooks {

class WorldView final : public View {
 public:
  explicit WorldView(const reconcilers::World& world) : world_(world) {}
  std::vector<Advice> AdviceOn(const AnyObject& object) const override;
  std::optional<Tenancy> TenancyOf(const std::string& ns,
                                   const std::vector<ObjectKey>& targets) const override;
  std::optional<reconcilers::ForeignRuling> OnForeign(
      const reconcilers::ForeignChange& change) const override;
  std::string ClusterDomain() const override;
  bool IsAdministrator(const std::vector<std::string>& groups) const override;
  std::map<std::string, std::string> TakenBy(const api::Workspace& candidate,
                                             const api::Workspace* before) const override;

 private:
  const reconcilers::World& world_;
};

}  // namespace fairlead::webhooks
