// Gives every case of tests/cases/crds to a real API server with our CRDs: its verdicts and those of Parse
// are the ones that the case says, both name the same fields, and what the server fills in is what Parse
// does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "tests/support/crds/cases.h"
#include "tests/support/crds/schema.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {
namespace {

constexpr Kind kKinds[] = {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspace,
                           Kind::kWorkspaceSettings, Kind::kDataPlane};

std::string Collection(Kind kind) {
  const KindInfo& info = InfoOf(kind);
  return "/apis/fairlead.dev/v1alpha1" + std::string(info.namespaced ? "/namespaces/shop/" : "/") +
         std::string(info.plural);
}

// The fields that a refusal names. Strict decoding tells them in its message only.
std::set<std::string> FieldsOf(const Json::Value& status) {
  std::set<std::string> out;
  for (const Json::Value& cause : status["details"]["causes"]) {
    const std::string field = cause["field"].asString();
    if (!field.empty() && field != "<nil>") out.insert(NormalPath(field));
  }
  const std::string message = status["message"].asString();
  // A "not" names its field in words only.
  if (const size_t end = message.find("\" must not validate the schema"); end != message.npos) {
    const size_t begin = message.rfind('"', end - 1) + 1;
    out.insert(NormalPath(message.substr(begin, end - begin)));
  }
  for (const std::string key : {"unknown field \"", "duplicate field \""}) {
    for (size_t at = message.find(key); at != message.npos; at = message.find(key, at)) {
      at += key.size();
      out.insert(NormalPath(message.substr(at, message.find('"', at) - at)));
    }
  }
  return out;
}

class CrdCasesOnApiServer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!RealCluster::Missing().empty()) return;
    auto cluster = RealCluster::Start();
    ASSERT_TRUE(cluster) << cluster.error().message;
    cluster_ = std::move(*cluster).release();
    for (const std::string& manifest : CrdManifests()) {
      const auto documents = ParseYaml(manifest);
      ASSERT_TRUE(documents);
      const HttpReply reply = cluster_->Call(
          "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", documents->front().json);
      ASSERT_EQ(reply.status, 201) << reply.body;
    }
    cluster_->Call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"shop"}})");
    AwaitServed();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }
  void SetUp() override {
    if (cluster_ == nullptr) GTEST_SKIP() << RealCluster::Missing();
  }

  // A CRD is served a moment after it is created; each try is a request to the server.
  static void AwaitServed() {
    for (Kind kind : kKinds) {
      int status = 0;
      for (int i = 0; i < 2000 && status != 200; ++i) status = cluster_->Call("GET", Collection(kind)).status;
      ASSERT_EQ(status, 200) << ToString(kind);
    }
  }

  static HttpReply Create(const CrdCase& c) {
    return cluster_->Call("POST", Collection(c.kind) + "?dryRun=All&fieldValidation=Strict&fieldManager=test",
                          c.json);
  }

  static RealCluster* cluster_;
};
RealCluster* CrdCasesOnApiServer::cluster_ = nullptr;

TEST_F(CrdCasesOnApiServer, HasStructuralSchemas) {
  for (Kind kind : kKinds) {
    const Json::Value crd =
        ParseJsonValue(cluster_
                           ->Call("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" +
                                             std::string(InfoOf(kind).plural) + ".fairlead.dev")
                           .body);
    for (const Json::Value& condition : crd["status"]["conditions"]) {
      EXPECT_NE(condition["type"].asString(), "NonStructuralSchema") << WriteJson(condition);
      if (condition["type"] == "NamesAccepted" || condition["type"] == "Established") {
        EXPECT_EQ(condition["status"].asString(), "True") << WriteJson(condition);
      }
    }
  }
}

