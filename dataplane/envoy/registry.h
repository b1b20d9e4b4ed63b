// Registry: which resource there is, which waypoint uses it, and what the catalog was told of both.
//
// The planner writes what is now; Commit says what is different from the last Commit. Work and memory by what
// was touched. One thread.
//
//   registry.SetContent(resource);
//   registry.Use({"shop", "waypoint"}, resource->name, +1);
//   xds::Update update = registry.Commit();
#pragma once

#include <map>
#include <set>
#include <vector>

#include "dataplane/xds/update.h"

namespace fairlead::envoy {

class Registry {
 public:
  void SetContent(const xds::ResourcePtr& resource);
  void DropContent(const xds::ResourceName& name);

  // Counts the users of a name in an audience. The name may be without content, the audience may not exist
  // (yet).
  void Use(const xds::Audience& audience, const xds::ResourceName& name, int delta);

  void AddAudience(const xds::Audience& audience);
  void DropAudience(const xds::Audience& audience);
  bool HasAudience(const xds::Audience& audience) const { return audiences_.contains(audience); }

  xds::Update Commit();

  std::vector<xds::ResourcePtr> ResourcesOf(const xds::Audience& audience) const;  // sorted by name

 private:
  struct Usage {
    int count = 0;
    bool told = false;  // the catalog has the name in this audience
  };
  struct Entry {
    xds::ResourcePtr content;  // null: there is no such resource
    xds::ResourcePtr told;     // what the catalog has; null: nothing
    std::map<xds::Audience, Usage> uses;
  };

  void CommitAudiences(const xds::ResourceName& name, Entry* entry, xds::Update* update);
  void CommitContent(const xds::ResourceName& name, Entry* entry, xds::Update* update);

  std::map<xds::ResourceName, Entry> entries_;
  std::set<xds::Audience> audiences_;
  std::set<xds::Audience> told_audiences_;
  std::set<xds::ResourceName> touched_;
};

}  // namespace fairlead::envoy
