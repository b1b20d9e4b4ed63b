// SharedText: a string that never changes and whose copies share one block of memory.
//
// For names: a resource's name is in the resource, in the planner's books and on the shelf of each audience
// that has it. Eight bytes a copy. Thread-safe as a value: copies may be made and dropped on any thread.
//
//   SharedText a = "shop/ratings|9080", b = a;   // one block
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::xds {

class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string_view text)
      : block_(text.empty() ? nullptr : Make(text)) {}                         // NOLINT: implicit, as of
  SharedText(const std::string& text) : SharedText(std::string_view(text)) {}  // NOLINT: std::string
  SharedText(const char* text) : SharedText(std::string_view(text)) {}         // NOLINT
  SharedText(const SharedText& other) : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText(SharedText&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedText() {
    if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) Free(block_);
  }

  std::string_view view() const {
    if (block_ == nullptr) return {};
    return {TextOf(block_), block_->size};
  }
  std::string str() const { return std::string(view()); }
  operator std::string() const { return str(); }  // NOLINT: so that it can stand where a string did
  size_t size() const { return block_ == nullptr ? 0 : block_->size; }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.block_ == b.block_ || a.view() == b.view();
  }
  friend std::strong_ordering operator<=>(const SharedText& a, const SharedText& b) {
    return a.block_ == b.block_ ? std::strong_ordering::equal : a.view() <=> b.view();
  }
  friend std::ostream& operator<<(std::ostream& out, const SharedText& text) { return out << text.view(); }

 private:
  struct Block {  // the text follows it
    std::atomic<uint32_t> owners;
    uint32_t size;
  };
  static char* TextOf(Block* block) { return reinterpret_cast<char*>(block) + sizeof(Block); }
  static Block* Make(std::string_view text) {
    auto* block =
        new (::operator new(sizeof(Block) + text.size())) Block{1, static_cast<uint32_t>(text.size())};
    std::memcpy(TextOf(block), text.data(), text.size());
    return block;
  }
  static void Free(Block* block) {
    block->~Block();
    ::operator delete(block);
  }

  Block* block_ = nullptr;
};

}  // namespace fairlead::xds
