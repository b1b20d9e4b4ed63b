// What is known of a cluster, as bytes and back.
#include "operator/clusters/kept_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/yaml.h"
#include "operator/clusters/copy_text.h"
#include "operator/clusters/gzip.h"

namespace fairlead::clusters {
namespace {

using reconcilers::Known;
using reconcilers::Remotes;
using reconcilers::RemoteState;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kObjects[] = R"(
{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: {istio.io/global: "true", app: "a\"\\\n"}},
 spec: {type: LoadBalancer, clusterIPs: [10.0.0.1, "fd00::1"], ports: [{name: http, port: 80, targetPort: web, appProtocol: kubernetes.io/h2c},
   {name: dns, port: 53, protocol: UDP, targetPort: 5353}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: none, namespace: shop, labels: {istio.io/global: "true"}}, spec: {clusterIP: None}}
---
{apiVersion: v1, kind: Service, metadata: {name: ew, namespace: istio-system, labels: {topology.istio.io/network: n2}}, spec: {ports: [{port: 15008}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ratings-1, namespace: shop, labels: {kubernetes.io/service-name: ratings}},
 addressType: IPv4, ports: [{name: http, port: 8080, protocol: TCP, appProtocol: http}, {name: any}], endpoints: [
  {addresses: [10.2.0.1, 10.2.0.2], nodeName: n1, zone: z1, targetRef: {kind: Pod, name: p1}, conditions: {ready: true}},
  {addresses: [10.2.0.3], conditions: {ready: false, serving: true, terminating: true}},
  {addresses: [10.2.0.4], conditions: {ready: false}}, {addresses: [10.2.0.5], conditions: {ready: true, serving: false}}]}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: none-1, namespace: shop, labels: {kubernetes.io/service-name: none}},
 addressType: IPv6, ports: [], endpoints: []}
---
{apiVersion: v1, kind: Pod, metadata: {name: p1, namespace: shop, labels: {version: v1, topology.istio.io/network: n2}}}
---
{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z1}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: {topology.istio.io/network: n1}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: far, namespace: shop, creationTimestamp: "2026-11-21T04:05:06Z"},
 spec: {targetRefs: [{group: "", kind: Service, name: ratings}], minHealthyPercent: 60,
  localities: [{from: {region: r}, steps: [{to: [{region: r, weight: 80}, {cluster: east, weight: 20}]}]}],
  outlierDetection: {consecutiveErrors: 3, interval: 5s}}}
)";

const CopyHeader kHeader{"west", "https://west (authority 7)", "pod-a", {1'800'000'000}};

Remotes RemotesOf(const std::string& yaml) {
  Remotes out;
  const auto documents = ParseYaml(yaml);
  EXPECT_TRUE(documents);
  for (const YamlDocument& document : *documents) {
    const auto json = JsonDocument::Parse(document.json);
    const AnyObject object = ParseObject(*KindOf(json->root()), json->root()).object;
    EXPECT_FALSE(IsInvalid(object)) << document.json;
    out.Apply("west", object);
  }
  out.SetStatus("west", {RemoteState::kFresh, {1}, ""});
  return out;
}

std::string TextOf(const Known& known) {
  std::string out;
  AppendObjects(known, &out);
  return out;
}

// What has lists of pointers, by value.
template <class T>
bool Equal(const std::vector<Ptr<T>>& a, const std::vector<Ptr<T>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return *x == *y; });
}

TEST(KeptCopy, TheTablesAreTheSameAfterwards) {
  const Remotes remotes = RemotesOf(kObjects);
  const Known known = *reconcilers::KnownOf(remotes, "west");
  EXPECT_THAT(known.services, SizeIs(3));
  EXPECT_THAT(known.slices, SizeIs(2));
  const auto bytes = EncodeCopy(kHeader, known);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto copy = DecodeCopy(*bytes);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(copy->header, kHeader);
  EXPECT_THAT(copy->objects, SizeIs(9));
  // A copy itself is not worth to be kept: so it is taken as what was listed.
  Remotes listed;
  for (const AnyObject& object : copy->objects) listed.Apply("west", object);
  listed.SetStatus("west", {RemoteState::kFresh, {1}, ""});
  const Known after = *reconcilers::KnownOf(listed, "west");
  EXPECT_TRUE(Equal(known.services, after.services));
  EXPECT_TRUE(Equal(known.slices, after.slices));
  EXPECT_TRUE(Equal(known.nodes, after.nodes));
  EXPECT_TRUE(Equal(known.namespaces, after.namespaces));
  EXPECT_TRUE(Equal(known.policies, after.policies));
  ASSERT_THAT(after.pods, SizeIs(1));
  EXPECT_EQ(known.pods.front().first, after.pods.front().first);
  EXPECT_EQ(*known.pods.front().second, *after.pods.front().second);
  EXPECT_EQ(TextOf(known), TextOf(after));
  EXPECT_EQ(*EncodeCopy(kHeader, after), *bytes) << "equal input, equal bytes";
}

