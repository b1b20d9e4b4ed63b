// Links: which values refer to a key. MultiIndex: the same, where nobody else knows what a value referred to
// before.
//
// World's indexes are of these kinds: a route names parents, a change of a parent asks for its routes. Work
// is proportional to the keys of the one value that changed. Not thread-safe.
//
//   MultiIndex<ObjectKey, ObjectKey> users_of;
//   users_of.Set(service, {backend_a, backend_b});
//   for (const ObjectKey& service : users_of.Find(backend_a)) ...
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace fairlead::reconcilers {

template <class K, class V>
class Links {
 public:
  void Add(const K& key, const V& value) { values_[key].insert(value); }
  void Remove(const K& key, const V& value) {
    auto at = values_.find(key);
    if (at == values_.end()) return;
    at->second.erase(value);
    if (at->second.empty()) values_.erase(at);
  }
  const std::set<V>& Find(const K& key) const {
    static const std::set<V> kNone;
    auto at = values_.find(key);
    return at == values_.end() ? kNone : at->second;
  }

 private:
  std::map<K, std::set<V>> values_;
};

template <class K, class V>
class MultiIndex {
 public:
  // Replaces what `value` refers to.
  void Set(const V& value, std::vector<K> keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    auto at = keys_.find(value);
    if (at != keys_.end()) {
      if (at->second == keys) return;
      for (const K& key : at->second) links_.Remove(key, value);
    }
    for (const K& key : keys) links_.Add(key, value);
    if (keys.empty()) {
      if (at != keys_.end()) keys_.erase(at);
    } else {
      keys.shrink_to_fit();
      keys_.insert_or_assign(value, std::move(keys));
    }
  }

  void Erase(const V& value) { Set(value, {}); }

  const std::set<V>& Find(const K& key) const { return links_.Find(key); }

  const std::vector<K>& KeysOf(const V& value) const {
    static const std::vector<K> kNone;
    auto at = keys_.find(value);
    return at == keys_.end() ? kNone : at->second;
  }

 private:
  Links<K, V> links_;
  std::map<V, std::vector<K>> keys_;
};

}  // namespace fairlead::reconcilers
