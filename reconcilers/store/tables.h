// Tables: every object that was applied, by kind and name; what is invalid is kept beside the last good.
//
// World owns one. Put tells whether anything that is read has changed: an object that differs only in
// resourceVersion or status is stored, so that Find shows the newest, but is no change. Not thread-safe.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
    const auto& rows = rows_[static_cast<size_t>(T::kKind)];
    auto at = rows.find(name);
    if (at == rows.end()) return nullptr;
    if (const auto* object = std::get_if<Ptr<T>>(&at->second.object)) return *object;
    if (at->second.last_good == nullptr) return nullptr;
    const auto* object = std::get_if<Ptr<T>>(at->second.last_good.get());
    return object == nullptr ? nullptr : *object;
  }

  // The labels of a target kind's object in force; null: absent.
  const ObjectMeta* MetaOf(const ObjectKey& key) const;

  // All of a kind that are in force, sorted; those of one namespace.
  template <class T>
  void ForEach(const std::function<void(const Ptr<T>&)>& visit) const {
    for (const auto& [name, row] : rows_[static_cast<size_t>(T::kKind)]) {
      if (Ptr<T> object = Get<T>(name)) visit(object);
    }
  }
  template <class T>
  void ForEachIn(const std::string& ns, const std::function<void(const Ptr<T>&)>& visit) const {
    const auto& rows = rows_[static_cast<size_t>(T::kKind)];
    for (auto at = rows.lower_bound({ns, ""}); at != rows.end() && at->first.ns == ns; ++at) {
      if (Ptr<T> object = Get<T>(at->first)) visit(object);
    }
  }

  // Every name of a kind, invalid ones included, sorted.
  std::vector<NamespacedName> Names(Kind kind) const;
  // How many of a kind cannot be read as they are in the cluster.
  size_t InvalidCount(Kind kind) const { return invalid_[static_cast<size_t>(kind)]; }

 private:
  struct Row {
    AnyObject object;
    std::unique_ptr<AnyObject> last_good;  // set only while `object` is Invalid
  };
  std::array<std::map<NamespacedName, Row>, kKindCount> rows_;
  std::array<size_t, kKindCount> invalid_{};
};

}  // namespace fairlead::reconcilers
