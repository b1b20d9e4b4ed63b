// What only sockets show.
#include "tests/support/apiserver/server.h"

#include <gtest/gtest.h>

#include "tests/support/certificates.h"
#include "tests/support/kube/http_call.h"
#include "tests/support/process.h"

namespace fairlead::apiserver {
namespace {

constexpr char kMaps[] = "/api/v1/namespaces/default/configmaps";

class Server : public ::testing::Test {
 protected:
  Server() : server(ApiServer::Start().value()) {}
  testing::HttpReply Call(const std::string& method, const std::string& path, const std::string& body = "") {
    testing::HttpCallOptions o;
    o.port = server->port();
    o.method = method;
    o.path = path;
    o.body = body;
    o.timeout_seconds = 2;
    return testing::HttpCall(o);
  }
  std::unique_ptr<ApiServer> server;
};

TEST_F(Server, ServesAndSurvivesItsFaults) {
  EXPECT_EQ(Call("POST", kMaps, R"({"metadata":{"name":"a"}})").status, 201);
  server->faults().Add({.verb = "get", .kind = FaultKind::kDropBeforeHeaders});
  EXPECT_EQ(Call("GET", std::string(kMaps) + "/a").status, 0);
  server->faults().Add({.verb = "get", .kind = FaultKind::kStall});
  EXPECT_EQ(Call("GET", std::string(kMaps) + "/a").status, 0);
  server->DropConnections();
  EXPECT_EQ(Call("GET", std::string(kMaps) + "/a").status, 200);
}

TEST_F(Server, WatchEndsAtItsTimeout) {
  Call("POST", kMaps, R"({"metadata":{"name":"a"}})");
  const testing::HttpReply reply = Call("GET", std::string(kMaps) + "?watch=1&timeoutSeconds=1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find("\"ADDED\""), std::string::npos);
}

TEST_F(Server, TooLargeIsRefused) {
  EXPECT_EQ(Call("POST", kMaps, std::string((3u << 20) + 5000, ' ')).status, 413);
}

TEST_F(Server, StopsTwice) {
  server->Stop();
  server->Stop();
  EXPECT_EQ(Call("GET", "/healthz").status, 0);
}

TEST_F(Server, AppliesFiles) {
  testing::TempDir dir;
  testing::WriteFile(dir / "b.yaml",
                     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n---\n");
  testing::WriteFile(dir / "a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
  const Result<void> applied = server->ApplyFiles(dir.path());
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_TRUE(server->Read("v1", "ConfigMap", "shop", "a"));
  testing::WriteFile(dir / "c.yaml", "apiVersion: v9\nkind: Nothing\nmetadata: {name: a}\n");
  EXPECT_FALSE(server->ApplyFiles(dir / "c.yaml"));
}

TEST(TlsServer, Serves) {
  testing::TempDir dir;
  testing::TestCa ca("embedded");
  const testing::KeyPair pair =
      ca.Issue({.common_name = "apiserver", .dns = {"localhost"}, .ip = {"127.0.0.1"}});
  testing::WriteFile(dir / "tls.crt", pair.certificate_pem);
  testing::WriteFile(dir / "tls.key", pair.key_pem);
  testing::WriteFile(dir / "ca.crt", ca.certificate_pem());
  ServerOptions options;
  options.tls = {dir / "tls.crt", dir / "tls.key", dir / "ca.crt"};
  options.api.tokens["t"] = User();
  auto server = ApiServer::Start(options);
  ASSERT_TRUE(server) << server.error().message;
  testing::HttpCallOptions o;
  o.port = (*server)->port();
  o.ca_pem = ca.certificate_pem();
  o.path = kMaps;
  EXPECT_EQ(testing::HttpCall(o).status, 401);
  o.token = "t";
  EXPECT_EQ(testing::HttpCall(o).status, 200);
}

}  // namespace
}  // namespace fairlead::apiserver