TEST_F(CrdCasesOnApiServer, AgreesWithParse) {
  std::string problem;
  int count = 0;
  for (const CrdCase& c : LoadCrdCases(&problem)) {
    const HttpReply reply = Create(c);
    const Json::Value body = ParseJsonValue(reply.body);
    ++count;
    if (reply.ok() != c.apiserver_ok) {
      ADD_FAILURE() << c.Title() << "\nwanted " << (c.apiserver_ok ? "ok" : "error") << ", is "
                    << reply.status << "\n"
                    << c.json << "\n"
                    << body["message"].asString();
      continue;
    }
    if (reply.ok() || c.parse_ok) continue;
    EXPECT_TRUE(reply.status == 422 || reply.status == 400) << c.Title() << " " << reply.status;
    std::set<std::string> ours(c.server.begin(), c.server.end());
    for (const FieldError& error : ParseAndPrint(c.kind, c.json).errors) ours.insert(NormalPath(error.path));
    const std::set<std::string> theirs = FieldsOf(body);
    EXPECT_FALSE(theirs.empty()) << c.Title() << "\n" << body["message"].asString();
    for (const std::string& field : theirs) {
      EXPECT_TRUE(ours.contains(field))
          << c.Title() << "\nthe server says " << field << ": " << body["message"].asString()
          << "\nParse says " << ::testing::PrintToString(ours);
    }
  }
  EXPECT_EQ(problem, "");
  EXPECT_GE(count, 200);
}

TEST_F(CrdCasesOnApiServer, FillsInTheSameDefaults) {
  std::string problem;
  for (const CrdCase& c : LoadCrdCases(&problem)) {
    if (!c.parse_ok || !c.apiserver_ok) continue;
    const HttpReply reply = Create(c);
    ASSERT_TRUE(reply.ok()) << c.Title();
    const Json::Value stored = ParseJsonValue(reply.body);
    const Json::Value expected = ApplyDefaults(SchemaOf(c.kind), ParseJsonValue(c.json));
    EXPECT_EQ(WriteYaml(stored["spec"]), WriteYaml(expected["spec"])) << c.Title();
    const ParseOutcome plain = ParseAndPrint(c.kind, c.json);
    const ParseOutcome outcome = ParseAndPrint(c.kind, reply.body);
    ASSERT_TRUE(outcome.ok) << c.Title() << Join(outcome.errors);
    EXPECT_EQ(WriteYaml(outcome.canonical["spec"]), WriteYaml(plain.canonical["spec"])) << c.Title();
  }
}

// methods has no type in the schema; an apply must be able to change a list to a text and back. What kubectl
// makes of `on` and `Off` without quotes is applied too.
TEST_F(CrdCasesOnApiServer, AppliesWhatHasNoTypeInTheSchema) {
  const auto apply = [](const std::string& path, const std::string& yaml) {
    const auto documents = ParseYaml(yaml);
    if (!documents) return HttpReply{.status = 0, .headers = "", .body = documents.error().message};
    return cluster_->Call("PATCH", path + "?fieldManager=test&force=true&fieldValidation=Strict",
                          documents->front().json, "application/apply-patch+yaml");
  };
  for (const char* methods : {"All", "[GET, PUT]", "Idempotent", "[GET]"}) {
    const HttpReply reply = apply(
        Collection(Kind::kRetryTimeoutPolicy) + "/applied",
        std::string(
            "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: applied}, spec: "
            "{targetRefs: [{kind: Service, name: a}], retries: {on: [Reset], methods: ") +
            methods + "}}}");
    ASSERT_TRUE(reply.ok()) << methods << ": " << reply.body;
    const ParseOutcome outcome = ParseAndPrint(Kind::kRetryTimeoutPolicy, reply.body);
    ASSERT_TRUE(outcome.ok) << Join(outcome.errors);
    EXPECT_EQ(outcome.canonical["spec"]["retries"]["on"][0].asString(), "Reset");
    EXPECT_EQ(outcome.canonical["spec"]["retries"]["methods"].isArray(), methods[0] == '[');
  }
  for (const char* isolation : {"Off", "Audit", "'Off'"}) {
    const HttpReply reply =
        apply(Collection(Kind::kWorkspace) + "/applied",
              std::string("{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: applied}, "
                          "spec: {namespaces: [{names: [a]}], isolation: ") +
                  isolation + "}}");
    ASSERT_TRUE(reply.ok()) << isolation << ": " << reply.body;
    EXPECT_TRUE(ParseAndPrint(Kind::kWorkspace, reply.body).ok);
  }
}

}  // namespace
}  // namespace fairlead::testing
