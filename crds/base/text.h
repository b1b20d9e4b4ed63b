// Text: an immutable string of eight bytes; equal texts share their characters, whoever made them.
//
// Group, kind, namespace and name stand in each of the references of a route; as std::string (32 bytes each,
// and a block of their own beyond 15 characters) they were most of its memory. To copy one is cheap, to make
// one of a string costs a look-up. Any threads.
//
//   Text ns(route.ns);
//   first.ns = ns;    // no look-up
//   if (ref.kind == "Service" && ref.group.empty()) …
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead {

class Text {
 public:
  Text() = default;
  Text(std::string_view text) : rep_(Make(text)) {}    // NOLINT: implicit like std::string
  Text(const char* text) : rep_(Make(text)) {}         // NOLINT
  Text(const std::string& text) : rep_(Make(text)) {}  // NOLINT
  Text(const Text& other) : rep_(other.rep_) { Acquire(); }
  Text(Text&& other) noexcept : rep_(std::exchange(other.rep_, nullptr)) {}
  Text& operator=(Text other) noexcept {
    std::swap(rep_, other.rep_);
    return *this;
  }
  Text& operator=(const std::string& text) { return *this = Text(text); }
  Text& operator=(std::string_view text) { return *this = Text(text); }
  Text& operator=(const char* text) { return *this = Text(text); }
  ~Text() { Release(); }

  bool empty() const { return rep_ == nullptr; }
  size_t size() const { return rep_ == nullptr ? 0 : rep_->size; }
  std::string_view view() const {
    return rep_ == nullptr ? std::string_view() : std::string_view(Data(rep_), rep_->size);
  }
  std::string str() const { return std::string(view()); }
  operator std::string_view() const { return view(); }  // NOLINT
  operator std::string() const { return str(); }        // NOLINT
  bool SharesWith(const Text& other) const { return rep_ == other.rep_; }

  friend bool operator==(const Text& a, const Text& b) { return a.rep_ == b.rep_ || a.view() == b.view(); }
  friend bool operator==(const Text& a, std::string_view b) { return a.view() == b; }
  friend bool operator==(const Text& a, const std::string& b) { return a.view() == b; }
  friend bool operator==(const Text& a, const char* b) { return a.view() == b; }
  friend std::strong_ordering operator<=>(const Text& a, const Text& b) { return a.view() <=> b.view(); }
  friend std::string operator+(const Text& a, std::string_view b) { return a.str().append(b); }
  friend std::string operator+(std::string a, const Text& b) { return std::move(a.append(b.view())); }
  friend std::string operator+(const char* a, const Text& b) { return std::string(a).append(b.view()); }
  friend std::ostream& operator<<(std::ostream& os, const Text& text) { return os << text.view(); }

 private:
  struct Rep {  // the characters follow it
    std::atomic<uint32_t> references;
    uint32_t size;
  };
  struct Word;
  static constexpr uint32_t kForever = UINT32_MAX;

  static const char* Data(const Rep* rep) { return reinterpret_cast<const char*>(rep + 1); }
  static Rep* Make(std::string_view text);
  static Rep* WellKnown(std::string_view text);
  void Acquire() {
    if (rep_ != nullptr && rep_->references.load(std::memory_order_relaxed) != kForever) {
      rep_->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void Release();

  Rep* rep_ = nullptr;
};

// Remembers the Texts of one object while it is parsed: its references often name the same, and are then not
// looked up among all.
class TextPool {
 public:
  Text Share(std::string_view text);

 private:
  static constexpr size_t kMax = 16;  // beyond it each is looked up
  std::vector<Text> seen_;
};

}  // namespace fairlead

template <>
struct std::hash<fairlead::Text> {
  size_t operator()(const fairlead::Text& text) const noexcept {
    return std::hash<std::string_view>()(text.view());
  }
};
