#include "operator/kube/versioned.h"

#include <gtest/gtest.h>

namespace fairlead::kube {
namespace {

std::string Of(std::string_view json) {
  const Result<std::string> out = WithResourceVersion(json, "7");
  return out ? *out : "error: " + out.error().message;
}

TEST(WithResourceVersion, NothingElseIsTouched) {
  EXPECT_EQ(Of("{}"), R"({"metadata":{"resourceVersion":"7"}})");
  EXPECT_EQ(Of(R"({"status":{"a":[1, 2.50]}})"),
            R"({"metadata":{"resourceVersion":"7"},"status":{"a":[1, 2.50]}})");
  EXPECT_EQ(Of(R"({"kind":"X","metadata":{},"spec":1})"),
            R"({"kind":"X","metadata":{"resourceVersion":"7"},"spec":1})");
  EXPECT_EQ(Of(R"({"kind":"X", "metadata" : { "name":"a"},"spec":1})"),
            R"({"kind":"X", "metadata" : {"resourceVersion":"7", "name":"a"},"spec":1})");
  EXPECT_EQ(Of(R"({"metadata":{"name":"a","resourceVersion":"12345","uid":"u"}})"),
            R"({"metadata":{"name":"a","resourceVersion":"7","uid":"u"}})");
}

TEST(WithResourceVersion, OnlyTheObjectsOwnMetadataCounts) {
  EXPECT_EQ(Of(R"({"spec":{"metadata":{"resourceVersion":"1"}}})"),
            R"({"metadata":{"resourceVersion":"7"},"spec":{"metadata":{"resourceVersion":"1"}}})");
}

TEST(WithResourceVersion, WhatIsNoObjectIsRefused) {
  for (const char* text : {"", "[]", "5", "{", R"({"a":1)", R"({"metadata":5})", R"({"metadata":[]})"})
    EXPECT_EQ(Of(text), "error: what is to be written is no JSON object") << text;
}

}  // namespace
}  // namespace fairlead::kube
