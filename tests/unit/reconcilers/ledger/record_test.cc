// What a record says of a change, and how much at most.
#include "reconcilers/ledger/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "crds/base/names.h"
#include "crds/base/yaml.h"
#include "reconcilers/ledger/also_asked.h"
#include "reconcilers/ledger/differences.h"
#include "reconcilers/ledger/kept_metadata.h"
#include "reconcilers/ledger/record_index.h"
#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using Operation = api::PolicyChange::Operation;

Json::Value Value(const std::string& yaml) {
  const auto documents = ParseYaml(yaml);
  EXPECT_TRUE(documents) << documents.error().message;
  return ToJsonValue(JsonDocument::Parse(documents->front().json)->root());
}

std::vector<std::string> Changes(const std::string& before, const std::string& after) {
  std::vector<std::string> out;
  for (const auto& change : Differences(Value(before), Value(after))) {
    out.push_back(change.field + ": " + change.from + " -> " + change.to);
  }
  return out;
}

TEST(Differences, AreThoseOfTheLeaves) {
  EXPECT_THAT(Changes("{a: 1, b: {c: x, d: true}, e: 5s}", "{a: 1, b: {c: z}, f: {g: ''}}"),
              ElementsAre("spec.b.c: x -> z", "spec.b.d: true -> ", "spec.e: 5s -> ", "spec.f.g:  -> \"\""));
  EXPECT_THAT(Changes("{a: [1, 2]}", "{a: [2, 1]}"), ElementsAre("spec.a: [1,2] -> [2,1]"));
  EXPECT_THAT(Changes("{a: {}}", "{a: {b: 1}}"), ElementsAre("spec.a.b:  -> 1"));
  EXPECT_THAT(Changes("{a: two words}", "{a: \"quo\\\"te\"}"),
              ElementsAre(R"(spec.a: "two words" -> "quo\"te")"));
  EXPECT_THAT(Changes("{a: 1}", "{a: 1}"), IsEmpty());
}

TEST(Differences, ItemsWithNamesAreTakenOneByOne) {
  EXPECT_THAT(Changes("{roles: [{name: a, x: 1}, {name: b, x: 1}]}", "{roles: [{name: b, x: 2}]}"),
              ElementsAre(R"(spec.roles[a]: {"name":"a","x":1} -> )", "spec.roles[b].x: 1 -> 2"));
  EXPECT_THAT(Changes("{r: [{name: a}, {name: a}]}", "{r: [{name: a}]}"),
              ElementsAre(R"(spec.r: [{"name":"a"},{"name":"a"}] -> [{"name":"a"}])"));
}

TEST(Differences, LongValuesAreCutAndSaySo) {
  const std::string text(5000, 'x');
  const auto changes = Differences(Value("{a: " + text + "}"), Value("{a: 1}"));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].from.size(), api::kMaxFieldValue);
  EXPECT_THAT(changes[0].from, EndsWith("... (5000 bytes)"));
}

TEST(Summary, IsShort) {
  EXPECT_EQ(Summary(Differences(Value("{a: 1, b: 2}"), Value("{a: 2, c: 3}"))),
            "a 1 -> 2, b 2 -> none, c = 3");
  std::string before = "{", after = "{";
  for (int i = 100; i < 200; ++i) {
    before += "field" + std::to_string(i) + ": 1, ";
    after += "field" + std::to_string(i) + ": 2, ";
  }
  const std::string summary = Summary(Differences(Value(before + "}"), Value(after + "}")));
  EXPECT_LE(summary.size(), 256u);
  EXPECT_THAT(summary, MatchesRegex("field100 1 -> 2, .*, and [0-9]+ more"));
  EXPECT_EQ(Summary({}), "nothing but what the defaults say");
}

TEST(CutText, CutsBeforeACharacter) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  const std::string cut = CutText("ää" + std::string(40, 'x'), 17);
  EXPECT_LE(cut.size(), 17u);
  EXPECT_EQ(cut, "ä... (44 bytes)");
}

