#include "crds/base/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fairlead {
namespace {

using testing::HasSubstr;

std::string Json(std::string_view yaml) {
  auto docs = ParseYaml(yaml);
  if (!docs) return "error: " + docs.error().message;
  std::string out;
  for (const YamlDocument& doc : *docs) out += (out.empty() ? "" : "|") + doc.json;
  return out;
}

struct Case {
  const char* yaml;
  const char* json;
};

class YamlScalarTest : public testing::TestWithParam<Case> {};
TEST_P(YamlScalarTest, MeansWhatKubectlTakesItFor) { EXPECT_EQ(Json(GetParam().yaml), GetParam().json); }

// Each line was given to sigs.k8s.io/yaml 1.4, which answered the same (but for duplicate keys).
INSTANTIATE_TEST_SUITE_P(
    Kubectl, YamlScalarTest,
    testing::Values(
        Case{"a: yes", R"({"a":true})"}, Case{"a: Off", R"({"a":false})"}, Case{"a: y", R"({"a":true})"},
        Case{"y: 1", R"({"true":1})"}, Case{"1.0: x", R"({"1":"x"})"}, Case{"0x10: 1", R"({"16":1})"},
        Case{"1.5: b", R"({"1.5":"b"})"}, Case{"a: 0o17", R"({"a":15})"}, Case{"a: 017", R"({"a":15})"},
        Case{"a: 08", R"({"a":8})"}, Case{"a: 1_000", R"({"a":1000})"}, Case{"a: 0b11", R"({"a":3})"},
        Case{"a: -0x1f", R"({"a":-31})"}, Case{"a: 1e3", R"({"a":1000})"}, Case{"a: .5", R"({"a":0.5})"},
        Case{"a: 5.0", R"({"a":5})"}, Case{"a: -0", R"({"a":0})"}, Case{"a: 1.10", R"({"a":1.1})"},
        Case{"a: 1e-7", R"({"a":1e-07})"}, Case{"a: 1e400", R"({"a":"1e400"})"}, Case{"a: =", R"({"a":"="})"},
        Case{"a: 2001-01-01", R"({"a":"2001-01-01"})"}, Case{"a: 12:30", R"({"a":"12:30"})"},
        Case{"a: 18446744073709551615", R"({"a":18446744073709551615})"},
        Case{"a: -9223372036854775808", R"({"a":-9223372036854775808})"}, Case{"a: ~", R"({"a":null})"},
        Case{"a:", R"({"a":null})"}, Case{"a: 'yes'", R"({"a":"yes"})"}, Case{"a: \"5\"", R"({"a":"5"})"},
        Case{"a: !!str 5", R"({"a":"5"})"}, Case{"a: !foo bar", R"({"a":"bar"})"},
        Case{"a: !!int \"5\"", R"({"a":5})"}, Case{"a: !!binary aGk=", R"({"a":"hi"})"},
        Case{"a: !!bool \"yes\"", R"({"a":true})"}, Case{"a: !!float 5", R"({"a":5})"},
        Case{"\"<<\": {a: 1}", R"({"<<":{"a":1}})"}, Case{"&x a: *x", R"({"a":"a"})"},
        Case{"a: \"\\0\\u2028\"", "{\"a\":\"\\u0000\xE2\x80\xA8\"}"}));

TEST(YamlTest, ReadsStreamsAndLeavesEmptyDocumentsOut) {
  EXPECT_EQ(Json("---\n# nothing\n---\na: 1\n...\n---\n- x\n---\n"), R"({"a":1}|["x"])");
  EXPECT_EQ(Json(""), "");
  EXPECT_EQ(Json("\xEF\xBB\xBF"
                 "a: 1\r\nb: 2\r\n"),
            R"({"a":1,"b":2})");
}

TEST(YamlTest, RefusesDuplicateKeysAndNamesBothLines) {
  EXPECT_EQ(Json("a: 1\nb: 2\na: 3\n"), "error: line 3: key \"a\" is already on line 1");
  std::string many = "k:\n";
  for (int i = 0; i < 40; ++i) many += "  k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(Json(many + "  k7: 2\n"), "error: line 42: key \"k7\" is already on line 9");
}

