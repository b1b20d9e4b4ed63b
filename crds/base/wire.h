// WireReader: a cursor over the fields of one protobuf message, for the few messages of which we read few
// fields.
//
// Who calls: kube_wire.h, crds/core. Nothing is allocated and nothing is copied but by the caller; unknown
// fields are skipped. The input is outside bytes: every length is checked, a used field of another wire type
// is an error (as in Go), strings that are kept must be UTF-8. All readers of one parse share a WireStatus;
// after the first error every Next() is false, so callers look at the status once, at the end. Pure.
//
//   WireStatus status;
//   WireReader pod(bytes, &status);
//   while (pod.Next()) {
//     if (pod.field() == 2) ReadSpec(pod.Message(), &out);
//   }
//   if (!status.ok()) return Unexpected(...);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead {

// https://protobuf.dev/programming-guides/encoding/
enum class WireType : unsigned char {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

enum class WireError : unsigned char {
  kNone,
  kTruncated,  // a field says it is longer than what is there
  kVarint,     // more than ten bytes, or more than 64 bits
  kTag,      // field number 0 or beyond 2^29-1, an unknown wire type, an end of a group that was not started
  kType,     // a field that we use has another wire type than its proto says
  kUtf8,     // a string that we keep is not UTF-8
  kTooDeep,  // groups in groups
};
std::string_view ToString(WireError error);

struct WireStatus {
  WireError error = WireError::kNone;
  bool ok() const { return error == WireError::kNone; }
};

class WireReader {
 public:
  static constexpr int kMaxGroupDepth = 16;

  WireReader(std::string_view bytes, WireStatus* status) : rest_(bytes), status_(status) {}

  bool Next();  // moves to the next field; false at the end and after an error
  uint32_t field() const { return field_; }
  WireType type() const { return type_; }

  // The current field. On another wire type: status kType, and an empty value.
  uint64_t Varint();
  int64_t Int64() { return static_cast<int64_t>(Varint()); }
  int32_t Int32() { return static_cast<int32_t>(Varint()); }
  bool Bool() { return Varint() != 0; }
  std::string_view Bytes();
  std::string_view String();  // UTF-8 checked
  void String(std::string* out) { out->assign(String()); }
  WireReader Message() { return WireReader(Bytes(), status_); }
  // The current field as an entry of a map<string, string>; not checked, see Checked().
  struct Entry {
    std::string_view key;
    std::string_view value;
  };
  Entry MapEntry();
  std::string_view Checked(std::string_view text);  // the text; not UTF-8: status kUtf8, and empty

  // How many fields of this number are yet to come, to reserve for them.
  size_t Count(uint32_t field) const;

 private:
  bool ReadVarint(uint64_t* out);
  bool Take(uint64_t n, std::string_view* out);
  bool ReadTag(uint32_t* field, WireType* type);
  bool ReadValue(uint32_t field, WireType type);
  bool SkipGroup(uint32_t field);
  bool Fail(WireError error);

  std::string_view rest_;
  WireStatus* status_;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t varint_ = 0;
  std::string_view bytes_;
};

}  // namespace fairlead