RecordInput Update() {
  RecordInput out;
  Intent& intent = out.change.intent;
  intent.policy = {Kind::kRetryTimeoutPolicy, "shop", "web"};
  intent.uid = "705ab4f5-6393-11e8-b7cc-42010a800002";
  intent.generation = 3;
  intent.by = {.name = "ann", .groups = {"devs"}};
  intent.reason = "INC-7";
  intent.before = R"({"targetRefs":[{"group":"","kind":"Service","name":"web"}],"retries":{"attempts":2}})";
  intent.after =
      R"({"targetRefs":[{"group":"","kind":"Service","name":"web"}],"mode":"Default","retries":{"attempts":3}})";
  out.change.at = {1'795'000'000};
  out.ns = "fairlead-system";
  return out;
}

TEST(RecordOf, HasWhatWasAskedAndNoDefaults) {
  const api::PolicyChange record = RecordOf(Update());
  EXPECT_EQ(record.summary, "retries.attempts 2 -> 3");
  EXPECT_EQ(record.meta.ns, "shop");
  EXPECT_THAT(record.meta.name, MatchesRegex("rtp-web-[0-9a-f]{10}-3"));
  EXPECT_EQ(record.meta.labels.Get(kRecordPolicy), "web");
  EXPECT_EQ(record.reason, "INC-7");
  EXPECT_EQ(record.before["retries"]["attempts"], 2);
  EXPECT_EQ(record.after["mode"], "Default") << "the specs are as they were written";
  EXPECT_THAT(record.cut, IsEmpty());
}

TEST(RecordOf, OfWhatComesOrGoesSaysWhatItSets) {
  RecordInput input = Update();
  input.change.intent.before.clear();
  EXPECT_EQ(RecordOf(input).summary,
            R"(retries.attempts = 3, targetRefs = [{"group":"","kind":"Servi... (44 bytes))");
  std::swap(input.change.intent.before, input.change.intent.after);
  const api::PolicyChange gone = RecordOf(input);
  ASSERT_EQ(gone.changes.size(), 2u);
  EXPECT_EQ(gone.changes[0], (api::PolicyChange::Field{"spec.retries.attempts", "3", ""}));
}

TEST(RecordOf, AReasonCountsOnce) {
  RecordInput input = Update();
  input.last_reason = "INC-7";
  EXPECT_EQ(RecordOf(input).reason, "");
  input.last_reason = "INC-6";
  EXPECT_EQ(RecordOf(input).reason, "INC-7");
}

TEST(RecordOf, ReadsBackWhole) {
  RecordInput input = Update();
  input.change.also_asked = {"bob"};
  input.change.intent.break_glass = "fire";
  input.change.intent.through = "kubectl-edit";
  input.change.intent.request = "r-1";
  input.change.intent.by.more_groups = 3;
  input.before = api::PolicyChange::Services{.count = 1, .names = {"shop/web"}};
  input.after = api::PolicyChange::Services{};
  const Json::Value json = api::ToJson(RecordOf(input));
  const auto document = JsonDocument::Parse(WriteJson(json));
  const Result<api::PolicyChange> read = api::ParsePolicyChange(document->root());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(WriteJson(api::ToJson(*read)), WriteJson(json));
  EXPECT_FALSE(api::ParsePolicyChange(JsonDocument::Parse("[]")->root()));
  EXPECT_FALSE(api::ParsePolicyChange(JsonDocument::Parse(R"({"spec":{}})")->root()));
}

TEST(RecordOf, OfADeletionKeepsLabelsAndAnnotations) {
  const auto object = JsonDocument::Parse(
      R"({"metadata":{"name":"web","uid":"u","labels":{"team":"shop"},"annotations":{"note":"n",)"
      R"("kubectl.kubernetes.io/last-applied-configuration":"{}","fairlead.dev/reason":"INC-7",)"
      R"("fairlead.dev/break-glass":"fire"}}})");
  RecordInput input = Update();
  input.change.intent.operation = api::PolicyChange::Operation::kDelete;
  input.change.intent.metadata = KeptMetadata(object->root());
  const Json::Value json = api::ToJson(RecordOf(input));
  EXPECT_EQ(WriteJson(json["spec"]["metadata"]), R"({"annotations":{"note":"n"},"labels":{"team":"shop"}})");
  const auto read = api::ParsePolicyChange(JsonDocument::Parse(WriteJson(json))->root());
  EXPECT_EQ(read->metadata, json["spec"]["metadata"]);

  ObjectMeta meta;
  EXPECT_EQ(KeptMetadata(meta), "");
  meta.labels = {{"team", "shop"}};
  meta.annotations = {{"fairlead.dev/reason", "INC-7"}};
  EXPECT_EQ(KeptMetadata(meta), R"({"labels":{"team":"shop"}})");
}

TEST(AlsoAskedPatch, NamesWhoIsNotNamedYet) {
  api::PolicyChange record = RecordOf(Update());
  KnownChange here = Update().change;
  EXPECT_EQ(AlsoAskedPatch(record, here), std::nullopt) << "it is the one that was written here";
  here.intent.by.name = "bob";
  here.also_asked = {"ann", "cat"};
  const auto patch = AlsoAskedPatch(record, here);
  ASSERT_TRUE(patch);
  EXPECT_EQ(WriteJson(*patch),
            R"({"metadata":{"annotations":{"fairlead.dev/also-asked":"[\"bob\",\"cat\"]"}}})");

  record.meta.annotations.Set(api::kAlsoAskedAnnotation, R"(["bob","cat"])");
  const std::string text = WriteJson(api::ToJson(record));
  const auto read = api::ParsePolicyChange(JsonDocument::Parse(text)->root());
  ASSERT_TRUE(read);
  EXPECT_THAT(read->also_asked, ElementsAre("bob", "cat"));
  EXPECT_EQ(AlsoAskedPatch(*read, here), std::nullopt);
  record.also_asked = std::vector<std::string>(api::kMaxAlsoAsked, "x");
  EXPECT_EQ(AlsoAskedPatch(record, here), std::nullopt) << "there is no room";
}

