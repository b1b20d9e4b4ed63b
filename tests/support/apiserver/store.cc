#include "tests/support/apiserver/store.h"

#include <algorithm>
#include <utility>

namespace fairlead::apiserver {

void WatchQueue::Push(const Change& change) {
  std::lock_guard lock(mutex_);
  if (changes_.size() >= limit_) {
    overflowed_ = true;
  } else {
    changes_.push_back(change);
  }
  if (wakeup_) wakeup_();
}

std::optional<Change> WatchQueue::Pop() {
  std::lock_guard lock(mutex_);
  if (changes_.empty()) return std::nullopt;
  Change out = std::move(changes_.front());
  changes_.pop_front();
  return out;
}

bool WatchQueue::overflowed() const {
  std::lock_guard lock(mutex_);
  return overflowed_;
}

void WatchQueue::SetWakeup(std::function<void()> wakeup) {
  std::lock_guard lock(mutex_);
  wakeup_ = std::move(wakeup);
}

uint64_t Store::revision() const {
  std::lock_guard lock(mutex_);
  return revision_;
}

uint64_t Store::oldest_revision() const {
  std::lock_guard lock(mutex_);
  return compacted_;
}

size_t Store::size() const {
  std::lock_guard lock(mutex_);
  return objects_.size();
}

ObjectPtr Store::Get(const StoreKey& key) const {
  std::lock_guard lock(mutex_);
  const auto at = objects_.find(key);
  return at == objects_.end() ? nullptr : at->second;
}

Store::Listing Store::ListLocked(const std::string& type, const std::string& ns) const {
  Listing out;
  out.revision = revision_;
  for (auto at = objects_.lower_bound({type, ns, ""}); at != objects_.end(); ++at) {
    if (at->first.type != type || (!ns.empty() && at->first.ns != ns)) break;
    out.items.push_back(at->second);
  }
  return out;
}

Store::Listing Store::List(const std::string& type, const std::string& ns) const {
  std::lock_guard lock(mutex_);
  return ListLocked(type, ns);
}

std::optional<Store::Listing> Store::ListAt(const std::string& type, const std::string& ns,
                                            uint64_t revision) const {
  std::lock_guard lock(mutex_);
  if (revision < compacted_) return std::nullopt;
  std::map<StoreKey, ObjectPtr> state;
  for (auto at = objects_.lower_bound({type, ns, ""}); at != objects_.end(); ++at) {
    if (at->first.type != type || (!ns.empty() && at->first.ns != ns)) break;
    state.insert(*at);
  }
  for (auto change = history_.rbegin(); change != history_.rend() && change->revision > revision; ++change) {
    if (change->key.type != type || (!ns.empty() && change->key.ns != ns)) continue;
    if (change->previous) {
      state[change->key] = change->previous;
    } else {
      state.erase(change->key);
    }
  }
  Listing out;
  out.revision = revision;
  for (auto& [key, object] : state) out.items.push_back(std::move(object));
  return out;
}

std::vector<std::pair<StoreKey, ObjectPtr>> Store::Everything() const {
  std::lock_guard lock(mutex_);
  return {objects_.begin(), objects_.end()};
}

std::vector<std::pair<StoreKey, ObjectPtr>> Store::Deleting() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<StoreKey, ObjectPtr>> out;
  for (const StoreKey& key : deleting_) out.emplace_back(key, objects_.at(key));
  return out;
}

ObjectPtr Store::Put(const StoreKey& key, Value object) {
  std::lock_guard lock(mutex_);
  Change change;
  change.revision = ++revision_;
  change.key = key;
  Ensure(object, {"metadata"})["resourceVersion"] = std::to_string(change.revision);
  ObjectPtr& at = objects_[key];
  change.previous = at;
  if (at) IndexOwners(key, *at, /*add=*/false);
  IndexOwners(key, object, /*add=*/true);
  if (Has(object["metadata"], "deletionTimestamp")) deleting_.insert(key);
  change.type = at ? ChangeType::kModified : ChangeType::kAdded;
  at = std::make_shared<const Value>(std::move(object));
  change.object = at;
  Record(change);
  return change.object;
}

