// View: what a verdict may ask about other objects.
//
// Who calls: the rules; implemented over the operator's World, and by NoView where nothing is known. Advice
// never decides: the order in which objects are created is free, so what depends on others is a warning now
// and a condition later. Rights do: a change is judged by the workspace that its namespace is in. An answer
// must be quick, since a user waits for it; advice that cannot be is empty.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/object/any_object.h"
#include "reconcilers/reach/judge.h"
#include "reconcilers/rights/rights.h"

namespace fairlead::webhooks {

// A finding as `fairleadctl lint` has it.
struct Advice {
  std::string code;     // "FL002"
  std::string field;    // "spec.targetRefs[0]"; empty: the object as a whole
  std::string message;  // what is wrong
  std::string fix;      // what to do about it; may be empty
  std::string ToString() const;
};

// What rights are judged by.
struct Tenancy {
  Ptr<api::Workspace> workspace;       // that the namespace is in; null: none
  std::map<ObjectKey, Labels> labels;  // of the targets that exist
};

class View {
 public:
  virtual ~View() = default;
  // What would be found at the object, were it stored as it is. Sorted.
  virtual std::vector<Advice> AdviceOn(const AnyObject& object) const = 0;
  // For a change in the namespace of a policy that names these targets. nullopt: it is not known now, so that
  // nothing that rights could be needed for may be done.
  virtual std::optional<Tenancy> TenancyOf(const std::string& ns,
                                           const std::vector<ObjectKey>& targets) const = 0;
  // What the workspaces have against a change to an object of somebody else's API. nullopt: it is not known
  // now.
  virtual std::optional<reconcilers::ForeignRuling> OnForeign(
      const reconcilers::ForeignChange& change) const = 0;
  // Whether the HTTPRoute that the API server serves has rules[].retry. nullopt: it is not known now.
  virtual std::optional<bool> RouteRetry() const { return std::nullopt; }
  virtual std::string ClusterDomain() const { return "cluster.local"; }
  // Whether one who is in these groups administers the cluster, and so may break the glass.
  virtual bool IsAdministrator(const std::vector<std::string>& groups) const {
    return reconcilers::IsAdministrator(groups, reconcilers::AdministratorGroups());
  }
  // Namespaces that belong to other Workspaces and that the candidate would newly claim: namespace ->
  // Workspace. `before`: as it is stored; null: there is none. What is not known now is left to the status.
  virtual std::map<std::string, std::string> TakenBy(const api::Workspace&, const api::Workspace*) const {
    return {};
  }
};

class NoView : public View {
 public:
  std::vector<Advice> AdviceOn(const AnyObject&) const override { return {}; }
  std::optional<Tenancy> TenancyOf(const std::string&, const std::vector<ObjectKey>&) const override {
    return Tenancy();
  }
  std::optional<reconcilers::ForeignRuling> OnForeign(const reconcilers::ForeignChange&) const override {
    return reconcilers::ForeignRuling();
  }
};

}  // namespace fairlead::webhooks
