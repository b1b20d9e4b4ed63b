#include "crds/base/kube_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fairlead {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Prefixed(std::string_view content) {
  std::string out = {'\0', '\0', static_cast<char>(content.size() >> 8), static_cast<char>(content.size())};
  return out + std::string(content);
}

struct Collected {
  std::vector<std::string> frames;
  std::optional<FrameError::Type> error;
};

Collected Collect(FrameSplitter& splitter, std::string_view bytes, size_t piece) {
  Collected out;
  for (size_t at = 0; at < bytes.size() && !out.error; at += piece) {
    // A copy of the exact size, so that reading past the piece is seen.
    const std::vector<char> part(bytes.begin() + at, bytes.begin() + std::min(at + piece, bytes.size()));
    auto fed = splitter.Feed({part.data(), part.size()}, [&](std::string_view f) -> Result<void, FrameError> {
      out.frames.emplace_back(f);
      return {};
    });
    if (!fed) out.error = fed.error().type;
  }
  if (auto end = splitter.Finish(); !end && !out.error) out.error = end.error().type;
  return out;
}

TEST(FrameSplitter, AnyPiecesGiveTheSameFrames) {
  const std::string protobuf =
      Prefixed("one") + Prefixed("") + Prefixed(std::string(300, 'x')) + Prefixed("four");
  const std::string json = "{\"a\":1}\n\r\n\n{\"b\":2}\r\n{}\n";
  for (size_t piece = 1; piece <= protobuf.size(); ++piece) {
    FrameSplitter splitter(ContentType::kProtobuf, 1000);
    const Collected got = Collect(splitter, protobuf, piece);
    EXPECT_THAT(got.frames, ElementsAre("one", "", std::string(300, 'x'), "four"));
    EXPECT_EQ(got.error, std::nullopt);
    EXPECT_EQ(splitter.buffered(), 0u);
  }
  for (size_t piece = 1; piece <= json.size(); ++piece) {
    FrameSplitter splitter(ContentType::kJson, 1000);
    EXPECT_THAT(Collect(splitter, json, piece).frames, ElementsAre("{\"a\":1}", "{\"b\":2}", "{}"));
  }
}

TEST(FrameSplitter, ACutStreamIsTruncatedUnlessItEndsBetweenFrames) {
  const std::string protobuf = Prefixed("one") + Prefixed("two");
  const std::string json = "{\"a\":1}\n{}\n";
  for (size_t n = 0; n <= protobuf.size(); ++n) {
    FrameSplitter splitter(ContentType::kProtobuf, 1000);
    const bool between = n == 0 || n == 7 || n == 14;
    EXPECT_EQ(Collect(splitter, protobuf.substr(0, n), 5).error.has_value(), !between) << n;
  }
  for (size_t n = 0; n <= json.size(); ++n) {
    FrameSplitter splitter(ContentType::kJson, 1000);
    const Collected got = Collect(splitter, json.substr(0, n), 3);
    const bool between = n == 0 || n == 8 || n == 11;
    EXPECT_EQ(got.error, between ? std::nullopt : std::optional(FrameError::Type::kTruncated)) << n;
  }
}

TEST(FrameSplitter, TheLimitIsExact) {
  for (const ContentType type : {ContentType::kProtobuf, ContentType::kJson}) {
    const auto frame = [type](size_t n) {
      return type == ContentType::kJson ? std::string(n, 'x') + "\n" : Prefixed(std::string(n, 'x'));
    };
    for (const size_t piece : {1u, 3u, 1000u}) {
      FrameSplitter fits(type, 50);
      EXPECT_EQ(Collect(fits, frame(50), piece).error, std::nullopt);
      FrameSplitter over(type, 50);
      const Collected got = Collect(over, frame(3) + frame(51), piece);
      EXPECT_EQ(got.error, FrameError::Type::kOversized);
      EXPECT_THAT(got.frames, ElementsAre("xxx"));
      EXPECT_LE(over.buffered(), 52u);
    }
  }
}

TEST(FrameSplitter, AHugeLengthIsRefusedBeforeAnyOfItCame) {
  FrameSplitter splitter(ContentType::kProtobuf, 8u << 20);
  const auto fed =
      splitter.Feed("\xff\xff\xff\xff", [](std::string_view) { return Result<void, FrameError>(); });
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().type, FrameError::Type::kOversized);
  EXPECT_EQ(fed.error().ToError().error_class, ErrorClass::kTransient);
}

TEST(FrameSplitter, AnErrorStaysAndNothingMoreIsHandedOver) {
  FrameSplitter splitter(ContentType::kJson, 100);
  int calls = 0;
  const FrameSplitter::Sink refuse = [&](std::string_view) -> Result<void, FrameError> {
    if (++calls < 2) return {};
    return Unexpected(FrameError{FrameError::Type::kMalformed, "no"});
  };
  for (int i = 0; i < 2; ++i) {
    const auto fed = splitter.Feed("1\n2\n3\n4", refuse);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().message, "no");
    EXPECT_EQ(calls, 2);
    EXPECT_FALSE(splitter.Finish());
    EXPECT_EQ(splitter.buffered(), 0u);
  }
}

}  // namespace
}  // namespace fairlead
