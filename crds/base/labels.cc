#include "crds/base/labels.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace fairlead {
namespace {

bool Satisfies(const SelectorRequirement& r, const Labels& labels) {
  const std::optional<std::string_view> value = labels.Find(r.key);
  const bool listed = value && std::find(r.values.begin(), r.values.end(), *value) != r.values.end();
  switch (r.op) {
    case SelectorOperator::kIn:
      return listed;
    case SelectorOperator::kNotIn:
      return !listed;
    case SelectorOperator::kExists:
      return value.has_value();
    case SelectorOperator::kDoesNotExist:
      return !value.has_value();
  }
  return false;
}

}  // namespace

Labels::Item Labels::ItemAt(const char* at) {
  Lengths lengths;
  std::memcpy(&lengths, at, sizeof(lengths));
  at += sizeof(lengths);
  return {{at, lengths.key}, {at + lengths.key, lengths.value}};
}

Labels::Header Labels::header() const {
  Header out;
  if (block_) std::memcpy(&out, block_.get(), sizeof(out));
  return out;
}

std::unique_ptr<char[]> Labels::BlockOf(size_t count, size_t used) {
  if (used > std::numeric_limits<uint32_t>::max()) throw std::length_error("labels of more than 4 GiB");
  const Header header{static_cast<uint32_t>(count), static_cast<uint32_t>(used)};
  auto block = std::make_unique_for_overwrite<char[]>(sizeof(header) + used);
  std::memcpy(block.get(), &header, sizeof(header));
  return block;
}

char* Labels::Put(const Item& item, char* to) {
  const auto& [key, value] = item;
  const Lengths lengths{static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())};
  std::memcpy(to, &lengths, sizeof(lengths));
  to += sizeof(lengths);
  to = std::copy(key.begin(), key.end(), to);
  return std::copy(value.begin(), value.end(), to);
}

Labels::Labels(std::vector<Item> items) {
  const auto before = [](const Item& a, const Item& b) { return a.first < b.first; };
  if (!std::is_sorted(items.begin(), items.end(), before))
    std::stable_sort(items.begin(), items.end(), before);
  size_t count = 0, used = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i + 1 < items.size() && items[i].first == items[i + 1].first) continue;
    used += SizeOf(items[i]);
    items[count++] = items[i];
  }
  if (count == 0) return;
  block_ = BlockOf(count, used);
  char* to = block_.get() + sizeof(Header);
  for (size_t i = 0; i < count; ++i) to = Put(items[i], to);
}

Labels::Labels(const Labels& other) {
  if (!other.block_) return;
  const Header header = other.header();
  block_ = BlockOf(header.count, header.used);
  std::copy_n(other.items(), header.used, block_.get() + sizeof(header));
}

Labels& Labels::operator=(const Labels& other) {
  if (this != &other) *this = Labels(other);
  return *this;
}

// What is set may be a view of what is there, which goes last.
void Labels::Set(std::string_view key, std::string_view value) {
  std::vector<Item> items(begin(), end());
  items.emplace_back(key, value);
  *this = Labels(std::move(items));
}

std::optional<std::string_view> Labels::Find(std::string_view key) const {
  for (const auto& [one, value] : *this) {
    if (one >= key) return one == key ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

std::string_view Labels::Get(std::string_view key) const { return Find(key).value_or(std::string_view()); }

size_t Labels::size() const { return header().count; }

Labels::Iterator Labels::begin() const { return Iterator(block_ ? items() : nullptr); }

Labels::Iterator Labels::end() const { return Iterator(block_ ? items() + header().used : nullptr); }

bool operator==(const Labels& a, const Labels& b) {
  const size_t used = a.header().used;
  return used == b.header().used && (used == 0 || std::memcmp(a.items(), b.items(), used) == 0);
}

std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

bool LabelSelector::Matches(const Labels& labels) const {
  for (const auto& [key, value] : match_labels) {
    if (labels.Find(key) != value) return false;
  }
  return std::all_of(match_expressions.begin(), match_expressions.end(),
                     [&](const SelectorRequirement& r) { return Satisfies(r, labels); });
}

}  // namespace fairlead
