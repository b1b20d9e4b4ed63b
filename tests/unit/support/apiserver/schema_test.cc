#include "tests/support/apiserver/schema.h"

#include <gtest/gtest.h>

#include "tests/support/apiserver/formats.h"
#include "tests/support/apiserver/schema_check.h"

namespace fairlead::apiserver {
namespace {

std::string FirstFault(const char* schema, const char* value) {
  SchemaSet set;
  FieldFaults faults;
  ValidateValue(*set.Add(ParseJson(schema).value()), (*ParseJson(std::string("[") + value + "]"))[0], "v",
                &faults);
  return faults.empty() ? "" : faults.front().Text();
}

struct Row {
  const char* schema;
  const char* value;
  const char* fault;
};

class Validates : public ::testing::TestWithParam<Row> {};

TEST_P(Validates, AsTheRealServer) {
  EXPECT_EQ(FirstFault(GetParam().schema, GetParam().value), GetParam().fault);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Validates,
    ::testing::Values(
        Row{R"({"type":"integer"})", "5.0", ""},
        Row{R"({"type":"integer"})", "\"5\"",
            "v: Invalid value: \"string\": v in body must be of type integer: \"string\""},
        Row{R"({"type":"string"})", "null",
            "v: Invalid value: \"null\": v in body must be of type string: \"null\""},
        Row{R"({"type":"string","nullable":true})", "null", ""},
        Row{R"({"x-kubernetes-int-or-string":true})", "\"50%\"", ""},
        Row{R"({"type":"number","maximum":1.5})", "1.6",
            "v: Invalid value: 1.6: v in body should be less than or equal to 1.5"},
        Row{R"({"type":"number","multipleOf":0.5})", "0.7",
            "v: Invalid value: 0.7: v in body should be a multiple of 0.5"},
        Row{R"({"type":"string","maxLength":2})", "\"äöü\"", "v: Too long: may not be more than 2 bytes"},
        Row{R"({"type":"string","format":"ipv4"})", "\"10.0.0.300\"",
            "v: Invalid value: \"10.0.0.300\": v in body must be of type ipv4: \"10.0.0.300\""},
        Row{R"({"type":"array","minItems":1,"items":{"type":"string"}})", "[]",
            "v: Invalid value: 0: v in body should have at least 1 items"},
        Row{R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})", "{}",
            "v.a: Required value"},
        Row{R"({"type":"object","anyOf":[{"required":["a"]},{"required":["b"]}]})", "{}",
            "<nil>: Invalid value: \"\": \"v\" must validate at least one schema (anyOf)"},
        Row{R"({"type":"object","not":{"required":["a"]}})", R"({"a":1})",
            "<nil>: Invalid value: \"\": \"v\" must not validate the schema (not)"},
        Row{R"({"type":"object","additionalProperties":{"type":"integer"}})", R"({"x":"y"})",
            "v.x: Invalid value: \"string\": v.x in body must be of type integer: \"string\""}));

TEST(Schema, PruningNamesWhatItDrops) {
  SchemaSet set;
  const Schema* s =
      set.Add(ParseJson(R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object",
    "properties":{"b":{"type":"string"}}}},"keep":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}})")
                  .value());
  Value v = ParseJson(R"({"a":[{"b":"x","c":1}],"d":2,"keep":{"e":3}})").value();
  std::vector<std::string> unknown;
  Prune(*s, &v, "", &unknown);
  EXPECT_EQ(Print(v), R"({"a":[{"b":"x"}],"keep":{"e":3}})");
  EXPECT_EQ(unknown, (std::vector<std::string>{"a[0].c", "d"}));
}

TEST(Schema, DefaultsGoIntoWhatIsThere) {
  SchemaSet set;
  const Schema* s = set.Add(ParseJson(R"({"type":"object","properties":{"a":{"type":"object","default":{},
    "properties":{"b":{"type":"integer","default":3}}},"c":{"type":"object","properties":{"d":{"type":"string",
    "default":"x"}}}}})")
                                .value());
  Value v = Object();
  ApplyDefaults(*s, &v);
  EXPECT_EQ(Print(v), R"({"a":{"b":3}})");
}

TEST(Schema, Formats) {
  EXPECT_TRUE(MatchesFormat("date-time", "2026-11-21T04:05:06Z"));
  EXPECT_FALSE(MatchesFormat("date-time", "2026-11-21"));
  EXPECT_TRUE(MatchesFormat("cidr", "fd00::/8"));
  EXPECT_FALSE(MatchesFormat("cidr", "10.0.0.0/33"));
  EXPECT_TRUE(MatchesFormat("nobody-knows", "anything"));
}

}  // namespace
}  // namespace fairlead::apiserver
