// Parts of a preview: fields that differ, what an apply makes of what is stored, and the order of a change.
#include "reconcilers/preview/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "crds/base/yaml.h"

namespace fairlead::reconcilers::preview {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json::Value Yaml(const std::string& text) {
  const auto documents = ParseYaml(text);
  EXPECT_TRUE(documents) << text;
  return ParseValue(documents->front().json);
}

std::vector<Manifest> Manifests(const std::string& text) {
  std::vector<Manifest> out;
  const auto documents = ParseYaml(text);
  EXPECT_TRUE(documents) << text;
  for (const YamlDocument& document : *documents) {
    out.push_back(*ReadManifest(document.json, "shop", "file:" + std::to_string(document.line)));
  }
  return out;
}

std::vector<std::string> Told(const std::string& before, const std::string& after) {
  std::vector<std::string> out;
  for (const FieldDelta& delta : FieldDiff(Yaml(before), Yaml(after)))
    out.push_back(delta.path + ": " + InWords(delta.before) + " > " + InWords(delta.after));
  return out;
}

TEST(FieldDiffTest, TellsTheDeepestThatDiffers) {
  EXPECT_THAT(Told("{a: {b: 1, c: x}}", "{a: {b: 2, c: x}}"), ElementsAre("a.b: 1 > 2"));
  EXPECT_THAT(Told("{a: {b: 1}}", "{}"), ElementsAre("a.b: 1 > none"));
  EXPECT_THAT(Told("{a: [x, w]}", "{a: [x, w, z]}"), ElementsAre("a: [x, w] > [x, w, z]"));
  EXPECT_THAT(Told("{a: [{m: 1}, {m: 2}]}", "{a: [{m: 1}, {m: 3}, {m: 2}]}"),
              ElementsAre("a[1]: none > {\"m\":3}"));
  EXPECT_THAT(Told("{a: [{m: 1}, {m: 2}]}", "{a: [{m: 1}, {m: 4}]}"), ElementsAre("a[1].m: 2 > 4"));
  EXPECT_THAT(Told("{a: {'x/y.z': 1}}", "{a: {'x/y.z': 2}}"), ElementsAre("a[x/y.z]: 1 > 2"));
  EXPECT_THAT(Told("{a: Audit}", "{a: {b: 1}}"), ElementsAre("a: Audit > {\"b\":1}"));
  EXPECT_THAT(Told("{a: 1}", "{a: 1}"), IsEmpty());
}

TEST(FieldDiffTest, NothingForATerminalToObey) {
  EXPECT_EQ(Printable("a\x1b[31m\n\x7f\xC2\x9B ü"), "a?[31m???" + std::string(" ü"));
  EXPECT_EQ(InWords(Json::Value("two\nlines")), "two?lines");
  EXPECT_LT(InWords(Json::Value(std::string(5'000, 'x'))).size(), 200u);
}

TEST(MergeTest, WhatOthersWroteStaysAndWhatIsNoLongerAppliedGoes) {
  Json::Value stored = Yaml(
      "{metadata: {name: a, uid: u, labels: {mine: x, theirs: v}}, spec: {a: 1, b: 2, list: "
      "[{name: k, added: 1}]}}");
  stored["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
      R"({"metadata":{"name":"a","labels":{"mine":"x"}},"spec":{"a":1,"b":2}})";
  const Json::Value merged =
      Merge(stored, Yaml("{metadata: {name: a, labels: {}}, spec: {a: 3, list: [{name: m}]}}"));
  EXPECT_EQ(WriteJson(merged["spec"]), R"({"a":3,"list":[{"added":1,"name":"m"}]})");
  EXPECT_EQ(merged["metadata"]["uid"], "u");
  EXPECT_EQ(WriteJson(merged["metadata"]["labels"]), R"({"theirs":"v"})");
}

TEST(ManifestTest, NamespacesAreFilledInWhereTheyBelong) {
  EXPECT_EQ(Manifests("{apiVersion: v1, kind: Service, metadata: {name: a}}").front().id.name.ns, "shop");
  EXPECT_EQ(Manifests("{apiVersion: v1, kind: Namespace, metadata: {name: a}}").front().id.name.ns, "");
  EXPECT_FALSE(ReadManifest("{\"kind\":\"Service\"}", "shop", ""));
  EXPECT_FALSE(ReadManifest("[1]", "shop", ""));
  EXPECT_FALSE(ReadManifest("{\"kind\":\"X\",\"metadata\":\"no\"}", "shop", ""));
}

std::string Workspace(const std::string& name, const std::string& namespaces) {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + name +
         "}, spec: {namespaces: [{names: [" + namespaces + "]}]}}\n";
}
constexpr char kNamespaces[] =
    "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n"
    "{apiVersion: v1, kind: Namespace, metadata: {name: pay}}\n---\n";

TEST(PreviewTest, ObjectsAreJudgedInTheOrderInWhichTheyAreApplied) {
  PreviewInput input;
  input.base = Manifests(kNamespaces + Workspace("a", "shop, pay"));
  input.change = Manifests(Workspace("a", "shop") + "---\n" + Workspace("b", "pay"));
  EXPECT_THAT(MakePreview(input).refused, IsEmpty()) << "given up first, then taken";
  std::swap(input.change[0], input.change[1]);
  const Preview refused = MakePreview(input);
  ASSERT_EQ(refused.refused.size(), 1u);
  EXPECT_EQ(refused.refused[0].object, "Workspace b");
  EXPECT_EQ(refused.refused[0].rule, "claimed-namespace");
  EXPECT_THAT(refused.refused[0].message, HasSubstr("namespace pay belongs to Workspace a"));
  EXPECT_EQ(refused.objects.size(), 1u) << "what is refused changes nothing, and the rest goes on";
}

TEST(PreviewTest, WhatIsMadeAndDeletedByOneChangeIsNothing) {
  PreviewInput input;
  input.change = Manifests(Workspace("a", "shop"));
  input.remove = {input.change[0].id};
  EXPECT_TRUE(MakePreview(input).empty());
}

// Among policies of one level the older wins: one that is only about to be made is the youngest.
TEST(PreviewTest, NewObjectsAreTheYoungest) {
  const auto policy = [](const std::string& name, const std::string& created, int attempts) {
    return "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: " + name +
           ", namespace: shop" + created +
           "}, spec: {targetRefs: [{group: '', kind: Service, name: web}], retries: {attempts: " +
           std::to_string(attempts) + "}}}\n";
  };
  PreviewInput input;
  input.live = true;
  input.base = Manifests(
      "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: "
      "[{port: 80, appProtocol: http}]}}\n---\n" +
      policy("b", ", creationTimestamp: '2026-01-01T00:00:00Z'", 2));
  input.change = Manifests(policy("a", "", 5));
  const Preview preview = MakePreview(input);
  EXPECT_EQ(preview.objects.size(), 1u);
  EXPECT_THAT(preview.services, IsEmpty()) << ToText(preview);
}

TEST(PreviewTest, SameInputSameBytes) {
  PreviewInput input;
  input.base = Manifests(kNamespaces + Workspace("a", "shop"));
  input.change = Manifests(Workspace("a", "shop, pay"));
  EXPECT_EQ(ToText(MakePreview(input)), ToText(MakePreview(input)));
  EXPECT_EQ(ToJson(MakePreview(input)), ToJson(MakePreview(input)));
}

}  // namespace
}  // namespace fairlead::reconcilers::preview
