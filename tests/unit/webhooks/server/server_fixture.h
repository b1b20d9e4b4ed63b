// A webhook server with certificates of the test's own, and requests to it.
#pragma once

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>

#include "tests/support/certificates.h"
#include "tests/support/tls_client.h"
#include "tests/unit/webhooks/request.h"
#include "tests/unit/webhooks/server/counting_metrics.h"
#include "webhooks/server/server.h"

namespace fairlead::webhooks {

class ServerTest : public ::testing::Test {
 protected:
  static TlsMaterial Issue(const testing::TestCa& ca, const std::string& client_ca = "") {
    const testing::KeyPair pair = ca.Issue({.common_name = "webhooks", .dns = {"localhost"}});
    return {pair.certificate_pem, Secret(pair.key_pem), client_ca};
  }

  // /validate judges, /quick does so at once where that is quick, /throw and /quick-throw throw, /wait waits
  // for Release().
  void Start(ServerOptions options = {}) { Start(options, Issue(ca_)); }
  void Start(ServerOptions options, const TlsMaterial& tls) {
    options.host = "127.0.0.1";
    std::map<std::string, Server::Endpoint> endpoints;
    const auto judge = [](std::string_view body) { return AnswerReview(body, NoView()); };
    endpoints["/validate"] = {judge};
    endpoints["/quick"] = {judge, [](std::string_view body) { return AnswerQuickly(body, NoView()); }};
    endpoints["/throw"] = {[](std::string_view) -> Answer { throw std::runtime_error("on purpose"); }};
    endpoints["/quick-throw"] = {
        judge, [](std::string_view) -> std::optional<Answer> { throw std::runtime_error("on purpose"); }};
    endpoints["/wait"] = {[this, judge](std::string_view body) {
      arrived_.count_down();
      released_.wait();
      return judge(body);
    }};
    auto server = Server::Start(options, tls, std::move(endpoints), &metrics_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  void TearDown() override {
    if (!released_.try_wait()) Release();
    server_.reset();
  }
  void Release() { released_.count_down(); }

  testing::TlsClientOptions To() const { return {.port = server_->port(), .ca_pem = ca_.certificate_pem()}; }

  static std::string Post(const std::string& body, const std::string& path = "/validate",
                          const std::string& headers = "") {
    return "POST " + path +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
  }
  static std::string Good() { return testing::Request{.object = testing::Policy(testing::kGood)}.Body(); }

  // A call over a connection of its own.
  testing::TlsReply Call(const std::string& request) const {
    testing::TlsClient client(To());
    if (!client.problem().empty()) return {.status = 0, .head = client.problem(), .body = ""};
    client.Send(request);
    return client.Read();
  }

  const testing::TestCa ca_{"webhooks-ca"};
  CountingMetrics metrics_;
  std::latch arrived_{1};
  std::latch released_{1};
  std::unique_ptr<Server> server_;
};

}  // namespace fairlead::webhooks
