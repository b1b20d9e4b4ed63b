// Grants against one change: what the roles of a workspace cover of it, and what they lack.
//
// Who calls: rights.cc. Pure; refers to what it was made from, so it does not outlive that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/rights/field_changes.h"
#include "reconcilers/rights/rights.h"

namespace fairlead::reconcilers {

class GrantCheck {
 public:
  explicit GrantCheck(const PolicyChange& change);

  bool nothing() const { return fields_.empty(); }  // the change touches no field

  // What these roles together lack, a text for each field; empty: they grant the change. Each is of the grant
  // that comes nearest.
  std::vector<std::string> LackOf(const std::vector<const api::WorkspaceRole*>& roles) const;

 private:
  // What a grant lacks to cover a field for a target. The nearest grant is the one whose first obstacle comes
  // first in this order.
  enum class Obstacle : unsigned char { kNone, kBounds, kTarget, kMode, kScope, kNamespace, kField, kKind };
  struct Distance {
    Obstacle obstacle = Obstacle::kKind;
    const api::WorkspaceRole* role = nullptr;
    const api::Grant* grant = nullptr;
    const RightsTarget* target = nullptr;
  };
  Obstacle First(const api::WorkspaceRole& role, const api::Grant& grant, const FieldChange& field,
                 const RightsTarget* target) const;
  std::string InWords(const Distance& distance, const FieldChange& field) const;
  std::optional<api::Scope> ScopeBeyond(const api::Grant& grant) const;
  Distance Nearest(const std::vector<const api::WorkspaceRole*>& roles, const FieldChange& field,
                   const RightsTarget* target) const;
  std::string BeyondBounds(const api::WorkspaceRole& role, const api::Grant& grant,
                           const FieldChange& field) const;
  bool Touches(const std::string& path) const;

  const PolicyChange& change_;
  const bool moved_;
  const std::vector<api::Scope> scopes_;  // the wider ones that it begins or ends in
  const bool overrides_;
  std::vector<FieldChange> fields_;
};

}  // namespace fairlead::reconcilers
