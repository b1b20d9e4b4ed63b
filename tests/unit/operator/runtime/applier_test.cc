#include "operator/runtime/applier.h"

#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "operator/runtime/json_merge.h"
#include "tests/support/fake_clock.h"
#include "tests/support/kube/fake_transport.h"

namespace fairlead::runtime {
namespace {

using testing::FakeClock;
using testing::FakeTransport;

Json::Value Json(const std::string& text) { return ToJsonValue(JsonDocument::Parse(text)->root()); }

const kube::ObjectName kName{{"", "v1", "configmaps"}, "shop", "generated"};

Json::Value Desired(const std::string& data) {
  return Json(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"generated"},"data":)" + data +
              "}");
}

// An API server that keeps what is applied, with a default of its own.
class ApplierTest : public ::testing::Test {
 protected:
  Result<kube::HttpResponse> Answer(const kube::HttpRequest& request) {
    Json::Value object = Json(request.body);
    object["metadata"]["resourceVersion"] = std::to_string(++version);
    object["immutable"] = false;
    if (mangles) object["data"]["a"] = "mangled";
    live = WriteJson(object);
    return FakeTransport::Json(200, live);
  }
  WriteResult Apply(const std::string& data) {
    Result<WriteResult> result = applier.Apply(kName, Desired(data), live);
    EXPECT_TRUE(result) << result.error().message;
    return *result;
  }

  int version = 0;
  bool mangles = false;
  std::string live;
  FakeTransport transport{[this](const kube::HttpRequest& r) { return Answer(r); }};
  kube::Client client{&transport};
  Applier applier{&client, "fairlead/test"};
};

TEST_F(ApplierTest, WritesOnceAndThenOnlyWhatChanged) {
  EXPECT_EQ(Apply(R"({"a":"1"})"), WriteResult::kWritten);
  EXPECT_EQ(Apply(R"({"a":"1"})"), WriteResult::kUnchanged);
  EXPECT_EQ(Apply(R"({"a":"2"})"), WriteResult::kWritten);
  ASSERT_EQ(transport.requests().size(), 2u);
  const kube::HttpRequest first = transport.requests()[0];
  EXPECT_EQ(first.method, "PATCH");
  EXPECT_EQ(first.path,
            "/api/v1/namespaces/shop/configmaps/"
            "generated?fieldManager=fairlead%2Ftest&fieldValidation=Strict&force=true");
  EXPECT_EQ(first.content_type, "application/apply-patch+yaml");
  EXPECT_EQ(Json(transport.requests()[1].body)["metadata"]["resourceVersion"], "1");
}

TEST_F(ApplierTest, ARestartWritesNothingThatIsThere) {
  Apply(R"({"a":"1"})");
  Applier restarted(&client, "fairlead/test");
  EXPECT_EQ(*restarted.Apply(kName, Desired(R"({"a":"1"})"), live), WriteResult::kUnchanged);
}

TEST_F(ApplierTest, AFieldThatWeNoLongerWantIsTakenBack) {
  Apply(R"({"a":"1","b":"2"})");
  EXPECT_EQ(Apply(R"({"a":"1"})"), WriteResult::kWritten);
}

TEST_F(ApplierTest, WhatOthersChangedIsPutRight) {
  Apply(R"({"a":"1"})");
  Json::Value changed = Json(live);
  changed["data"]["a"] = "other";
  changed["data"]["theirs"] = "kept";
  live = WriteJson(changed);
  EXPECT_EQ(Apply(R"({"a":"1"})"), WriteResult::kWritten);
}

TEST_F(ApplierTest, WhatTheServerInsistsOnIsNotFought) {
  mangles = true;
  EXPECT_EQ(Apply(R"({"a":"1"})"), WriteResult::kWritten);
  EXPECT_EQ(Apply(R"({"a":"1"})"), WriteResult::kUnchanged);
}

