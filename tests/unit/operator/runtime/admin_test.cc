// The operator's own pages, over a real socket on loopback.
#include "operator/runtime/admin.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "operator/runtime/signals.h"
#include "tests/support/kube/http_call.h"

namespace fairlead::runtime {
namespace {

using testing::HttpCall;
using testing::HttpReply;

class AdminTest : public ::testing::Test {
 protected:
  void Serve() {
    Result<int> started = server.Start("127.0.0.1:0");
    ASSERT_TRUE(started) << started.error().message;
    port = *started;
  }
  HttpReply Get(const std::string& path) const { return HttpCall({.port = port, .path = path}); }
  // A connection that sends these bytes; what comes back until the server closes or falls silent.
  std::string Raw(const std::string& bytes) const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_GT(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
    shutdown(fd, SHUT_WR);
    std::string out;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;)
      out.append(buffer, static_cast<size_t>(n));
    close(fd);
    return out;
  }
  HttpServer server;
  int port = 0;
};

TEST_F(AdminTest, ReadyzSaysWhatIsPending) {
  Readiness readiness;
  ServeHealth(&server, &readiness);
  Serve();
  Readiness::Token a = readiness.Wait("list of Pods");
  Readiness::Token b = readiness.Wait("list of HTTPRoutes");
  b.Explain("forbidden");
  EXPECT_EQ(Get("/healthz").body, "ok\n");
  HttpReply reply = Get("/readyz?verbose");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "not ready, waiting for:\n- list of HTTPRoutes: forbidden\n- list of Pods\n");
  a.Done();
  { Readiness::Token dropped = std::move(b); }
  reply = Get("/readyz");
  EXPECT_EQ(reply.status, 200);
}

TEST_F(AdminTest, MetricsAreText) {
  Metrics metrics;
  Counter pods = metrics.AddCounter("fairlead_lists_total", "Lists begun.", {{"kind", "Pod"}});
  Counter nodes = metrics.AddCounter("fairlead_lists_total", "Lists begun.", {{"kind", "Node"}});
  pods.Add(2);
  nodes.Add();
  ServeMetrics(&server, &metrics);
  Serve();
  const HttpReply reply = Get("/metrics");
  EXPECT_NE(reply.headers.find("text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(reply.body.find("# HELP fairlead_lists_total Lists begun.\n# TYPE fairlead_lists_total counter\n"
                            "fairlead_lists_total{kind=\"Node\"} 1\nfairlead_lists_total{kind=\"Pod\"} 2\n"),
            std::string::npos)
      << reply.body;
  EXPECT_NE(reply.body.find("process_resident_memory_bytes "), std::string::npos);
}

TEST_F(AdminTest, TheDumpHasPartsByName) {
  DebugDump dump;
  dump.Add("watches", [] { return Json::Value("w"); });
  dump.Add("queue", [] { return Json::Value(3); });
  ServeDump(&server, &dump);
  Serve();
  EXPECT_EQ(Get("/debug/dump").body, "{\n  \"queue\": 3,\n  \"watches\": \"w\"\n}\n");
  EXPECT_EQ(Get("/debug/dump?part=queue").body, "3\n");
  EXPECT_EQ(Get("/debug/dump?part=other").status, 404);
}

TEST_F(AdminTest, BadRequestsAreTurnedAway) {
  server.Handle("/throws", [](const ServerRequest&) -> ServerReply { throw std::runtime_error("broken"); });
  Serve();
  EXPECT_EQ(Get("/nothing").status, 404);
  EXPECT_EQ(Get("/throws").status, 500);
  EXPECT_EQ(HttpCall({.port = port, .method = "POST", .path = "/throws", .body = "{}"}).status, 405);
  EXPECT_EQ(Raw("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"), "");
  EXPECT_EQ(Raw("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"), "");
  EXPECT_EQ(Raw(std::string(1000, '\0')), "");
  EXPECT_EQ(Get("/nothing").status, 404);
}

TEST_F(AdminTest, MoreConnectionsThanAllowedWaitTheirTurn) {
  HttpServer small({.max_connections = 1});
  small.Handle("/", [](const ServerRequest&) { return ServerReply{.body = "ok"}; });
  port = *small.Start("127.0.0.1:0");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Get("/").body, "ok");
}

TEST_F(AdminTest, AddressesAreChecked) {
  for (const char* wrong : {"", "8080", "host.example:80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999"}) {
    HttpServer other;
    EXPECT_FALSE(other.Start(wrong)) << wrong;
  }
  Serve();
  HttpServer other;
  const Result<int> taken = other.Start("127.0.0.1:" + std::to_string(port));
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("Address already in use"), std::string::npos) << taken.error().message;
}

TEST(SignalsTest, ASignalOrAStopEndsTheWait) {
  Signals signals;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(signals.Wait(stop.get_token()), 0);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.Wait({}), SIGTERM);
}

}  // namespace
}  // namespace fairlead::runtime