TEST(RecordOf, ATooLargeOneSaysWhatIsLeftOut) {
  RecordInput input = Update();
  input.change.intent.before = R"({"a":")" + std::string(900'000, 'x') + "\"}";
  input.change.intent.after = R"({"a":")" + std::string(900'000, 'y') + "\"}";
  api::PolicyChange record = RecordOf(input);
  EXPECT_THAT(record.cut, ElementsAre("before"));
  EXPECT_TRUE(record.before.isNull());
  EXPECT_FALSE(record.after.isNull());
  EXPECT_LE(WriteJson(ToJson(record)).size(), kMaxRecordBytes);
  input.change.intent.after = R"({"a":")" + std::string(1'900'000, 'y') + "\"}";
  record = RecordOf(input);
  EXPECT_THAT(record.cut, ElementsAre("before", "after"));
  EXPECT_LE(WriteJson(ToJson(record)).size(), kMaxRecordBytes);
}

TEST(RecordNameOf, IsAlwaysAName) {
  for (const std::string& name : {std::string("web"), std::string(253, 'a'), std::string(199, 'a') + ".b",
                                  std::string(198, 'a') + "-.b", std::string("a.b.c")}) {
    for (const int64_t generation : {0L, 1L, 1'000'000'000L}) {
      const std::string record = RecordNameOf({Kind::kWorkspace, "", name}, "uid", generation);
      EXPECT_EQ(CheckDnsSubdomain(record), "") << record;
    }
  }
  const ObjectKey key{Kind::kFailoverPolicy, "shop", "web"};
  EXPECT_EQ(RecordNameOf(key, "u", 5), RecordNameOf(key, "u", 5));
  EXPECT_NE(RecordNameOf(key, "u", 5), RecordNameOf(key, "v", 5));
  EXPECT_NE(RecordNameOf(key, "u", 5), RecordNameOf({Kind::kFailoverPolicy, "pay", "web"}, "u", 5));
  EXPECT_THAT(RecordNameOf(key, "u", 0), EndsWith("-deleted"));
}

// Policies of a namespace; times count up with the generation.
RecordEntry Entry(const std::string& policy, int64_t generation) {
  return {.policy = {Kind::kRetryTimeoutPolicy, "shop", policy},
          .uid = policy + "-uid",
          .generation = generation,
          .own_uid = policy + std::to_string(generation),
          .created = {1000 + generation}};
}

std::vector<std::string> Uids(const std::set<Surplus>& surplus) {
  std::vector<std::string> out;
  for (const Surplus& s : surplus) out.push_back(s.uid);
  return out;
}

TEST(RecordIndex, ReadsWhatRecordOfWrites) {
  RecordInput input = Update();
  for (const std::string& name : {std::string("web"), std::string(100, 'n')}) {
    input.change.intent.policy.name = name;
    api::PolicyChange record = RecordOf(input);
    record.meta.uid = "own";
    record.meta.resource_version = "77";
    record.meta.created = {1'795'000'001};
    NamespacedName at;
    const auto document = JsonDocument::Parse(WriteJson(ToJson(record)));
    const auto entry = ReadRecordEntry(document->root(), &at);
    ASSERT_TRUE(entry);
    EXPECT_EQ(at, record.meta.nn());
    EXPECT_EQ(*entry, (RecordEntry{.policy = input.change.intent.policy,
                                   .uid = input.change.intent.uid,
                                   .generation = 3,
                                   .reason = "INC-7",
                                   .own_uid = "own",
                                   .created = {1'795'000'001},
                                   .version = 77}));
  }
  NamespacedName at;
  EXPECT_FALSE(ReadRecordEntry(JsonDocument::Parse(R"({"metadata":{"name":"x"}})")->root(), &at));
}

TEST(RecordIndex, TheOldestAreTooManyByEachLimit) {
  RecordIndex index;
  for (int64_t g = 1; g <= 4; ++g) {
    index.Put({"shop", "a" + std::to_string(g)}, Entry("a", g));
    index.Put({"shop", "b" + std::to_string(g)}, Entry("b", 10 + g));
  }
  const ObjectKey a{Kind::kRetryTimeoutPolicy, "shop", "a"};
  EXPECT_THAT(Uids(index.SurplusAt(a, "shop", {.per_policy = 3})), ElementsAre("a1"));
  EXPECT_THAT(Uids(index.SurplusOfAll({.per_policy = 3})), ElementsAre("a1", "b11"));
  EXPECT_THAT(Uids(index.SurplusOfAll({.per_policy = 9, .per_namespace = 6})), ElementsAre("a1", "a2"));
  EXPECT_THAT(Uids(index.SurplusOfAll({.per_policy = 9, .in_all = 7})), ElementsAre("a1"));
  EXPECT_EQ(index.Newest(a)->generation, 4);
  index.Erase({"shop", "a4"});
  EXPECT_EQ(index.Newest(a)->generation, 3);
  EXPECT_EQ(index.NewestName(a), (NamespacedName{"shop", "a3"}));
  for (int64_t g = 1; g <= 3; ++g) index.Erase({"shop", "a" + std::to_string(g)});
  EXPECT_EQ(index.Newest(a), nullptr);
  EXPECT_EQ(index.size(), 4u);
  EXPECT_THAT(index.policies(), ElementsAre(ObjectKey{Kind::kRetryTimeoutPolicy, "shop", "b"}));
}

TEST(RecordIndex, KnowsSinceWhenNothingIsMissing) {
  RecordIndex index;
  EXPECT_EQ(index.KeptSince("shop", {}), std::nullopt);
  index.Put({"pay", "p"}, Entry("p", 1));
  for (int64_t g = 5; g <= 8; ++g) index.Put({"shop", "a" + std::to_string(g)}, Entry("a", g));
  EXPECT_EQ(index.KeptSince("shop", {})->seconds, 1001);
  EXPECT_EQ(index.KeptSince("shop", {.per_namespace = 4})->seconds, 1006)
      << "older ones may have been removed";
  EXPECT_EQ(index.KeptSince("new", {.per_namespace = 4})->seconds, 1001);
}

}  // namespace
}  // namespace fairlead::reconcilers