class StatusTest : public ::testing::Test {
 protected:
  WriteResult Write(const std::string& live, const std::string& desired) {
    Result<WriteResult> result = writer.Write(kName, "41", Json(live), Json(desired));
    EXPECT_TRUE(result) << result.error().message;
    return *result;
  }
  FakeClock clock;  // 2027-01-15T08:00:00Z
  FakeTransport transport{[](const kube::HttpRequest&) { return FakeTransport::Json(200, "{}"); }};
  kube::Client client{&transport};
  StatusWriter writer{&client, "fairlead/status", &clock};
};

constexpr char kLive[] =
    R"({"ancestors":[{"ancestorRef":{"name":"gw"},"conditions":[
        {"type":"Accepted","status":"True","reason":"Accepted","lastTransitionTime":"2026-01-01T00:00:00Z"}]}]})";

TEST_F(StatusTest, WhatDiffersInTimeOnlyIsNotWritten) {
  EXPECT_EQ(Write(kLive, R"({"ancestors":[{"ancestorRef":{"name":"gw"},"conditions":[
                             {"type":"Accepted","status":"True","reason":"Accepted"}]}]})"),
            WriteResult::kUnchanged);
  EXPECT_TRUE(transport.requests().empty());
}

TEST_F(StatusTest, TheTimeChangesWithTheStatusOnly) {
  EXPECT_EQ(Write(kLive, R"({"ancestors":[{"ancestorRef":{"name":"gw"},"conditions":[
                             {"type":"Accepted","status":"True","reason":"Merged"},
                             {"type":"Programmed","status":"False","reason":"Waiting"}]}]})"),
            WriteResult::kWritten);
  ASSERT_EQ(transport.requests().size(), 1u);
  const kube::HttpRequest request = transport.requests().front();
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.path,
            "/api/v1/namespaces/shop/configmaps/generated/"
            "status?fieldManager=fairlead%2Fstatus&fieldValidation=Strict");
  const Json::Value patch = Json(request.body);
  EXPECT_EQ(patch["metadata"]["resourceVersion"], "41");
  const Json::Value& conditions = patch["status"]["ancestors"][0]["conditions"];
  EXPECT_EQ(conditions[0]["lastTransitionTime"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(conditions[1]["lastTransitionTime"], "2027-01-15T08:00:00Z");
}

TEST_F(StatusTest, AFieldThatIsGoneIsRemoved) {
  EXPECT_EQ(Write(R"({"phase":"Old","count":1})", R"({"count":1})"), WriteResult::kWritten);
  EXPECT_EQ(transport.requests().front().body,
            R"({"metadata":{"resourceVersion":"41"},"status":{"phase":null}})");
}

TEST(Merge, CoversIgnoresWhatWasNotAskedFor) {
  EXPECT_TRUE(Covers(Json(R"({"a":{"b":1,"c":2},"l":[{"x":1,"d":"default"}]})"),
                     Json(R"({"a":{"b":1.0},"l":[{"x":1}]})")));
  EXPECT_FALSE(Covers(Json(R"({"a":{"b":1}})"), Json(R"({"a":{"b":2}})")));
  EXPECT_FALSE(Covers(Json(R"({"l":[1,2]})"), Json(R"({"l":[1]})")));
  EXPECT_FALSE(Covers(Json(R"({})"), Json(R"({"a":{}})")));
}

TEST(Owner, IsAControllerReferenceAndALabel) {
  Json::Value object;
  SetOwner({"fairlead.dev/v1alpha1", "DataPlane", "mesh", "uid-1", true}, &object);
  EXPECT_EQ(
      WriteJson(object),
      R"({"metadata":{"labels":{"app.kubernetes.io/managed-by":"fairlead"},"ownerReferences":[)"
      R"({"apiVersion":"fairlead.dev/v1alpha1","blockOwnerDeletion":true,"controller":true,"kind":"DataPlane",)"
      R"("name":"mesh","uid":"uid-1"}]}})");
}

}  // namespace
}  // namespace fairlead::runtime
