// Tables: every object that was applied, by kind and name; what is invalid is kept beside the last good.
//
// World owns one. Put tells whether anything that is read has changed: an object that differs only in
// resourceVersion or status is stored, so that Find shows the newest, but is no change. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "crds/object/any_object.h"

namespace fairlead::reconcilers {

class Tables {
 public:
  enum class Outcome : unsigned char { kSame, kChanged };

  Outcome Put(const ObjectKey& key, const AnyObject& object);
  bool Erase(const ObjectKey& key);  // false: was not there

  // As it is in the cluster, Invalid included; null: absent.
  const AnyObject* Find(const ObjectKey& key) const;
  // The errors of the newest version, where that could not be read; null otherwise.
  Ptr<Invalid> InvalidOf(const ObjectKey& key) const;

  // What is in force: the object, or its last version that could be read; null: none.
  template <class T>
  Ptr<T> Get(const NamespacedName& name) const {
    return Get<T>(name.ns, name.name);
  }
  template <class T>
  Ptr<T> Get(const std::string& ns, const std::string& name) const {
    const AnyObject* found = InForce(T::kKind, ns, name);
    const auto* object = found == nullptr ? nullptr : std::get_if<Ptr<T>>(found);
    return object == nullptr ? nullptr : *object;
  }

  // Whether there is one that is in force: of the name; in the namespace.
  template <class T>
  bool Has(const std::string& ns, const std::string& name) const {
    return InForce(T::kKind, ns, name) != nullptr;
  }
  template <class T>
  bool HasAny(const std::string& ns) const {
    const auto found = Of(T::kKind).find(ns);
    return found != Of(T::kKind).end() &&
           std::any_of(found->second.begin(), found->second.end(),
                       [&](const auto& entry) { return Has<T>(ns, entry.first); });
  }

  // The labels of a target kind's object in force; null: absent.
  const ObjectMeta* MetaOf(const ObjectKey& key) const;

  // All of a kind that are in force, sorted; those of one namespace.
  template <class T>
  void ForEach(const std::function<void(const Ptr<T>&)>& visit) const {
    for (const auto& [ns, objects] : Of(T::kKind)) ForEachIn<T>(ns, visit);
  }
  template <class T>
  void ForEachIn(const std::string& ns, const std::function<void(const Ptr<T>&)>& visit) const {
    const auto found = Of(T::kKind).find(ns);
    if (found == Of(T::kKind).end()) return;
    for (const auto& [name, newest] : found->second) {
      if (Ptr<T> object = Get<T>(ns, name)) visit(object);
    }
  }

  // Every name of a kind, invalid ones included, sorted.
  std::vector<NamespacedName> Names(Kind kind) const;
  // How many of a kind cannot be read as they are in the cluster.
  size_t InvalidCount(Kind kind) const { return invalid_[static_cast<size_t>(kind)]; }
  // Those of a kind of which no version could be read, as after a start: what they ask for is not known.
  const std::set<NamespacedName>& NeverRead(Kind kind) const {
    return never_read_[static_cast<size_t>(kind)];
  }

 private:
  // By namespace, then by name: most look-ups compare names of one namespace only.
  using Objects = std::map<std::string, std::map<std::string, AnyObject>>;
  const Objects& Of(Kind kind) const { return objects_[static_cast<size_t>(kind)]; }
  const AnyObject* Newest(Kind kind, const std::string& ns, const std::string& name) const;
  const AnyObject* InForce(Kind kind, const std::string& ns, const std::string& name) const;

  std::array<Objects, kKindCount> objects_;
  std::map<ObjectKey, AnyObject> last_good_;  // of those that are Invalid now
  std::array<size_t, kKindCount> invalid_{};
  std::array<std::set<NamespacedName>, kKindCount> never_read_;
};

}  // namespace fairlead::reconcilers
