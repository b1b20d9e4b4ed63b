#include "crds/base/wire.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/support/wire_writer.h"

namespace fairlead {
namespace {

using testing::WireWriter;

WireError ReadAll(std::string_view bytes) {
  WireStatus status;
  WireReader reader(bytes, &status);
  while (reader.Next()) {
  }
  return status.error;
}

TEST(WireReader, ReadsEveryWireTypeAndSkipsWhatIsUnknown) {
  WireWriter w;
  w.Varint(1, 150)
      .String(2, "text")
      .Append(std::string("\x19", 1) + "12345678")
      .Append(
          "\x25"
          "1234");
  w.Append("\x33\x08\x01\x3b\x12\x01x\x3c\x34");  // group 6 { 1: 1; group 7 { 2: "x" } }
  w.Varint(8, std::numeric_limits<uint64_t>::max());
  WireStatus status;
  WireReader reader(w.bytes(), &status);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.field(), 1u);
  EXPECT_EQ(reader.Varint(), 150u);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.String(), "text");
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.type(), WireType::kFixed64);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.type(), WireType::kFixed32);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.field(), 6u);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.field(), 8u);
  EXPECT_EQ(reader.Int64(), -1);
  EXPECT_EQ(reader.Int32(), -1);
  EXPECT_TRUE(reader.Bool());
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(status.ok());
}

TEST(WireReader, NamesWhatIsWrong) {
  EXPECT_EQ(ReadAll(""), WireError::kNone);
  EXPECT_EQ(ReadAll("\x08"), WireError::kTruncated);
  EXPECT_EQ(ReadAll("\x12\x05"
                    "abcd"),
            WireError::kTruncated);
  EXPECT_EQ(ReadAll(std::string_view("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)),
            WireError::kTruncated);
  EXPECT_EQ(ReadAll("\x09"
                    "1234567"),
            WireError::kTruncated);
  EXPECT_EQ(ReadAll("\x0d"
                    "123"),
            WireError::kTruncated);
  EXPECT_EQ(ReadAll("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), WireError::kVarint);
  EXPECT_EQ(ReadAll("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), WireError::kVarint);
  EXPECT_EQ(ReadAll(std::string_view("\x00\x01", 2)), WireError::kTag);  // field 0
  EXPECT_EQ(ReadAll("\x0e\x01"), WireError::kTag);                       // wire type 6
  EXPECT_EQ(ReadAll("\x80\x80\x80\x80\x10\x01"), WireError::kTag);       // field 2^29
  EXPECT_EQ(ReadAll("\x0c"), WireError::kTag);                           // end without start
  EXPECT_EQ(ReadAll("\x0b\x14"), WireError::kTag);                       // end of another group
  EXPECT_EQ(ReadAll("\x0b\x08\x01"), WireError::kTruncated);             // group without end
  EXPECT_EQ(ReadAll(std::string(100, '\x0b')), WireError::kTooDeep);
}

TEST(WireReader, AUsedFieldOfAnotherTypeIsAnError) {
  WireStatus status;
  WireReader reader("\x08\x01\x12\x01x", &status);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.String(), "");
  EXPECT_EQ(status.error, WireError::kType);
  EXPECT_FALSE(reader.Next());

  WireStatus other;
  WireReader text("\x12\x01x\x08\x01", &other);
  ASSERT_TRUE(text.Next());
  EXPECT_EQ(text.Varint(), 0u);
  EXPECT_EQ(other.error, WireError::kType);
}

TEST(WireReader, AnErrorInAnInnerMessageStopsTheOuterOne) {
  WireStatus status;
  WireReader outer("\x0a\x02\x08\xff\x10\x01", &status);
  ASSERT_TRUE(outer.Next());
  WireReader inner = outer.Message();
  EXPECT_FALSE(inner.Next());
  EXPECT_EQ(status.error, WireError::kTruncated);
  EXPECT_FALSE(outer.Next());
}

TEST(WireReader, StringsAreUtf8) {
  for (const std::string text :
       {"", "plain", "longer than eight bytes", "äöü", "1234567ä", "12345678ä", "名前"}) {
    WireStatus status;
    const std::string bytes = WireWriter().String(1, text).bytes();
    WireReader reader(bytes, &status);
    ASSERT_TRUE(reader.Next());
    EXPECT_EQ(reader.String(), text);
    EXPECT_TRUE(status.ok()) << text;
  }
  for (const std::string text :
       {"\xff", "1234567\xc3", "12345678\xc3", "\xed\xa0\x80", "\xc0\x80", "a\xf5\x80\x80\x80"}) {
    WireStatus status;
    const std::string bytes = WireWriter().String(1, text).bytes();
    WireReader reader(bytes, &status);
    ASSERT_TRUE(reader.Next());
    EXPECT_EQ(reader.Bytes(), text);  // not looked at unless it is kept
    EXPECT_TRUE(status.ok());
    EXPECT_EQ(reader.String(), "");
    EXPECT_EQ(status.error, WireError::kUtf8);
  }
}

TEST(WireReader, MapEntriesAndCounts) {
  WireWriter w;
  w.Entry(11, "a", "1").Varint(7, 1).Message(11, [](WireWriter& e) { e.String(2, "2").String(1, "b"); });
  WireStatus status;
  WireReader reader(w.bytes(), &status);
  EXPECT_EQ(reader.Count(11), 2u);
  EXPECT_EQ(reader.Count(12), 0u);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.MapEntry().value, "1");
  EXPECT_EQ(reader.Count(11), 1u);
  ASSERT_TRUE(reader.Next());
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.MapEntry().key, "b");
  EXPECT_EQ(reader.MapEntry().value, "2");
  EXPECT_TRUE(status.ok());
}

}  // namespace
}  // namespace fairlead