TEST(YamlTest, MergesWithTheMappingsOwnKeysFirst) {
  EXPECT_EQ(Json("a: &x {b: 1, e: {f: 1}}\nc: {<<: *x, b: 2, d: 3}"),
            R"({"a":{"b":1,"e":{"f":1}},"c":{"b":2,"d":3,"e":{"f":1}}})");
  EXPECT_EQ(Json("x: &x {b: 1}\nv: &y {b: 2, c: 3}\nz:\n  <<: [*x, *y]\n"),
            R"({"x":{"b":1},"v":{"b":2,"c":3},"z":{"b":1,"c":3}})");
  EXPECT_THAT(Json("a: {<<: 5}"), HasSubstr("<< must be a mapping"));
}

TEST(YamlTest, KeepsLinesThroughMergesAndAliases) {
  auto docs = ParseYaml("base: &b\n  x: 1\n  v:\n  - p\n  - q\nuse:\n  z: 0\n  <<: *b\nlast: *b\n");
  ASSERT_TRUE(docs) << docs.error().message;
  const YamlDocument& doc = docs->front();
  EXPECT_EQ(doc.LineOf("base.v[1]"), 5u);
  EXPECT_EQ(doc.LineOf("use.z"), 7u);
  EXPECT_EQ(doc.LineOf("use.v[0]"), 4u);
  EXPECT_EQ(doc.LineOf("last"), 9u);
  EXPECT_EQ(doc.LineOf("last.x"), 2u);
}

TEST(YamlTest, BoundsAliases) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string p = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + p;
    for (int k = 0; k < 8; ++k) laughs += ", " + p;
    laughs += "]\n";
  }
  EXPECT_THAT(Json(laughs), HasSubstr("hold too much"));
  EXPECT_THAT(Json("a: &a [*a]"), HasSubstr("contains itself"));
  EXPECT_THAT(Json("a: *nope"), HasSubstr("unknown anchor \"nope\""));
}

TEST(YamlTest, BoundsDepthAndNodes) {
  EXPECT_THAT(Json(std::string(200, '[') + "x" + std::string(200, ']')), HasSubstr("nested deeper than 100"));
  YamlLimits limits;
  limits.max_nodes = 3;
  auto docs = ParseYaml("[1, 2, 3, 4]x", limits);
  EXPECT_FALSE(docs);
  limits.max_bytes = 4;
  EXPECT_FALSE(ParseYaml("a: 12", limits));
}

TEST(YamlTest, TellsWhereTheTextIsWrong) {
  EXPECT_THAT(Json("a:\n\tb: 1\n"),
              HasSubstr("line 2, column 1: found character that cannot start any token"));
  EXPECT_THAT(Json("a: 1\n b: 2\n"), HasSubstr("error: line 2, column 3: "));
  EXPECT_THAT(Json("? [a]\n: 1\n"), HasSubstr("a key must be a scalar"));
  EXPECT_THAT(Json("~: 1\n"), HasSubstr("a key must not be null"));
  EXPECT_THAT(Json("a: .inf\n"), HasSubstr("line 1, column 4: .inf cannot be written as JSON"));
  EXPECT_THAT(Json("a: \"\xff\"\n"), HasSubstr("error: line 1, column 5: "));
}

std::string Stream(std::string_view yaml) {
  const YamlStream stream = ReadYamlStream(yaml);
  std::string out;
  for (const YamlDocument& doc : stream.documents) out += doc.json + " at " + std::to_string(doc.line) + "\n";
  for (const YamlProblem& problem : stream.problems) out += problem.ToString() + "\n";
  return out;
}

