// Message: the serialized message of a resource, kept small while nobody sends it.
//
// Route tables repeat themselves: a hundred routes have one retry policy, each of them in full. So a large
// message is kept deflated, a tenth of its size, and is made whole when it is asked for; all who ask while
// somebody still holds it share it. Packing costs about 10 us, unpacking 4 (of 8 KB). Immutable; thread-safe.
//
//   Message message(bytes);
//   const Message::Whole whole = message.Get();   // valid as long as both live
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace fairlead::xds {

class Message {
 public:
  static constexpr size_t kPackFrom = 1024;  // bytes

  struct Whole {
    std::string_view bytes;
    std::shared_ptr<const std::string> keeper;  // null: the bytes are in the message itself
  };

  explicit Message(std::string_view bytes);
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  size_t size() const { return large_ ? large_->size : bytes_.size(); }  // of the whole
  Whole Get() const;

 private:
  struct Large {
    size_t size = 0;
    mutable std::mutex mutex;
    mutable std::weak_ptr<const std::string> whole;
  };
  std::string bytes_;             // packed where large_ is set
  std::unique_ptr<Large> large_;  // null: not packed
};

}  // namespace fairlead::xds
