// Server-side apply and patches, without a server. The contract suite compares far more of it with the real
// one.
#include <gtest/gtest.h>

#include "tests/support/apiserver/field_manager.h"
#include "tests/support/apiserver/patch.h"
#include "tests/support/apiserver/typed_merge.h"

namespace fairlead::apiserver {
namespace {

Value J(const char* text) { return ParseJson(text).value(); }

class Apply : public ::testing::Test {
 protected:
  Apply()
      : schema_(set_.Add(J(R"({"type":"object","properties":{"spec":{"type":"object","properties":{
          "n":{"type":"integer"},"list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],
          "items":{"type":"object","properties":{"k":{"type":"string"},"v":{"type":"integer"}}}}}}}})"))) {}

  Outcome<Value> As(const std::string& manager, const Value& live, const char* config, bool force = false) {
    FieldWrite w;
    w.schema = schema_;
    w.api_version = "v1";
    w.manager = manager;
    w.now = "2026-11-21T00:00:00Z";
    return ApplyConfig(w, live, J(config), force);
  }

  SchemaSet set_;
  const Schema* schema_;
};

TEST_F(Apply, ItemsOfTwoManagersLiveInOneList) {
  Value v = *As("a", Object(), R"({"spec":{"list":[{"k":"x","v":1}]}})");
  v = *As("b", v, R"({"spec":{"list":[{"k":"y","v":2}]}})");
  EXPECT_EQ(Print(v["spec"]["list"]), R"([{"k":"x","v":1},{"k":"y","v":2}])");
  v = *As("a", v, R"({"spec":{}})");
  EXPECT_EQ(Print(v["spec"]["list"]), R"([{"k":"y","v":2}])");
}

TEST_F(Apply, ConflictNamesTheOtherAndForceTakesOver) {
  const Value v = *As("a", Object(), R"({"spec":{"n":1}})");
  const Outcome<Value> refused = As("b", v, R"({"spec":{"n":2}})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "Apply failed with 1 conflict: conflict with \"a\": .spec.n");
  const Value forced = *As("b", v, R"({"spec":{"n":2}})", /*force=*/true);
  ASSERT_EQ(forced["metadata"]["managedFields"].size(), 1u);
  EXPECT_EQ(TextAt(forced["metadata"]["managedFields"][0], "manager"), "b");
}

TEST_F(Apply, SharedFieldGoesWhenTheLastOwnerLetsGo) {
  Value v = *As("a", Object(), R"({"spec":{"n":1}})");
  v = *As("b", v, R"({"spec":{"n":1}})");
  v = *As("a", v, "{}");
  EXPECT_EQ(IntAt(v, {"spec", "n"}), 1);
  v = *As("b", v, "{}");
  EXPECT_FALSE(Has(Get(v, "spec"), "n"));
}

TEST(FieldSet, RoundTrip) {
  const char* text = R"({"f:a":{},"f:b":{".":{},"k:{\"name\":\"x\"}":{".":{},"f:c":{}}},"f:d":{"v:5":{}}})";
  EXPECT_EQ(Print(FieldSet::FromJson(J(text)).ToJson()), text);
}

TEST(FieldSet, KeysAreCompareByMeaning) {
  const FieldSet a = FieldSet::FromJson(J(R"({"f:p":{"k:{\"b\":1, \"a\":2}":{}}})"));
  const FieldSet b = FieldSet::FromJson(J(R"({"f:p":{"k:{\"a\":2,\"b\":1}":{}}})"));
  EXPECT_EQ(a, b);
  EXPECT_TRUE(a.Difference(b).empty());
}

TEST(JsonPatch, ArraysAndFailures) {
  const Value v = J(R"({"l":[1,2,3]})");
  EXPECT_EQ(Print(*ApplyJsonPatch(v, J(R"([{"op":"add","path":"/l/-","value":4},{"op":"remove","path":"/l/0"},
    {"op":"move","from":"/l/0","path":"/l/2"}])"))),
            R"({"l":[3,4,2]})");
  EXPECT_EQ(ApplyJsonPatch(v, J(R"([{"op":"remove","path":"/l/9"}])")).error().code, 422);
  EXPECT_EQ(ApplyJsonPatch(v, J(R"([{"op":"add","path":"/x/y","value":1}])")).error().code, 422);
  EXPECT_EQ(ApplyJsonPatch(v, J(R"({"op":"add"})")).error().code, 400);
}

TEST(MergePatch, NullRemoves) {
  EXPECT_EQ(Print(ApplyMergePatch(J(R"({"a":{"b":1,"c":2},"l":[1]})"), J(R"({"a":{"b":null},"l":[2]})"))),
            R"({"a":{"c":2},"l":[2]})");
}

}  // namespace
}  // namespace fairlead::apiserver
