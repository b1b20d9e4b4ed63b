#include "crds/istio/service_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"

namespace fairlead::istio {
namespace {

using ::testing::ElementsAre;

Parsed<ServiceEntry> Parse(const std::string& rest) {
  Result<JsonDocument> doc =
      JsonDocument::Parse(R"({"metadata": {"name": "e", "namespace": "shop"}, )" + rest + "}");
  EXPECT_TRUE(doc) << doc.error().message;
  return ParseServiceEntry(doc->root());
}

TEST(ParseServiceEntry, EveryField) {
  const Parsed<ServiceEntry> parsed =
      Parse(R"("spec": {"hosts": ["api.example", "*.b.example"], "addresses": ["10.2.0.0/16"],
    "ports": [{"number": 443, "name": "https", "protocol": "TLS", "targetPort": 8443}, {"number": 80, "name": "http"}],
    "location": "MESH_INTERNAL", "resolution": "STATIC",
    "endpoints": [{"address": "10.3.0.1", "ports": {"http": 8080}, "labels": {"v": "1"}, "network": "n1",
                   "locality": "eu/eu-1/a", "weight": 7, "serviceAccount": "sa"}, {"address": "unix:///x"}],
    "workloadSelector": {"labels": {"app": "x"}}, "exportTo": ["."], "subjectAltNames": ["spiffe://a/b"]},
    "status": {"addresses": [{"value": "240.240.0.1", "host": "api.example"}]})");
  ASSERT_TRUE(parsed.ok()) << Join(parsed.invalid().errors);
  const ServiceEntry& entry = parsed.value();
  EXPECT_THAT(entry.hosts, ElementsAre("api.example", "*.b.example"));
  EXPECT_THAT(entry.addresses, ElementsAre("10.2.0.0/16"));
  EXPECT_THAT(entry.ports,
              ElementsAre(ServiceEntryPort{443, "TLS", "https", 8443}, ServiceEntryPort{80, "", "http", 0}));
  EXPECT_TRUE(entry.mesh_internal);
  EXPECT_EQ(entry.resolution, Resolution::kStatic);
  ASSERT_EQ(entry.endpoints.size(), 2u);
  EXPECT_EQ(
      entry.endpoints[0],
      (WorkloadEndpoint{"10.3.0.1", {{"http", uint16_t{8080}}}, {{"v", "1"}}, "n1", "eu/eu-1/a", 7, "sa"}));
  EXPECT_EQ(entry.workload_selector, (Labels{{"app", "x"}}));
  EXPECT_THAT(entry.export_to, ElementsAre("."));
  EXPECT_THAT(entry.subject_alt_names, ElementsAre("spiffe://a/b"));
  EXPECT_THAT(entry.auto_addresses, ElementsAre(AutoAddress{"240.240.0.1", "api.example"}));
}

TEST(ParseServiceEntry, Resolutions) {
  using R = Resolution;
  for (const auto& [name, want] :
       {std::pair("NONE", R::kNone), std::pair("STATIC", R::kStatic), std::pair("DNS", R::kDns),
        std::pair("DNS_ROUND_ROBIN", R::kDnsRoundRobin), std::pair("DYNAMIC_DNS", R::kDynamicDns)}) {
    const Parsed<ServiceEntry> parsed =
        Parse(R"("spec": {"hosts": ["a"], "resolution": ")" + std::string(name) + "\"}");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed.value().resolution, want);
  }
}

TEST(ParseServiceEntry, ErrorsHavePaths) {
  const Parsed<ServiceEntry> parsed =
      Parse(R"("spec": {"ports": [{"number": 0, "name": ""}, {}], "resolution": "MAGIC",
    "endpoints": [{"ports": {"a.b": 70000}}]})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(Join(parsed.invalid().errors),
            "spec.hosts: is required; spec.ports[0].number: must be between 1 and 65535, is 0; "
            "spec.ports[0].name: must not be empty; "
            "spec.ports[1].number: is required; spec.ports[1].name: is required; "
            "spec.resolution: is \"MAGIC\"; known are NONE, STATIC, DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS; "
            "spec.endpoints[0].ports[\"a.b\"]: must be between 0 and 65535, is 70000");
}

TEST(ParseServiceEntry, SpecIsRequired) {
  EXPECT_EQ(Join(Parse(R"("kind": "ServiceEntry")").invalid().errors), "spec: is required");
}

}  // namespace
}  // namespace fairlead::istio
