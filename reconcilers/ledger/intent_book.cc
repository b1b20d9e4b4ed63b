#include "reconcilers/ledger/intent_book.h"

#include <algorithm>
#include <utility>

#include "reconcilers/ledger/canonical.h"

namespace fairlead::reconcilers {
namespace {

using Operation = api::PolicyChange::Operation;

}  // namespace

size_t IntentBook::Note(Intent intent, Clock::TimePoint now, Timestamp wall) {
  const ObjectKey key = intent.policy;
  bytes_ += intent.bytes();
  at_[key].insert(++number_);
  noted_.emplace(number_, Noted{std::move(intent), now, wall});
  size_t forgotten = 0;
  for (; noted_.size() > 1 && (noted_.size() > limits_.count || bytes_ > limits_.bytes); ++forgotten) {
    Erase({noted_.begin()->first});
  }
  return forgotten;
}

template <class Holds>
IntentBook::Numbers IntentBook::Where(const ObjectKey& policy, Holds holds) const {
  Numbers out;
  const auto at = at_.find(policy);
  if (at == at_.end()) return out;
  for (const uint64_t number : at->second) {
    if (holds(noted_.at(number).intent)) out.insert(number);
  }
  return out;
}

// Several that are alike: whoever of them it was, the others wanted the same.
KnownChange IntentBook::Known(const Numbers& alike) const {
  const Noted& first = noted_.at(*alike.begin());
  KnownChange out{.intent = first.intent, .at = first.wall, .also_asked = {}};
  for (const uint64_t number : alike) {
    const std::string& user = noted_.at(number).intent.by.name;
    const bool known = user == first.intent.by.name ||
                       std::find(out.also_asked.begin(), out.also_asked.end(), user) != out.also_asked.end();
    if (!known) out.also_asked.push_back(user);
  }
  return out;
}

void IntentBook::Erase(const Numbers& numbers) {
  for (const uint64_t number : numbers) {
    const auto noted = noted_.find(number);
    bytes_ -= noted->second.intent.bytes();
    const auto at = at_.find(noted->second.intent.policy);
    at->second.erase(number);
    if (at->second.empty()) at_.erase(at);
    noted_.erase(noted);
  }
}

std::vector<KnownChange> IntentBook::Shown(const AnyObject& policy) {
  const ObjectKey key = KeyOf(policy);
  if (!at_.contains(key)) return {};
  const ObjectMeta& meta = MetaOf(policy);
  const Json::Value spec = CanonicalSpec(policy);
  std::vector<KnownChange> out;
  // The newest by what is seen, and each before it by what the one after it found.
  std::string found;
  for (int64_t generation = meta.generation; generation > 0; --generation) {
    const Numbers alike = Where(key, [&](const Intent& intent) {
      if (intent.uid != meta.uid || intent.generation != generation) return false;
      if (intent.operation == Operation::kDelete) return false;
      if (generation < meta.generation) return intent.after == found;
      return spec.isNull() || CanonicalSpec(key.kind, intent.after) == spec;
    });
    if (alike.empty()) break;
    out.insert(out.begin(), Known(alike));
    found = out.front().intent.before;
  }
  Erase(Where(key, [&](const Intent& intent) {
    return intent.uid == meta.uid && intent.operation != Operation::kDelete &&
           intent.generation <= meta.generation;
  }));
  return out;
}

std::vector<KnownChange> IntentBook::Gone(const AnyObject& last) {
  const ObjectKey key = KeyOf(last);
  std::vector<KnownChange> out = Shown(last);
  const std::string& uid = MetaOf(last).uid;
  const Numbers deletions = Where(
      key, [&](const Intent& intent) { return intent.uid == uid && intent.operation == Operation::kDelete; });
  if (!deletions.empty()) {
    // Of several the last that was admitted was still there to be deleted.
    out.push_back(Known({*deletions.rbegin()}));
  }
  Erase(Where(key, [&](const Intent& intent) { return intent.uid == uid; }));
  return out;
}

void IntentBook::Expire(Clock::TimePoint now) {
  while (!noted_.empty() && noted_.begin()->second.since + limits_.keep < now) {
    Erase({noted_.begin()->first});
  }
}

}  // namespace fairlead::reconcilers
