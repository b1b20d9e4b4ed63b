#include "crds/base/text.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <functional>
#include <iterator>
#include <mutex>
#include <new>
#include <vector>

namespace fairlead {
namespace {

size_t HashOf(std::string_view text) { return std::hash<std::string_view>()(text); }

// All texts but the well-known: a hash table of open addressing, eight bytes a slot. There are several, so
// that threads that parse seldom wait for each other. A count goes up from zero or down to zero only under
// the mutex.
template <class Rep>
class Shelf {
 public:
  static Shelf& Of(size_t hash) {
    static auto* shelves = new Shelf[kShelves];  // never destroyed: static Texts may outlive all else
    return shelves[hash % kShelves];
  }

  Rep* Take(std::string_view text, size_t hash) {
    const std::lock_guard lock(mutex_);
    if ((used_ + 1) * 4 > slots_.size() * 3) Grow();
    size_t at = Home(hash);
    for (; slots_[at] != nullptr; at = Next(at)) {
      if (View(slots_[at]) != text) continue;
      slots_[at]->references.fetch_add(1, std::memory_order_relaxed);
      return slots_[at];
    }
    ++used_;
    void* block = ::operator new(sizeof(Rep) + text.size());
    slots_[at] = new (block) Rep{{1}, static_cast<uint32_t>(text.size())};
    std::memcpy(reinterpret_cast<char*>(slots_[at] + 1), text.data(), text.size());
    return slots_[at];
  }

  // The last reference, unless somebody takes one meanwhile.
  void Return(Rep* rep, size_t hash) {
    const std::lock_guard lock(mutex_);
    if (rep->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    size_t at = Home(hash);
    while (slots_[at] != rep) at = Next(at);
    Vacate(at);
    --used_;
    rep->~Rep();
    ::operator delete(rep);
  }

  static std::string_view View(const Rep* rep) { return {reinterpret_cast<const char*>(rep + 1), rep->size}; }

 private:
  static constexpr size_t kShelves = 16;

  size_t Home(size_t hash) const { return hash / kShelves & (slots_.size() - 1); }
  size_t Next(size_t at) const { return (at + 1) & (slots_.size() - 1); }

  void Grow() {
    std::vector<Rep*> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (Rep* rep : old) {
      if (rep == nullptr) continue;
      size_t at = Home(HashOf(View(rep)));
      while (slots_[at] != nullptr) at = Next(at);
      slots_[at] = rep;
    }
  }

  // Those behind the gap that would not be found over it move up.
  void Vacate(size_t gap) {
    const size_t mask = slots_.size() - 1;
    for (size_t at = Next(gap); slots_[at] != nullptr; at = Next(at)) {
      const size_t from_home = (at - Home(HashOf(View(slots_[at])))) & mask;
      if (from_home < ((at - gap) & mask)) continue;
      slots_[gap] = slots_[at];
      gap = at;
    }
    slots_[gap] = nullptr;
  }

  std::mutex mutex_;
  std::vector<Rep*> slots_;  // a power of two of them
  size_t used_ = 0;
};

}  // namespace

struct Text::Word {
  Rep rep;
  char characters[32];

  explicit Word(std::string_view word) : rep{{kForever}, static_cast<uint32_t>(word.size())}, characters{} {
    assert(word.size() <= sizeof characters);
    std::copy(word.begin(), word.end(), characters);
  }
};

// What references in routes say most often. Few, since each Text of another word is compared with those of
// its size.
Text::Rep* Text::WellKnown(std::string_view text) {
  static_assert(offsetof(Word, characters) == sizeof(Rep));
  static Word words[] = {
      Word("gateway.networking.k8s.io"),
      Word("Service"),
      Word("Gateway"),
      Word("ServiceEntry"),
      Word("networking.istio.io"),
      Word("Hostname"),
      Word("default"),
      Word("http"),
      Word("GET"),
      Word("HEAD"),
      Word("POST"),
      Word("PUT"),
      Word("DELETE"),
      Word("PATCH"),
      Word("OPTIONS"),
  };
  for (Word& word : words) {
    if (word.rep.size == text.size() && std::memcmp(word.characters, text.data(), text.size()) == 0) {
      return &word.rep;
    }
  }
  return nullptr;
}

Text::Rep* Text::Make(std::string_view text) {
  if (text.empty()) return nullptr;
  if (Rep* known = WellKnown(text)) return known;
  assert(text.size() < UINT32_MAX);
  const size_t hash = HashOf(text);
  return Shelf<Rep>::Of(hash).Take(text, hash);
}

Text TextPool::Share(std::string_view text) {
  for (const Text& seen : seen_) {
    if (seen == text) return seen;
  }
  Text made(text);
  if (seen_.size() < kMax && !made.empty()) seen_.push_back(made);
  return made;
}

void Text::Release() {
  if (rep_ == nullptr) return;
  uint32_t count = rep_->references.load(std::memory_order_relaxed);
  if (count == kForever) return;
  while (count > 1) {
    if (rep_->references.compare_exchange_weak(count, count - 1, std::memory_order_acq_rel)) return;
  }
  const size_t hash = HashOf(view());
  Shelf<Rep>::Of(hash).Return(rep_, hash);
}

}  // namespace fairlead
