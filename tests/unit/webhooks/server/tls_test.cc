// The server's TLS: versions, certificates of clients, and a certificate that is swapped.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <atomic>
#include <thread>

#include "tests/unit/webhooks/server/server_fixture.h"

namespace fairlead::webhooks {
namespace {

using ::testing::HasSubstr;
using testing::TestCa;
using testing::TlsClient;
using testing::TlsClientOptions;

TEST_F(ServerTest, PrefersTls13AndRefuses11) {
  Start();
  TlsClientOptions options = To();
  EXPECT_EQ(TlsClient(options).version(), "TLSv1.3");
  options.max_version = TLS1_2_VERSION;
  TlsClient older(options);
  EXPECT_EQ(older.problem(), "");
  EXPECT_EQ(older.version(), "TLSv1.2");
  options.max_version = TLS1_1_VERSION;
  EXPECT_THAT(TlsClient(options).problem(), HasSubstr("no handshake"));
  EXPECT_TRUE(metrics_.Await("refused handshake", 1));
}

TEST_F(ServerTest, AsksClientsForTheirCertificate) {
  const TestCa clients("clients"), others("others");
  Start({}, Issue(ca_, clients.certificate_pem()));
  const auto call = [&](const TestCa* signer) {
    TlsClientOptions options = To();
    if (signer != nullptr) {
      const testing::KeyPair pair = signer->Issue({.common_name = "kube-apiserver"});
      options.certificate_pem = pair.certificate_pem;
      options.key_pem = pair.key_pem;
    }
    TlsClient client(options);
    client.Send(Post(Good()));
    return client.Read().status;
  };
  EXPECT_EQ(call(nullptr), 0);
  EXPECT_EQ(call(&others), 0);
  EXPECT_EQ(call(&clients), 200);
  EXPECT_TRUE(metrics_.Await("refused handshake", 2));
}

TEST_F(ServerTest, NewHandshakesUseTheNewCertificate) {
  Start();
  TlsClient before(To());
  ASSERT_EQ(before.problem(), "");
  ASSERT_TRUE(server_->SetTls(Issue(ca_)));
  TlsClient after(To());
  ASSERT_EQ(after.problem(), "");
  EXPECT_NE(before.peer_serial(), after.peer_serial());
  ASSERT_TRUE(before.Send(Post(Good())));
  EXPECT_EQ(before.Read().status, 200);
}

TEST_F(ServerTest, AnUnfitCertificateIsPassedOver) {
  Start();
  const TlsMaterial one = Issue(ca_), two = Issue(ca_);
  const auto mixed = server_->SetTls({one.certificate_pem, two.key_pem, ""});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().message, "certificate and key do not belong together");
  EXPECT_FALSE(server_->SetTls({"", one.key_pem, ""}));
  EXPECT_FALSE(server_->SetTls({one.certificate_pem, Secret("hello"), ""}));
  EXPECT_FALSE(server_->SetTls({one.certificate_pem, one.key_pem, "hello"}));
  EXPECT_EQ(Call(Post(Good())).status, 200);
}

TEST_F(ServerTest, NoCallIsLostWhileCertificatesAreSwapped) {
  Start();
  std::atomic<bool> over = false;
  std::atomic<int> failed = 0, kept = 0, fresh = 0;
  std::thread over_one([&] {
    TlsClient client(To());
    while (!over) {
      client.Send(Post(Good()));
      client.Read().status == 200 ? ++kept : ++failed;
    }
  });
  std::thread over_new([&] {
    while (!over) Call(Post(Good())).status == 200 ? ++fresh : ++failed;
  });
  for (int swaps = 0; failed == 0 && (swaps < 50 || kept == 0 || fresh == 0); ++swaps)
    EXPECT_TRUE(server_->SetTls(Issue(ca_)));
  over = true;
  over_one.join();
  over_new.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace fairlead::webhooks
