#include "crds/base/wire.h"

#include <simdjson.h>

#include <cstring>

namespace fairlead {
namespace {

constexpr uint32_t kMaxField = (1u << 29) - 1;

// Names and labels are short and ASCII: the vectorized check would cost more than it saves on them.
bool IsUtf8(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (word & 0x8080808080808080u) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i == text.size() || simdjson::validate_utf8(text.data() + i, text.size() - i);
}

}  // namespace

std::string_view ToString(WireError error) {
  switch (error) {
    case WireError::kNone:
      return "no error";
    case WireError::kTruncated:
      return "a field is longer than the message";
    case WireError::kVarint:
      return "a number is longer than 64 bits";
    case WireError::kTag:
      return "a field number or wire type that does not exist";
    case WireError::kType:
      return "a field has another wire type than its definition says";
    case WireError::kUtf8:
      return "a string is not UTF-8";
    case WireError::kTooDeep:
      return "groups are nested too deep";
  }
  return "";
}

bool WireReader::Fail(WireError error) {
  if (status_->ok()) status_->error = error;
  rest_ = {};
  varint_ = 0;
  bytes_ = {};
  return false;
}

bool WireReader::ReadVarint(uint64_t* out) {
  uint64_t value = 0;
  for (size_t i = 0; i < 10; ++i) {
    if (i == rest_.size()) return Fail(WireError::kTruncated);
    const auto byte = static_cast<unsigned char>(rest_[i]);
    if (i == 9 && byte > 1) return Fail(WireError::kVarint);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      *out = value;
      return true;
    }
  }
  return Fail(WireError::kVarint);
}

bool WireReader::Take(uint64_t n, std::string_view* out) {
  if (n > rest_.size()) return Fail(WireError::kTruncated);
  *out = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return true;
}

bool WireReader::ReadTag(uint32_t* field, WireType* type) {
  uint64_t tag;
  if (!ReadVarint(&tag)) return false;
  const uint64_t number = tag >> 3;
  if (number == 0 || number > kMaxField || (tag & 7) > static_cast<uint64_t>(WireType::kFixed32)) {
    return Fail(WireError::kTag);
  }
  *field = static_cast<uint32_t>(number);
  *type = static_cast<WireType>(tag & 7);
  return true;
}

bool WireReader::ReadValue(uint32_t field, WireType type) {
  switch (type) {
    case WireType::kVarint:
      return ReadVarint(&varint_);
    case WireType::kFixed64:
      return Take(8, &bytes_);
    case WireType::kFixed32:
      return Take(4, &bytes_);
    case WireType::kBytes: {
      uint64_t n;
      return ReadVarint(&n) && Take(n, &bytes_);
    }
    case WireType::kStartGroup:
      return SkipGroup(field);
    case WireType::kEndGroup:
      return Fail(WireError::kTag);
  }
  return Fail(WireError::kTag);
}

// No message of Kubernetes has groups; they are skipped so that the format's rules hold for unknown fields.
bool WireReader::SkipGroup(uint32_t field) {
  uint32_t open[kMaxGroupDepth] = {field};
  int depth = 1;
  while (depth > 0) {
    uint32_t number = 0;
    WireType type = WireType::kVarint;
    if (!ReadTag(&number, &type)) return false;
    if (type == WireType::kStartGroup) {
      if (depth == kMaxGroupDepth) return Fail(WireError::kTooDeep);
      open[depth++] = number;
    } else if (type == WireType::kEndGroup) {
      if (open[--depth] != number) return Fail(WireError::kTag);
    } else if (!ReadValue(number, type)) {
      return false;
    }
  }
  bytes_ = {};
  return true;
}

bool WireReader::Next() {
  if (rest_.empty() || !status_->ok()) return false;
  return ReadTag(&field_, &type_) && ReadValue(field_, type_);
}

uint64_t WireReader::Varint() {
  if (type_ != WireType::kVarint) Fail(WireError::kType);
  return varint_;
}

std::string_view WireReader::Bytes() {
  if (type_ != WireType::kBytes) Fail(WireError::kType);
  return bytes_;
}

std::string_view WireReader::String() { return Checked(Bytes()); }

std::string_view WireReader::Checked(std::string_view text) {
  if (IsUtf8(text)) return text;
  Fail(WireError::kUtf8);
  return {};
}

WireReader::Entry WireReader::MapEntry() {
  Entry out;
  WireReader entry = Message();
  while (entry.Next()) {
    if (entry.field() == 1) out.key = entry.Bytes();
    if (entry.field() == 2) out.value = entry.Bytes();
  }
  return out;
}

size_t WireReader::Count(uint32_t field) const {
  WireStatus status = *status_;
  WireReader rest(rest_, &status);
  size_t n = 0;
  while (rest.Next()) n += rest.field() == field;
  return n;
}

}  // namespace fairlead
