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
  // Of the pods of an audience that exists, by name.
  void SetPlaces(const xds::Audience& audience, std::map<std::string, xds::Place> places);
  void DropAudience(const xds::Audience& audience);
  bool HasAudience(const xds::Audience& audience) const;

  xds::Update Commit();

  std::vector<xds::ResourcePtr> ResourcesOf(const xds::Audience& audience) const;  // sorted by name

 private:
  struct AudienceState {
    bool exists = false;
    bool told = false;  // the catalog was told that it exists
    size_t uses = 0;    // that name it
    std::map<std::string, xds::Place> places, told_places;
  };
  using Audiences = std::map<xds::Audience, AudienceState>;
  struct Usage {
    Audiences::iterator audience;
    int count = 0;
    bool told = false;  // the catalog has the content in this audience
  };
  struct Entry {
    xds::ResourcePtr content;  // null: there is no such resource
    std::vector<Usage> uses;   // mostly one
  };
  using Entries = std::map<xds::ResourceName, Entry>;

  Entries::iterator Touch(const xds::ResourceName& name);
  void CommitEntry(Entries::iterator entry, const xds::ResourcePtr& before, xds::Update* update);
  void DropIfUnused(Audiences::iterator audience);

  Entries entries_;
  Audiences audiences_;
  std::map<xds::ResourceName, xds::ResourcePtr>
      touched_;  // since the last Commit, with the content as it was then
};

}  // namespace fairlead::envoy
