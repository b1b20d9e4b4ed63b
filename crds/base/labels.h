// Labels and label selectors (metav1.LabelSelector), as Kubernetes defines them.
//
// Labels are kept sorted by key in one block of memory: every object has some, and of most the keys are
// longer than what they mean. What is read of them are views, which hold until the next Set.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead {

class Labels {
 public:
  using Item = std::pair<std::string_view, std::string_view>;
  class Iterator;
  using value_type = Item;
  using const_iterator = Iterator;

  Labels() = default;
  Labels(std::initializer_list<Item> init) : Labels(std::vector<Item>(init)) {}
  // In any order; of a key that is there twice the last counts.
  explicit Labels(std::vector<Item> items);
  Labels(const Labels& other);
  Labels(Labels&&) noexcept = default;
  Labels& operator=(const Labels& other);
  Labels& operator=(Labels&&) noexcept = default;
  ~Labels() = default;

  // A key that is there gets the new value. Takes the time of all that is there: of many, make them at once.
  void Set(std::string_view key, std::string_view value);

  std::optional<std::string_view> Find(std::string_view key) const;
  std::string_view Get(std::string_view key) const;  // "" where absent
  bool empty() const { return block_ == nullptr; }
  size_t size() const;
  Iterator begin() const;
  Iterator end() const;
  friend bool operator==(const Labels& a, const Labels& b);
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b);

 private:
  struct Header {
    uint32_t count = 0, used = 0;  // items, and their bytes
  };
  struct Lengths {
    uint32_t key = 0, value = 0;
  };
  static Item ItemAt(const char* at);
  static uint32_t SizeOf(const Item& item) {
    return static_cast<uint32_t>(sizeof(Lengths) + item.first.size() + item.second.size());
  }
  static char* Put(const Item& item, char* to);  // gives where it ends
  static std::unique_ptr<char[]> BlockOf(size_t count, size_t used);
  Header header() const;
  const char* items() const { return block_.get() + sizeof(Header); }

  std::unique_ptr<char[]> block_;  // a Header, then items: Lengths, key, value; null: there is none
};

class Labels::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Item;
  using difference_type = std::ptrdiff_t;
  using pointer = const Item*;
  using reference = Item;

  Iterator() = default;
  explicit Iterator(const char* at) : at_(at) {}
  Item operator*() const { return ItemAt(at_); }
  Iterator& operator++() {
    at_ += SizeOf(ItemAt(at_));
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  const char* at_ = nullptr;
};

enum class SelectorOperator { kIn, kNotIn, kExists, kDoesNotExist };

struct SelectorRequirement {
  std::string key;
  SelectorOperator op = SelectorOperator::kExists;
  std::vector<std::string> values;
  friend bool operator==(const SelectorRequirement&, const SelectorRequirement&) = default;
};

// An empty selector matches everything.
struct LabelSelector {
  Labels match_labels;
  std::vector<SelectorRequirement> match_expressions;

  bool Matches(const Labels& labels) const;
  bool empty() const { return match_labels.empty() && match_expressions.empty(); }
  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};

}  // namespace fairlead