ObjectPtr Store::Remove(const StoreKey& key) {
  std::lock_guard lock(mutex_);
  const auto at = objects_.find(key);
  if (at == objects_.end()) return nullptr;
  Change change;
  change.revision = ++revision_;
  change.key = key;
  change.type = ChangeType::kDeleted;
  change.previous = at->second;
  Value last = *at->second;
  last["metadata"]["resourceVersion"] = std::to_string(change.revision);
  change.object = std::make_shared<const Value>(std::move(last));
  IndexOwners(key, *at->second, /*add=*/false);
  const std::string uid = TextAt(*at->second, {"metadata", "uid"});
  if (dependents_.contains(uid)) orphaning_.push_back(uid);
  objects_.erase(at);
  deleting_.erase(key);
  Record(change);
  return change.object;
}

void Store::IndexOwners(const StoreKey& key, const Value& object, bool add) {
  for (const Value& owner : At(object, {"metadata", "ownerReferences"})) {
    const std::string uid = TextAt(owner, "uid");
    if (add) {
      dependents_[uid].insert(key);
      continue;
    }
    const auto at = dependents_.find(uid);
    if (at == dependents_.end()) continue;
    at->second.erase(key);
    if (at->second.empty()) dependents_.erase(at);
  }
}

std::vector<StoreKey> Store::DependentsOf(const std::string& uid) const {
  std::lock_guard lock(mutex_);
  const auto at = dependents_.find(uid);
  return at == dependents_.end() ? std::vector<StoreKey>()
                                 : std::vector<StoreKey>(at->second.begin(), at->second.end());
}

std::vector<std::string> Store::TakeOrphaningUids() {
  std::lock_guard lock(mutex_);
  return std::exchange(orphaning_, {});
}

void Store::Record(Change change) {
  if (frozen_.contains("") || frozen_.contains(change.key.type)) {
    held_back_.push_back(change);
  } else {
    Deliver(change);
  }
  history_.push_back(std::move(change));
  while (history_.size() > limits_.history) {
    compacted_ = history_.front().revision;
    history_.pop_front();
  }
}

void Store::Deliver(const Change& change) {
  std::erase_if(subscriptions_, [](const Subscription& s) { return s.queue.expired(); });
  for (const Subscription& s : subscriptions_) {
    if (s.type != change.key.type || (!s.ns.empty() && s.ns != change.key.ns)) continue;
    if (std::shared_ptr<WatchQueue> queue = s.queue.lock()) queue->Push(change);
  }
}

bool Store::Subscribe(const std::shared_ptr<WatchQueue>& queue, const std::string& type,
                      const std::string& ns, uint64_t from) {
  std::lock_guard lock(mutex_);
  if (from < compacted_) return false;
  auto at = std::upper_bound(history_.begin(), history_.end(), from,
                             [](uint64_t revision, const Change& c) { return revision < c.revision; });
  const uint64_t hidden_from = held_back_.empty() ? UINT64_MAX : held_back_.front().revision;
  for (; at != history_.end(); ++at) {
    const bool held = at->revision >= hidden_from && (frozen_.contains("") || frozen_.contains(type));
    if (held || at->key.type != type || (!ns.empty() && at->key.ns != ns)) continue;
    queue->Push(*at);
  }
  subscriptions_.push_back({queue, type, ns});
  return true;
}

Store::Listing Store::SubscribeNow(const std::shared_ptr<WatchQueue>& queue, const std::string& type,
                                   const std::string& ns) {
  std::lock_guard lock(mutex_);
  subscriptions_.push_back({queue, type, ns});
  return ListLocked(type, ns);
}

void Store::Compact() {
  std::lock_guard lock(mutex_);
  history_.clear();
  compacted_ = revision_;
}

void Store::Freeze(const std::string& type) {
  std::lock_guard lock(mutex_);
  frozen_.insert(type);
}

void Store::Thaw() {
  std::lock_guard lock(mutex_);
  frozen_.clear();
  for (const Change& change : held_back_) Deliver(change);
  held_back_.clear();
}

}  // namespace fairlead::apiserver
