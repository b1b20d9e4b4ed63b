#include "reconcilers/store/tables.h"

#include <type_traits>

namespace fairlead::reconcilers {
namespace {

template <class T>
concept HasStatus = requires(const T& t) {
  t.status;
};

// Equal in all that lowering reads.
template <class T>
bool SameSpec(const T& a, const T& b) {
  T copy = b;
  copy.meta.resource_version = a.meta.resource_version;
  if constexpr (HasStatus<T>) copy.status = a.status;
  return copy == a;
}

bool Same(const AnyObject& a, const AnyObject& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& object) {
        using P = std::decay_t<decltype(object)>;
        const P& other = std::get<P>(b);
        return object == other || SameSpec(*object, *other);
      },
      a);
}

}  // namespace

Tables::Outcome Tables::Put(const ObjectKey& key, const AnyObject& object) {
  auto& names = objects_[static_cast<size_t>(key.kind)][key.ns];
  const auto [at, inserted] = names.try_emplace(key.name, object);
  const bool bad = IsInvalid(object);
  size_t& invalid = invalid_[static_cast<size_t>(key.kind)];
  std::set<NamespacedName>& never_read = never_read_[static_cast<size_t>(key.kind)];
  if (bad) ++invalid;
  if (bad && inserted) never_read.insert(key.nn());
  if (!bad) never_read.erase(key.nn());
  if (inserted) return Outcome::kChanged;
  AnyObject& newest = at->second;
  if (IsInvalid(newest)) --invalid;
  const bool same = Same(newest, object);
  if (bad && !IsInvalid(newest)) last_good_.insert_or_assign(key, std::move(newest));
  if (!bad) last_good_.erase(key);
  newest = object;
  return same ? Outcome::kSame : Outcome::kChanged;
}

bool Tables::Erase(const ObjectKey& key) {
  Objects& objects = objects_[static_cast<size_t>(key.kind)];
  const auto names = objects.find(key.ns);
  if (names == objects.end()) return false;
  const auto at = names->second.find(key.name);
  if (at == names->second.end()) return false;
  if (IsInvalid(at->second)) --invalid_[static_cast<size_t>(key.kind)];
  last_good_.erase(key);
  never_read_[static_cast<size_t>(key.kind)].erase(key.nn());
  names->second.erase(at);
  if (names->second.empty()) objects.erase(names);
  return true;
}

const AnyObject* Tables::Newest(Kind kind, const std::string& ns, const std::string& name) const {
  const auto names = Of(kind).find(ns);
  if (names == Of(kind).end()) return nullptr;
  const auto at = names->second.find(name);
  return at == names->second.end() ? nullptr : &at->second;
}

const AnyObject* Tables::InForce(Kind kind, const std::string& ns, const std::string& name) const {
  const AnyObject* newest = Newest(kind, ns, name);
  if (newest == nullptr || !IsInvalid(*newest)) return newest;
  const auto good = last_good_.find({kind, ns, name});
  return good == last_good_.end() ? nullptr : &good->second;
}

const AnyObject* Tables::Find(const ObjectKey& key) const { return Newest(key.kind, key.ns, key.name); }

Ptr<Invalid> Tables::InvalidOf(const ObjectKey& key) const {
  const AnyObject* object = Find(key);
  if (object == nullptr) return nullptr;
  const auto* invalid = std::get_if<Ptr<Invalid>>(object);
  return invalid == nullptr ? nullptr : *invalid;
}

const ObjectMeta* Tables::MetaOf(const ObjectKey& key) const {
  const AnyObject* object = InForce(key.kind, key.ns, key.name);
  return object == nullptr ? nullptr : &fairlead::MetaOf(*object);
}

std::vector<NamespacedName> Tables::Names(Kind kind) const {
  std::vector<NamespacedName> all;
  for (const auto& [ns, names] : Of(kind)) {
    for (const auto& [name, object] : names) all.push_back({ns, name});
  }
  return all;
}

}  // namespace fairlead::reconcilers
