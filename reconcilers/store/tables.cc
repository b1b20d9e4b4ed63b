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
  auto [at, inserted] = rows_[static_cast<size_t>(key.kind)].try_emplace(key.nn(), Row{object, nullptr});
  Row& row = at->second;
  const bool bad = IsInvalid(object);
  size_t& invalid = invalid_[static_cast<size_t>(key.kind)];
  if (bad) ++invalid;
  if (inserted) return Outcome::kChanged;
  if (IsInvalid(row.object)) --invalid;
  const bool same = Same(row.object, object);
  if (bad && !IsInvalid(row.object)) row.last_good = std::make_unique<AnyObject>(std::move(row.object));
  if (!bad) row.last_good.reset();
  row.object = object;
  return same ? Outcome::kSame : Outcome::kChanged;
}

bool Tables::Erase(const ObjectKey& key) {
  auto& rows = rows_[static_cast<size_t>(key.kind)];
  const auto at = rows.find(key.nn());
  if (at == rows.end()) return false;
  if (IsInvalid(at->second.object)) --invalid_[static_cast<size_t>(key.kind)];
  rows.erase(at);
  return true;
}

const AnyObject* Tables::Find(const ObjectKey& key) const {
  const auto& rows = rows_[static_cast<size_t>(key.kind)];
  auto at = rows.find(key.nn());
  return at == rows.end() ? nullptr : &at->second.object;
}

Ptr<Invalid> Tables::InvalidOf(const ObjectKey& key) const {
  const AnyObject* object = Find(key);
  if (object == nullptr) return nullptr;
  const auto* invalid = std::get_if<Ptr<Invalid>>(object);
  return invalid == nullptr ? nullptr : *invalid;
}

const ObjectMeta* Tables::MetaOf(const ObjectKey& key) const {
  const auto& rows = rows_[static_cast<size_t>(key.kind)];
  auto at = rows.find(key.nn());
  if (at == rows.end()) return nullptr;
  if (!IsInvalid(at->second.object)) return &fairlead::MetaOf(at->second.object);
  return at->second.last_good == nullptr ? nullptr : &fairlead::MetaOf(*at->second.last_good);
}

std::vector<NamespacedName> Tables::Names(Kind kind) const {
  std::vector<NamespacedName> names;
  const auto& rows = rows_[static_cast<size_t>(kind)];
  names.reserve(rows.size());
  for (const auto& [name, row] : rows) names.push_back(name);
  return names;
}

}  // namespace fairlead::reconcilers
