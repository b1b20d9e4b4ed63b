// Reports of a replica over real connections.
#include "dataplane/server/peer_link.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "dataplane/server/ads_server.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"
#include "tests/support/xds/fake_envoy.h"

namespace fairlead::xds {
namespace {

const Audience kShop{"shop", "waypoint"};

// Wakes whoever waits for something that happens on other threads.
class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    rung_.notify_all();
  }
  bool Await(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      rung_.wait_for(lock, std::chrono::milliseconds(100));
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
};

std::string Message(const std::string& proxy) {
  return PeerReportJson({.whole = true, .proxies = {{kShop, {proxy}}}, .objects = {}});
}

class PeerLinkTest : public ::testing::Test {
 protected:
  PeerLinkTest() {
    book_.OnChange([this](const auto&, const auto&) { bell_.Ring(); });
    catalog_.SetReady();
  }
  void Start(AdsServerOptions options) {
    options.peers = &book_;
    auto server = AdsServer::Start(std::move(options), &catalog_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  std::unique_ptr<PeerLink> Link(PeerLinkOptions options) {
    return std::make_unique<PeerLink>(options, [this] { bell_.Ring(); });
  }
  std::string Plaintext() const { return "127.0.0.1:" + std::to_string(server_->plaintext_port()); }
  bool AwaitProxies(const std::set<std::string>& proxies) {
    return bell_.Await([&] { return book_.ConnectedTo(kShop) == proxies; });
  }

  Bell bell_;
  PeerBook book_;
  Catalog catalog_{Clock::System()};
  std::unique_ptr<AdsServer> server_;
};

TEST_F(PeerLinkTest, WhatIsToldIsKnownUntilTheLinkEnds) {
  Start({.plaintext_address = "127.0.0.1:0"});
  auto link = Link({.address = Plaintext()});
  for (const char* proxy : {"w-1", "w-2"}) {
    ASSERT_TRUE(bell_.Await([&] { return link->CanSend(); }));
    link->Send(Message(proxy));
    EXPECT_TRUE(AwaitProxies({proxy}));
  }
  link.reset();
  EXPECT_TRUE(AwaitProxies({}));
  EXPECT_TRUE(bell_.Await([&] { return book_.peers() == 0; }));
}

TEST_F(PeerLinkTest, NonsenseEndsTheLinkWithTheReason) {
  Start({.plaintext_address = "127.0.0.1:0"});
  const auto link = Link({.address = Plaintext()});
  link->Send("not a report");
  EXPECT_TRUE(bell_.Await([&] { return !link->why().empty(); }));
  EXPECT_NE(link->why().find("report of a replica"), std::string::npos) << link->why();
  EXPECT_TRUE(link->ended());
  EXPECT_FALSE(link->CanSend());
}

TEST_F(PeerLinkTest, NobodyThereIsAnEnd) {
  const auto link = Link({.address = "127.0.0.1:" + std::to_string(testing::FreePort())});
  EXPECT_TRUE(bell_.Await([&] { return link->ended(); }));
}

// What is sent while the link ends of itself is lost, and touches nothing that is gone.
TEST_F(PeerLinkTest, SendingMayMeetTheEnd) {
  const std::string address = "127.0.0.1:" + std::to_string(testing::FreePort());
  const std::string message = Message("w-1");
  for (int i = 0; i < 400; ++i) {
    const auto link = Link({.address = address});
    // Each a little later, so that some meet it.
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(1000 + 20 * i);
    while (std::chrono::steady_clock::now() < until && !link->ended()) {
    }
    link->Send(message);
    EXPECT_TRUE(bell_.Await([&] { return link->ended(); }));
  }
}

TEST_F(PeerLinkTest, TheServerEndsOpenLinks) {
  Start({.plaintext_address = "127.0.0.1:0"});
  const auto link = Link({.address = Plaintext()});
  link->Send(Message("w-1"));
  EXPECT_TRUE(AwaitProxies({"w-1"}));
  server_->Shutdown(std::chrono::seconds(60));
  EXPECT_TRUE(bell_.Await([&] { return link->ended(); }));
  EXPECT_EQ(book_.peers(), 0u);
}

TEST_F(PeerLinkTest, OverTlsOnlyWhoShowsOurOwnCertificateReports) {
  const testing::TempDir dir;
  testing::TestCa ca("mesh");
  const auto write = [&](const std::string& name, const testing::KeyPair& pair) {
    testing::WriteFile(dir / (name + ".crt"), pair.certificate_pem);
    testing::WriteFile(dir / (name + ".key"), pair.key_pem);
  };
  write("tls", ca.Issue({.common_name = "fairlead", .dns = {"fairlead-xds.fairlead-system.svc"}}));
  write("proxy", ca.Issue({.common_name = "waypoint"}));
  testing::WriteFile(dir / "ca.crt", ca.certificate_pem());
  Start({.tls_address = "127.0.0.1:0",
         .tls_certificate = dir / "tls.crt",
         .tls_key = dir / "tls.key",
         .tls_client_ca = dir / "ca.crt"});
  const auto as = [&](const std::string& name) {
    return PeerLinkOptions{.address = "127.0.0.1:" + std::to_string(server_->tls_port()),
                           .tls_certificate = dir / (name + ".crt"),
                           .tls_key = dir / (name + ".key"),
                           .tls_ca = dir / "ca.crt"};
  };
  // A proxy that reports is refused by the server,
  testing::FakeEnvoy proxy({.port = server_->tls_port(),
                            .tls_ca = ca.certificate_pem(),
                            .tls_certificate = testing::ReadFile(dir / "proxy.crt"),
                            .tls_key = testing::ReadFile(dir / "proxy.key"),
                            .tls_server_name = "fairlead-xds.fairlead-system.svc",
                            .method = "/fairlead.dev.Replicas/Report"});
  EXPECT_TRUE(
      proxy.Await([](const testing::FakeEnvoy::State& s) { return s.ended; }, std::chrono::seconds(60)));
  EXPECT_NE(proxy.state().status_text.find("only replicas"), std::string::npos) << proxy.state().status_text;
  // and who poses as the leader with another certificate is told nothing.
  const auto fooled = Link(as("proxy"));
  EXPECT_TRUE(bell_.Await([&] { return !fooled->why().empty(); }));
  EXPECT_NE(fooled->why().find("another certificate"), std::string::npos) << fooled->why();
  const auto replica = Link(as("tls"));
  replica->Send(Message("w-1"));
  EXPECT_TRUE(AwaitProxies({"w-1"})) << replica->why();
}

}  // namespace
}  // namespace fairlead::xds
