#include "crds/gateway/reference_grant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"

namespace fairlead::gateway {
namespace {

using ::testing::ElementsAre;

Parsed<ReferenceGrant> Parse(const std::string& spec) {
  Result<JsonDocument> doc =
      JsonDocument::Parse(R"({"metadata": {"name": "g", "namespace": "payments"}, "spec": )" + spec + "}");
  EXPECT_TRUE(doc) << doc.error().message;
  return ParseReferenceGrant(doc->root());
}

TEST(ParseReferenceGrant, EveryField) {
  const auto parsed = Parse(R"({
    "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
    "to": [{"group": "", "kind": "Service"}, {"group": "", "kind": "Service", "name": "charge"}]})");
  ASSERT_TRUE(parsed.ok()) << Join(parsed.invalid().errors);
  EXPECT_THAT(parsed.value().from, ElementsAre(GrantFrom{"gateway.networking.k8s.io", "HTTPRoute", "shop"}));
  EXPECT_THAT(parsed.value().to, ElementsAre(GrantTo{"", "Service", ""}, GrantTo{"", "Service", "charge"}));
}

TEST(ParseReferenceGrant, WhatIsMalformedGrantsNothing) {
  const auto parsed = Parse(R"({"from": [{"kind": "HTTPRoute"}], "to": [{"kind": 7}]})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(Join(parsed.invalid().errors),
            "spec.from[0].namespace: is required; spec.to[0].kind: must be a string, is an integer");
}

}  // namespace
}  // namespace fairlead::gateway
