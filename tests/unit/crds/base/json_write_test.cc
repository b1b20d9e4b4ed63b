#include "crds/base/json_write.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "crds/base/yaml.h"

namespace fairlead {
namespace {

Json::Value Read(std::string_view text) {
  auto docs = ParseYaml(text);
  EXPECT_TRUE(docs) << docs.error().message << "\n" << text;
  if (!docs || docs->empty()) return Json::nullValue;
  auto doc = JsonDocument::Parse(docs->front().json);
  EXPECT_TRUE(doc) << doc.error().message;
  return doc ? ToJsonValue(doc->root()) : Json::nullValue;
}

TEST(JsonWriteTest, SortsMembersAndMinifies) {
  EXPECT_EQ(WriteJson(Read(R"({"b": [1, 2.5, {}], "a": "x\n"})")), R"({"a":"x\n","b":[1,2.5,{}]})");
  EXPECT_EQ(WritePrettyJson(Read(R"({"b": [1], "a": {}})")), "{\n  \"a\": {},\n  \"b\": [\n    1\n  ]\n}\n");
}

TEST(JsonWriteTest, PrintsYamlAsKubectlDoes) {
  const Json::Value value = Read(R"({
    "spec": {"rules": [{"name": "a", "matches": [[1, 2], []]}, {}], "empty": {}, "text": "one\ntwo\n"},
    "quoted": ["yes", "1", "", "a: b", "# x", "*", "2001-01-01", "1:30", " lead", "tab\t", "-", "- x", "~"],
    "plain": ["a:b", "shop-*", "http://x/y#z", "250ms", "10%", "a, b", "-x"],
    "true": true})");
  EXPECT_EQ(WriteYaml(value), R"(plain:
- a:b
- shop-*
- http://x/y#z
- 250ms
- 10%
- a, b
- -x
quoted:
- "yes"
- "1"
- ""
- 'a: b'
- '# x'
- '*'
- "2001-01-01"
- "1:30"
- ' lead'
- "tab\t"
- '-'
- '- x'
- "~"
spec:
  empty: {}
  rules:
  - matches:
    - - 1
      - 2
    - []
    name: a
  - {}
  text: |
    one
    two
"true": true
)");
}

TEST(JsonWriteTest, SeparatesDocuments) {
  EXPECT_EQ(WriteYaml(std::vector<Json::Value>{Read("a: 1"), Read("b: 2")}), "a: 1\n---\nb: 2\n");
}

// Random values from pieces that are hard to quote.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  Json::Value Make(int depth) {
    switch (Pick(depth > 3 ? 5 : 7)) {
      case 0:
        return Json::Value(Text());
      case 1:
        return Json::Value(Json::Int64(Pick(2000) - 1000));
      case 2:
        return Json::Value(Pick(2) == 0);
      case 3:
        return Json::Value(Pick(1000) / 8.0 * (Pick(2) ? 1e-9 : 1e15));
      case 4:
        return Json::Value(Text());
      case 5: {
        Json::Value out(Json::arrayValue);
        for (int n = Pick(4); n > 0; --n) out.append(Make(depth + 1));
        return out;
      }
      default: {
        Json::Value out(Json::objectValue);
        for (int n = Pick(4); n > 0; --n) out[Text()] = Make(depth + 1);
        return out;
      }
    }
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string Text() {
    static const char* const kPieces[] = {"a",
                                          " ",
                                          "\n",
                                          ":",
                                          "#",
                                          "-",
                                          "'",
                                          "\"",
                                          "\\",
                                          "{",
                                          "[",
                                          ",",
                                          "0",
                                          "1e3",
                                          "yes",
                                          "\t",
                                          "\x01",
                                          "é",
                                          "~",
                                          "%",
                                          "@",
                                          "|",
                                          ">",
                                          "?",
                                          "\xE2\x80\xA8",
                                          "\xC2\x85",
                                          "...",
                                          "---",
                                          "!",
                                          "&",
                                          "*a",
                                          "\xF0\x9F\x98\x80",
                                          "\r",
                                          "null",
                                          ": ",
                                          " #",
                                          "\n\n"};
    std::string out;
    for (int n = Pick(6); n > 0; --n) out += kPieces[Pick(sizeof kPieces / sizeof *kPieces)];
    return out;
  }
  std::mt19937 random_;
};

TEST(JsonWriteTest, YamlReadsBackTheSame) {
  for (unsigned seed = 0; seed < 4000; ++seed) {
    const Json::Value value = Generator(seed).Make(0);
    if (!value.isObject() && !value.isArray()) continue;
    const std::string yaml = WriteYaml(value);
    ASSERT_EQ(WriteJson(Read(yaml)), WriteJson(value)) << "seed " << seed << "\n" << yaml;
    ASSERT_EQ(WriteJson(Read(WriteJson(value))), WriteJson(value)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace fairlead
