// Store: the objects, one counter of revisions, and the history of changes that watches and paging read.
//
// Who calls: Api (all semantics are there; the store knows only keys), and tests that compact or freeze it.
// Thread-safe. A WatchQueue's wake-up is called under the store's lock and must not call back.
//
//   store.Put({"/services", "shop", "ratings"}, object);   // sets metadata.resourceVersion
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/apiserver/value.h"

namespace fairlead::apiserver {

using ObjectPtr = std::shared_ptr<const Value>;

struct StoreKey {
  std::string type;  // Resource::Type()
  std::string ns;
  std::string name;
  friend auto operator<=>(const StoreKey&, const StoreKey&) = default;
  friend bool operator==(const StoreKey&, const StoreKey&) = default;
};

enum class ChangeType { kAdded, kModified, kDeleted };

struct Change {
  uint64_t revision = 0;
  ChangeType type = ChangeType::kAdded;
  StoreKey key;
  ObjectPtr object;    // a deletion: the last state, with the revision of the deletion
  ObjectPtr previous;  // null for an addition
};

// What one watch has yet to send. Filled by the store, emptied by the connection.
class WatchQueue {
 public:
  explicit WatchQueue(size_t limit) : limit_(limit) {}
  void Push(const Change& change);
  std::optional<Change> Pop();
  bool overflowed() const;  // the watcher was too slow: cut it
  void SetWakeup(std::function<void()> wakeup);

 private:
  const size_t limit_;
  mutable std::mutex mutex_;
  std::deque<Change> changes_;
  bool overflowed_ = false;
  std::function<void()> wakeup_;
};

class Store {
 public:
  struct Limits {
    size_t objects = 500'000;
    size_t history = 50'000;  // changes kept for watches that start in the past
  };
  struct Listing {
    uint64_t revision = 0;
    std::vector<ObjectPtr> items;  // by namespace, then name
  };

  Store() : Store(Limits()) {}
  explicit Store(Limits limits) : limits_(limits) {}

  uint64_t revision() const;
  uint64_t oldest_revision() const;  // a watch may start from here on
  size_t size() const;
  bool full() const { return size() >= limits_.objects; }

  ObjectPtr Get(const StoreKey& key) const;
  Listing List(const std::string& type, const std::string& ns) const;  // ns "": all
  std::optional<Listing> ListAt(const std::string& type, const std::string& ns, uint64_t revision) const;
  std::vector<std::pair<StoreKey, ObjectPtr>> Everything() const;

  std::vector<std::pair<StoreKey, ObjectPtr>> Deleting() const;  // those with a deletionTimestamp
  // Objects that name the uid in metadata.ownerReferences.
  std::vector<StoreKey> DependentsOf(const std::string& uid) const;
  // uids of objects removed since the last call that had dependents.
  std::vector<std::string> TakeOrphaningUids();

  ObjectPtr Put(const StoreKey& key, Value object);
  ObjectPtr Remove(const StoreKey& key);  // null: absent

  // What the queue gets: all changes after `from`. False: `from` is too old.
  bool Subscribe(const std::shared_ptr<WatchQueue>& queue, const std::string& type, const std::string& ns,
                 uint64_t from);
  // The state now, and all changes from then on.
  Listing SubscribeNow(const std::shared_ptr<WatchQueue>& queue, const std::string& type,
                       const std::string& ns);

  void Compact();                             // forgets all history
  void Freeze(const std::string& type = "");  // watches see nothing new ("": of any type) …
  void Thaw();                                // … until now

 private:
  struct Subscription {
    std::weak_ptr<WatchQueue> queue;
    std::string type;
    std::string ns;
  };
  void Record(Change change);
  void Deliver(const Change& change);
  void IndexOwners(const StoreKey& key, const Value& object, bool add);
  Listing ListLocked(const std::string& type, const std::string& ns) const;

  const Limits limits_;
  mutable std::mutex mutex_;
  uint64_t revision_ = 1;
  uint64_t compacted_ = 0;
  std::map<StoreKey, ObjectPtr> objects_;
  std::map<std::string, std::set<StoreKey>> dependents_;
  std::vector<std::string> orphaning_;
  std::set<StoreKey> deleting_;
  std::deque<Change> history_;
  std::vector<Subscription> subscriptions_;
  std::set<std::string> frozen_;
  std::vector<Change> held_back_;
};

}  // namespace fairlead::apiserver
