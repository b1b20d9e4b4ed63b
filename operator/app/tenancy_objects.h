// TenancyObjects: the objects in the cluster that Fairlead wrote for workspaces, as watches by label tell.
//
// Who calls: the watches of TenancyLoop put in what they see, its worker asks what there is for a workspace.
// The kinds are those of one table; one that is not installed, or that may not be read, is missing. An object
// is kept as text, and read again when it is asked for: as a value it takes ten times the memory, and most of
// thousands are not looked at for days. Thread-safe.
#pragma once

#include <json/value.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/kube/resource.h"

namespace fairlead::app {

struct TenancyKind {
  kube::Resource resource;
  std::string kind;
  std::string ToString() const { return kind + " (" + resource.GroupVersion() + ")"; }
};
// What tenancy lowers to, in the order in which writes are made: what closes comes before what opens. Deletes
// go the other way.
const std::vector<TenancyKind>& TenancyKinds();
std::optional<size_t> TenancyKindOf(const Json::Value& object);  // an index of these; nullopt: none

// An object as it is kept: without status, and what only the API server wants to know.
struct TenancyObject {
  std::string ns, name, workspace;
  std::string text;  // canonical JSON

  // In a list of a kind of Kubernetes' own, items do not say what they are: `kind` does.
  static TenancyObject Of(size_t kind, Json::Value object);
  Json::Value Read() const;
};

class TenancyObjects {
 public:
  // Called after a change, without locks: workspaces whose objects are to be looked at.
  using Touched = std::function<void(const std::set<std::string>& workspaces)>;
  explicit TenancyObjects(Touched touched) : touched_(std::move(touched)) {}

  // From the watches.
  void Replace(size_t kind, std::vector<TenancyObject> objects);
  void Upsert(size_t kind, TenancyObject object);
  void Delete(size_t kind, const TenancyObject& last);
  void SetMissing(size_t kind, bool missing);

  // Of our own writes, each object's one at a time: nobody is told. What a watch says of the object between
  // the beginning and one of the three ends counts more than the reply, which may be older.
  void BeginWrite(size_t kind, const Json::Value& object);
  void Wrote(size_t kind, Json::Value object);
  void Deleted(size_t kind, const Json::Value& object);
  void NotWritten(size_t kind, const Json::Value& object);

  bool synced() const;  // every kind was listed, or is missing
  bool missing(size_t kind) const;
  std::optional<Json::Value> Find(const Json::Value& like) const;  // of the kind, namespace and name
  std::vector<Json::Value> Of(const std::string& workspace) const;
  std::vector<size_t> Counts() const;                               // of each of TenancyKinds
  std::set<std::string> Workspaces() const;                         // that have objects
  std::set<std::string> WorkspacesIn(const std::string& ns) const;  // likewise, in this namespace

 private:
  struct Id {
    size_t kind = 0;
    std::string ns, name;
    friend auto operator<=>(const Id&, const Id&) = default;
  };
  struct Kept {
    std::string workspace, text;
  };
  using Objects = std::map<Id, Kept>;
  struct ById {
    bool operator()(Objects::iterator a, Objects::iterator b) const { return a->first < b->first; }
  };
  static Id IdOf(size_t kind, const Json::Value& object);
  void Put(size_t kind, TenancyObject object, std::set<std::string>* touched);
  void Erase(const Id& id, std::set<std::string>* touched);
  void Disturb(const Id& id);   // a watch tells of it
  bool EndWrite(const Id& id);  // false: a watch told of it meanwhile

  const Touched touched_;
  mutable std::mutex mutex_;  // guards all below
  Objects objects_;
  std::map<std::string, std::set<Objects::iterator, ById>> of_workspace_;
  std::set<size_t> listed_, missing_;
  std::map<Id, bool> writing_;  // and whether a watch told of it since BeginWrite
};

}  // namespace fairlead::app