TEST(KeptCopy, WhatCannotBeTrustedIsRefusedAndSaysWhy) {
  const auto why = [](const std::string& text) {
    const auto copy = DecodeCopy(Gzip(text));
    return copy ? "" : copy.error().message;
  };
  const std::string rest = R"(,"cluster":"west","identity":"i","by":"a","heard":"2026-11-21T04:05:06Z")";
  EXPECT_EQ(why(R"({"format":1)" + rest + R"(,"objects":{}})"), "");
  EXPECT_EQ(why(R"({"format":2)" + rest + R"(,"objects":{}})"), "has format 2, this version reads 1");
  EXPECT_EQ(why("{}"), "has no format");
  EXPECT_EQ(why(R"({"format":1,"heard":"now"})"), "does not say when it was heard");
  EXPECT_EQ(why(R"({"format":1)" + rest + "}"), "has no objects");
  EXPECT_THAT(why("{"), HasSubstr("is not JSON"));
  EXPECT_EQ(
      why(R"({"format":1)" + rest +
          R"(,"objects":{"services":[{"metadata":{"name":"a","namespace":"shop"},"spec":{"ports":3}}]}})"),
      "cannot be read: Service shop/a");
  EXPECT_EQ(DecodeCopy("abc").error().message, "is no gzip, or is damaged or cut");
  EXPECT_EQ(DecodeCopy(std::string(kMaxCopyBytes + 1, 'a')).error().message, "is longer than any copy");
  EXPECT_THAT(DecodeCopy(Gzip(std::string(kMaxUnpackedCopy + 1, ' '))).error().message,
              HasSubstr("would be longer than"));
}

TEST(KeptCopy, KindsOfLaterVersionsArePassedOver) {
  const auto copy = DecodeCopy(Gzip(
      R"({"format":1,"cluster":"west","identity":"i","by":"a","heard":"2026-11-21T04:05:06Z",
          "objects":{"later":[{}],"httproutes":[{}],"nodes":[{"metadata":{"name":"n"}}]}})"));
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_THAT(copy->objects, SizeIs(1));
}

TEST(KeptCopy, ThatOfAnotherClusterIsKnown) {
  const auto identity = [](const std::string& server, const std::string& authority) {
    kube::ClusterConfig config;
    config.server = server;
    config.ca_pem = authority;
    config.token = Secret("s3cret");
    return IdentityOf(config);
  };
  const std::string west = identity("https://west:6443", "pem");
  EXPECT_NE(west, identity("https://east:6443", "pem"));
  EXPECT_NE(west, identity("https://west:6443", "other pem"));
  EXPECT_THAT(west, HasSubstr("https://west:6443"));
  EXPECT_FALSE(NotOf({"west", west, "", {}}, "west", west));
  EXPECT_EQ(NotOf({"east", west, "", {}}, "west", west), "is of cluster east");
  EXPECT_EQ(NotOf({"west", "a", "", {}}, "west", "b"), "is of a, not of b");
}

TEST(KeptCopy, WhatIsTooMuchIsSaidWithItsSize) {
  Known known;
  auto slice = std::make_shared<core::EndpointSlice>();
  slice->meta.name = "s";
  uint64_t random = 1;
  for (int i = 0; i < 150'000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    slice->endpoints.push_back({.addresses = {std::to_string(random)}});
  }
  known.slices.push_back(slice);
  const auto bytes = EncodeCopy(kHeader, known);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().error_class, ErrorClass::kInvalid);
  EXPECT_THAT(bytes.error().message, HasSubstr("at most 921600 are kept"));
}

}  // namespace
}  // namespace fairlead::clusters
