// Grants against one change: what the roles of a workspace cover of it, and what they lack.
//
// Who calls: rights.cc. Pure; refers to what it was made from, so it does not outlive that.
#pragma once

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
  // How far a grant is from covering a field for a target: 0 covers it.
  struct Distance {
    int steps = 0;
    std::string text;
  };
  Distance From(const api::WorkspaceRole& role, const api::Grant& grant, const FieldChange& field,
                const RightsTarget* target) const;
  Distance Nearest(const std::vector<const api::WorkspaceRole*>& roles, const FieldChange& field,
                   const RightsTarget* target) const;
  std::string BeyondBounds(const api::WorkspaceRole& role, const api::Grant& grant,
                           const FieldChange& field) const;
  bool Touches(const std::string& path) const;

  const PolicyChange& change_;
  const bool moved_;
  std::vector<FieldChange> fields_;
};

}  // namespace fairlead::reconcilers
