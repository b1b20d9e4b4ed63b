// IstioObjects: the VirtualServices and DestinationRules that are in the cluster, as two watches tell.
//
// Objects of ours (by label) are kept whole and found by the service that owns them; of others only what can
// stand in our way is kept: their names and the hosts they route. What the operator of another cluster wrote
// and somebody copied here is both, since only its service's UID tells for sure. Thread-safe.
#pragma once

#include <json/value.h>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "crds/base/meta.h"

namespace fairlead::app {

class IstioObjects {
 public:
  enum class Type : unsigned char { kVirtualService, kDestinationRule };
  // Called after a change, without locks: services whose objects are to be looked at.
  using Touched = std::function<void(const std::set<ObjectKey>& services)>;

  IstioObjects(std::string cluster_domain, std::string cluster_name, Touched touched)
      : cluster_domain_(std::move(cluster_domain)),
        cluster_name_(std::move(cluster_name)),
        touched_(std::move(touched)) {}

  // From the watches.
  void Replace(Type type, std::vector<Json::Value> objects);
  void Upsert(Type type, Json::Value object);
  void Delete(Type type, const Json::Value& last);

  bool synced() const;  // both kinds were listed
  // What there is under the names of `desired`, and whatever else of ours the service owns.
  std::vector<Json::Value> LiveFor(const ObjectKey& service, const std::vector<Json::Value>& desired) const;
  std::set<ObjectKey> Owners() const;  // services that own objects of ours
  // Others' objects of the type that are for the host in the mesh: "VirtualService shop/mine", "… of Fairlead
  // in cluster east". `uid`: of the service that the host is.
  std::vector<std::string> OthersFor(Type type, const std::string& host, const std::string& uid) const;

 private:
  using Id = std::pair<Type, NamespacedName>;
  struct Entry {
    Json::Value object;              // of others: apiVersion, kind, name and labels
    ObjectKey owner;                 // of ours
    std::vector<std::string> hosts;  // of others, and of those that may be of another cluster
    bool ours = false;               // by label
  };
  Entry Read(Type type, Json::Value object) const;
  void Put(const Id& id, Entry entry, std::set<ObjectKey>* touched);
  void Erase(const Id& id, std::set<ObjectKey>* touched);
  void Touch(const Entry& entry, std::set<ObjectKey>* touched) const;

  const std::string cluster_domain_, cluster_name_;
  const Touched touched_;
  mutable std::mutex mutex_;  // guards all below
  std::map<Id, Entry> entries_;
  std::map<ObjectKey, std::set<Id>> owned_;
  std::map<std::string, std::set<Id>> others_by_host_;
  std::set<Type> listed_;
};

}  // namespace fairlead::app
