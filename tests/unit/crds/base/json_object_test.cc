#include "crds/base/json_object.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "crds/base/json.h"

namespace fairlead {
namespace {

TEST(JsonObjectTest, WritesMembersInOrder) {
  std::string out;
  {
    JsonObject object(&out);
    object.Text("name", "a \"b\"");
    object.Number("large", int64_t{1} << 62);
    object.Bool("on", false);
    object.Key("ports");
    AppendJsonList(std::vector<int>{80, 443}, &out, [&](int port) { out += std::to_string(port); });
    object.Key("none");
    JsonObject none(&out);
  }
  EXPECT_EQ(out, R"({"name":"a \"b\"","large":4611686018427387904,"on":false,"ports":[80,443],"none":{}})");
}

TEST(JsonObjectTest, LeavesOutWhatThereIsNothingToSayOf) {
  std::string out;
  {
    JsonObject object(&out);
    object.TextIfAny("a", "");
    object.NumberIfAny("b", 0);
    object.TextIfAny("c", "x");
    object.NumberIfAny("d", -1);
  }
  EXPECT_EQ(out, R"({"c":"x","d":-1})");
}

// Texts are looked at eight bytes at a time: each byte that is escaped, at each place, in each length.
TEST(JsonText, WhatIsEscapedIsFoundAtEachPlace) {
  for (size_t length = 1; length <= 20; ++length) {
    for (size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 0x80; ++byte) {
        std::string text(length, at % 2 == 0 ? 'x' : '!');
        text[at] = static_cast<char>(byte);
        std::string json;
        AppendJsonString(text, &json);
        const Result<JsonDocument> read = JsonDocument::Parse(json);
        ASSERT_TRUE(read) << json << ": " << read.error().message;
        ASSERT_EQ(read->root().AsString(), text);
        const bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
        ASSERT_EQ(json.size() == text.size() + 2, !escaped) << json;
      }
    }
  }
}

TEST(JsonText, OtherBytesThanAsciiStay) {
  const std::string text = "Größe 寸法 ÿÿÿÿÿÿÿÿ \x7f";
  std::string json;
  AppendJsonString(text, &json);
  EXPECT_EQ(json, "\"" + text + "\"");
}

}  // namespace
}  // namespace fairlead