TEST(YamlStreamTest, GoesOnBehindADocumentThatCannotBeRead) {
  EXPECT_EQ(Stream("a: 1\n---\nb: {c\nd: 2\n---\n- e\n- f: 3\n"),
            "{\"a\":1} at 1\n[\"e\",{\"f\":3}] at 6\n"
            "line 4, column 2: did not find expected ',' or '}' while parsing a flow mapping that starts on "
            "line 3\n");
  EXPECT_EQ(Stream("a: 1\na: 2\n--- {b: 1}\n"), "{\"b\":1} at 3\nline 2: key \"a\" is already on line 1\n");
}

TEST(YamlStreamTest, TellsEachProblemAtItsLine) {
  EXPECT_EQ(Stream("}\n---\na: *x\n---\nb: \"\xff\"\n---\nc: 1\n"),
            "{\"c\":1} at 7\n"
            "line 1, column 1: did not find expected node content while parsing a block node that starts on "
            "line 1\n"
            "line 3, column 4: unknown anchor \"x\"\n"
            "line 5, column 5: invalid leading UTF-8 octet\n");
}

TEST(YamlStreamTest, DirectivesBelongToTheDocumentBehindThem) {
  EXPECT_EQ(Stream("# both\n%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: {\n"),
            "{\"a\":1} at 4\n"
            "line 9, column 1: did not find expected node content while parsing a flow node that starts on "
            "line 9\n");
}

TEST(YamlStreamTest, LinesOfFieldsAreThoseOfTheWholeText) {
  const YamlStream stream = ReadYamlStream("}\n---\nkind: X\nspec:\n  a: 1\n");
  ASSERT_EQ(stream.documents.size(), 1u);
  EXPECT_EQ(stream.documents[0].LineOf("spec.a"), 5u);
}

TEST(YamlStreamTest, IsBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "}\n---\n";
  const YamlStream stream = ReadYamlStream(text);
  ASSERT_EQ(stream.problems.size(), YamlStream::kMaxProblems);
  EXPECT_THAT(stream.problems.back().message, HasSubstr("900 further documents cannot be read either"));
  YamlLimits limits;
  limits.max_bytes = 4;
  EXPECT_EQ(ReadYamlStream("a: 12", limits).problems.at(0).ToString(),
            "input of 5 bytes is over the limit of 4");
}

TEST(YamlTest, UsesJsonAsItIs) {
  const std::string text = "{\n  \"a\": 1.50,\n  \"b\": [\n    {\"c\": 2}\n  ]\n}";
  auto docs = ParseYaml("\n" + text + "\n{\"second\": true}");
  ASSERT_TRUE(docs) << docs.error().message;
  ASSERT_EQ(docs->size(), 2u);
  EXPECT_EQ((*docs)[0].json, text);
  EXPECT_EQ((*docs)[0].LineOf("b[0].c"), 5u);
  EXPECT_EQ((*docs)[0].LineOf("b[7].c"), 4u);
  EXPECT_EQ((*docs)[1].line, 8u);
  EXPECT_EQ(Json("{a: 1}"), R"({"a":1})") << "YAML's flow style is not JSON";
}

TEST(YamlTest, FindsLinesOfFields) {
  auto docs = ParseYaml(
      "---\nkind: X\n---\n# two\nmetadata:\n  labels:\n    a.b/c: d\nspec:\n  list:\n  - k: 1\n  - k: 2\n");
  ASSERT_TRUE(docs) << docs.error().message;
  const YamlDocument& doc = (*docs)[1];
  EXPECT_EQ(doc.line, 5u);
  EXPECT_EQ(doc.LineOf("metadata.labels[\"a.b/c\"]"), 7u);
  EXPECT_EQ(doc.LineOf("spec.list[1].k"), 11u);
  EXPECT_EQ(doc.LineOf("spec.list[1].missing"), 11u);
  EXPECT_EQ(doc.LineOf("spec.none.at.all"), 8u);
  EXPECT_EQ(doc.LineOf(""), 5u);
}

}  // namespace
}  // namespace fairlead
