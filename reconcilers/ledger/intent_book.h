// IntentBook: what admission let through, until the watch shows whether it came to pass.
//
// Who calls: the operator's ledger, under its lock. An admitted change may still be refused by another
// webhook, a quota or a conflict, so it counts only when the policy is seen with the generation and the spec
// that were admitted. Bounded in number, size and age: what has no room or is never seen is forgotten. Pure:
// time is handed in.
//
//   book.Note(intent, now, wall);
//   for (KnownChange& change : book.Shown(policy)) Record(change);
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "crds/base/clock.h"
#include "crds/object/any_object.h"
#include "reconcilers/ledger/intent.h"

namespace fairlead::reconcilers {

struct IntentLimits {
  size_t count = 4096;
  size_t bytes = 16u << 20;
  std::chrono::seconds keep{60};  // the API server gives up a request after that time
};

class IntentBook {
 public:
  explicit IntentBook(IntentLimits limits = {}) : limits_(limits) {}

  // How many older ones had to make room.
  size_t Note(Intent intent, Clock::TimePoint now, Timestamp wall);

  // The policy is seen as it is. Those that made it so, in their order: also ones before the last, where the
  // watch passed over what came between. Others for the generations up to this one have lost, and are
  // forgotten.
  std::vector<KnownChange> Shown(const AnyObject& policy);
  // The policy is gone, or waits for its finalizers. `last`: as it was seen last.
  std::vector<KnownChange> Gone(const AnyObject& last);

  void Expire(Clock::TimePoint now);
  size_t size() const { return noted_.size(); }

 private:
  struct Noted {
    Intent intent;
    Clock::TimePoint since;
    Timestamp wall;
  };
  using Numbers = std::set<uint64_t>;

  // Those at the policy for which it holds, oldest first.
  template <class Holds>
  Numbers Where(const ObjectKey& policy, Holds holds) const;
  KnownChange Known(const Numbers& alike) const;
  void Erase(const Numbers& numbers);

  const IntentLimits limits_;
  std::map<uint64_t, Noted> noted_;  // by number, so by age
  std::map<ObjectKey, Numbers> at_;
  uint64_t number_ = 0;
  size_t bytes_ = 0;
};

}  // namespace fairlead::reconcilers
