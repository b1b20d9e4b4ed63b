// One suite of requests, answered by a real kube-apiserver (integration) and by the embedded one: both must
// say what the goldens say. FAIRLEAD_CONTRACT_RECORD=1 rewrites the goldens from the real server.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/contract/runner.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::contract {
namespace {

std::string ReadGolden(const std::string& stem) {
  std::ifstream in(CasePath(stem, ".golden"), std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class EmbeddedContract : public ::testing::TestWithParam<std::string> {};

TEST_P(EmbeddedContract, SaysWhatTheRealServerSays) {
  apiserver::ServerOptions options;
  options.api.openapi_dir = apiserver::DefaultOpenapiDir();
  if (options.api.openapi_dir.empty()) GTEST_SKIP() << "no OpenAPI documents: run tools/setup";
  auto server = apiserver::ApiServer::Start(options);
  ASSERT_TRUE(server) << server.error().message;
  const Caller call = [&](testing::HttpCallOptions o) {
    o.port = (*server)->port();
    return testing::HttpCall(o);
  };
  Prepare(call);
  const std::string golden = ReadGolden(GetParam());
  for (const Case& c : LoadCases(CasePath(GetParam(), ".case"))) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Transcript(c, call), GoldenOf(golden, c.name));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, EmbeddedContract, ::testing::ValuesIn(CaseFiles()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(RealContract, SaysWhatTheGoldensSay) {
  if (const std::string why = testing::RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
  auto cluster = testing::RealCluster::Start();
  ASSERT_TRUE(cluster) << cluster.error().message;
  const Caller call = [&](testing::HttpCallOptions o) {
    o.port = (*cluster)->port();
    o.ca_pem = (*cluster)->ca_pem();
    o.token = "admin";
    return testing::HttpCall(o);
  };
  Prepare(call);
  const bool record = std::getenv("FAIRLEAD_CONTRACT_RECORD") != nullptr;
  ASSERT_FALSE(record && std::getenv("CI") != nullptr) << "goldens are not rewritten in CI";
  for (const std::string& stem : CaseFiles()) {
    const std::string golden = ReadGolden(stem);
    std::string recorded;
    for (const Case& c : LoadCases(CasePath(stem, ".case"))) {
      SCOPED_TRACE(stem + ": " + c.name);
      const std::string transcript = Transcript(c, call);
      recorded += transcript;
      if (!record) {
        EXPECT_EQ(transcript, GoldenOf(golden, c.name));
      }
    }
    if (record) std::ofstream(CasePath(stem, ".golden"), std::ios::binary) << recorded;
  }
}

}  // namespace
}  // namespace fairlead::contract
