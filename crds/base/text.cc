#include "crds/base/text.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <new>

namespace fairlead {

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
  void* block = ::operator new(sizeof(Rep) + text.size());
  Rep* rep = new (block) Rep{{1}, static_cast<uint32_t>(text.size())};
  std::memcpy(reinterpret_cast<char*>(rep + 1), text.data(), text.size());
  return rep;
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
  if (rep_ == nullptr || rep_->references.load(std::memory_order_relaxed) == kForever) return;
  if (rep_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    rep_->~Rep();
    ::operator delete(rep_);
  }
}

}  // namespace fairlead
