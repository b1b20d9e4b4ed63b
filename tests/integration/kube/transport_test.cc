// The transport on a real API server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/kube/cpprest_transport.h"
#include "tests/integration/kube/shared_cluster.h"
#include "tests/support/apiserver/server.h"

namespace fairlead::kube {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::RealCluster;
using ::testing::StartsWith;
using testing::TempDir;
using testing::WriteFile;

class Transport : public testing::SharedCluster {
 protected:
  static std::unique_ptr<HttpTransport> ForToken(const std::string& token) {
    return Make(*ParseKubeconfig({{"kubeconfig", cluster().KubeconfigForToken(token)}}));
  }
};

// The next event that is not a time-out.
StreamEvent Await(HttpStream& stream) { return stream.Next(Clock::System().Now() + seconds(30), {}); }

TEST_F(Transport, ReadsByClientCertificateAndByToken) {
  for (HttpTransport* transport : {MakeAdmin().release(), ForToken("admin").release()}) {
    const std::unique_ptr<HttpTransport> owner(transport);
    const Result<HttpResponse> response = transport->Call({.path = "/api/v1/namespaces/default"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->headers.Get("content-type"), "application/json");
    EXPECT_NE(response->body.find("\"name\":\"default\""), std::string::npos);
  }
}

TEST_F(Transport, RefusalsAreReplies) {
  EXPECT_EQ(ForToken("guest")->Call({.path = "/api/v1/secrets"})->status, 403);
  EXPECT_EQ(ForToken("unknown")->Call({.path = "/api/v1/secrets"})->status, 401);
  EXPECT_EQ(MakeAdmin()->Call({.path = "/apis/nothing.example/v1/things"})->status, 404);
}

TEST_F(Transport, AServerOfAnotherAuthorityIsNotBelieved) {
  ClusterConfig config = AdminConfig();
  config.ca_file.clear();
  config.ca_pem = testing::TestCa("another").certificate_pem();
  const Result<HttpResponse> response = Make(config)->Call({.path = "/version"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message,
            "GET /version: Error in SSL handshake: the server's certificate is not believed: "
            "unable to get local issuer certificate; certificate-authority must name who issued it");
  config.ca_pem.clear();  // the system's authorities do not know it either
  EXPECT_FALSE(Make(config)->Call({.path = "/version"}));
}

TEST_F(Transport, TheTlsServerNameIsWhatIsChecked) {
  ClusterConfig config = AdminConfig();
  config.tls_server_name = "kubernetes.default.svc";
  EXPECT_TRUE(Make(config)->Call({.path = "/version"}));
  config.tls_server_name = "other.example";
  const Result<HttpResponse> other = Make(config)->Call({.path = "/version"});
  ASSERT_FALSE(other);
  EXPECT_THAT(
      other.error().message,
      AllOf(StartsWith("GET /version: Error in SSL handshake: the server's certificate is not for the "
                       "host of the URL, or tls-server-name where that is set, but for "),
            HasSubstr("kubernetes.default.svc"), HasSubstr("127.0.0.1")));
}

TEST_F(Transport, AServerWithoutTlsIsNamedAsThat) {
  auto plain = apiserver::ApiServer::Start();
  ASSERT_TRUE(plain) << plain.error().message;
  ClusterConfig config = AdminConfig();
  config.server = "https://127.0.0.1:" + std::to_string((*plain)->port());
  const Result<HttpResponse> response = Make(config)->Call({.path = "/version"});
  ASSERT_FALSE(response);
  EXPECT_EQ(
      response.error().message,
      "GET /version: Error in SSL handshake: the server ended the connection; it may not speak TLS there");
}

TEST_F(Transport, ATokenFileIsReadAgainWhenItWasRefused) {
  TempDir dir;
  WriteFile(dir / "token", "expired");
  ClusterConfig config = *ParseKubeconfig({{"kubeconfig", cluster().KubeconfigForToken("x")}});
  config.token_file = dir / "token";
  const std::unique_ptr<HttpTransport> transport = Make(config);
  EXPECT_EQ(transport->Call({.path = "/api/v1/namespaces"})->status, 401);
  WriteFile(dir / "token", "admin");
  EXPECT_EQ(transport->Call({.path = "/api/v1/namespaces"})->status, 200);
}

TEST_F(Transport, AWatchDeliversEachEventAtOnce) {
  const std::unique_ptr<HttpTransport> transport = MakeAdmin();
  auto stream = transport->Open(
      {.path = "/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name%3Dat-once",
       .streaming = true});
  ASSERT_TRUE(stream);
  const StreamEvent headers = Await(**stream);
  EXPECT_EQ(headers.type, StreamEvent::Type::kHeaders);
  EXPECT_EQ(headers.status, 200);
  for (const char* method : {"POST", "PUT"}) {
    const std::string path = "/api/v1/namespaces/default/configmaps";
    const HttpRequest write{
        .method = method,
        .path = method == std::string("PUT") ? path + "/at-once" : path,
        .content_type = "application/json",
        .body = R"({"metadata":{"name":"at-once","labels":{"m":")" + std::string(method) + R"("}}})"};
    const Result<HttpResponse> written = transport->Call(write);
    ASSERT_TRUE(written);
    EXPECT_LT(written->status, 300) << written->body;
    const StreamEvent event = Await(**stream);
    EXPECT_EQ(event.type, StreamEvent::Type::kChunk);
    EXPECT_NE(event.bytes.find(method), std::string::npos) << event.bytes;
  }
  EXPECT_EQ((*stream)->Next(Clock::System().Now(), {}).type, StreamEvent::Type::kTimeout);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ((*stream)->Next(Clock::System().Now() + seconds(30), stop.get_token()).type,
            StreamEvent::Type::kStopped);
}

TEST_F(Transport, AnEndedWatchSaysSo) {
  auto stream = MakeAdmin();
  auto watch = stream->Open(
      {.path = "/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=1", .streaming = true});
  EXPECT_EQ(Await(**watch).type, StreamEvent::Type::kHeaders);
  StreamEvent event = Await(**watch);
  while (event.type == StreamEvent::Type::kChunk) event = Await(**watch);
  EXPECT_EQ(event.type, StreamEvent::Type::kEnd);
  EXPECT_TRUE(event.error) << event.error.error().message;
}

TEST_F(Transport, AReplyIsBounded) {
  const Result<HttpResponse> response =
      MakeAdmin()->Call({.path = "/openapi/v2", .max_response_bytes = 10000});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "the reply to GET /openapi/v2 is larger than 10000 bytes");
}

TEST_F(Transport, ALargeReplyComesWhole) {
  const Result<HttpResponse> response = MakeAdmin()->Call({.path = "/openapi/v2"});
  ASSERT_TRUE(response);
  EXPECT_GT(response->body.size(), 1u << 20);
  EXPECT_EQ(response->body.back() == '\n' ? response->body[response->body.size() - 2] : response->body.back(),
            '}');
}

TEST_F(Transport, ASilentServerEndsTheCallAtItsDeadline) {
  const std::unique_ptr<HttpTransport> transport = MakeAdmin();
  ASSERT_TRUE(transport->Call({.path = "/version"}));
  cluster().PauseApiServer();
  const Result<HttpResponse> response =
      transport->Call({.path = "/version", .timeout = std::chrono::milliseconds(300)});
  cluster().ResumeApiServer();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "GET /version: no reply within 300 ms");
  EXPECT_TRUE(transport->Call({.path = "/version"}));
}

TEST_F(Transport, ADeadConnectionIsReplacedByANewOne) {
  const std::unique_ptr<HttpTransport> transport = MakeAdmin();
  ASSERT_TRUE(transport->Call({.path = "/version"}));
  cluster().KillApiServer();
  const Result<HttpResponse> refused = transport->Call({.path = "/version"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error_class, ErrorClass::kTransient);
  ASSERT_TRUE(cluster().StartApiServer());
  EXPECT_TRUE(transport->Call({.path = "/version"}));
}

}  // namespace
}  // namespace fairlead::kube
