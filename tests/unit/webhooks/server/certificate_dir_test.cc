#include "webhooks/server/certificate_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace fairlead::webhooks {
namespace {

using ::testing::HasSubstr;
using testing::KeyPair;
using testing::TempDir;
using testing::TestCa;
using testing::WriteFile;

// What a watch told, in order.
class Told {
 public:
  void operator()(Result<TlsMaterial> now) {
    std::lock_guard lock(mutex_);
    told_.push_back(std::move(now));
    changed_.notify_all();
  }
  bool AwaitCertificate(const std::string& pem) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      return !told_.empty() && told_.back() && told_.back()->certificate_pem == pem;
    });
  }
  bool AwaitError(const std::string& part) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      return !told_.empty() && !told_.back() && told_.back().error().message.find(part) != std::string::npos;
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Result<TlsMaterial>> told_;
};

class CertificateDirTest : public ::testing::Test {
 protected:
  KeyPair Issue() const { return ca_.Issue({.common_name = "webhooks", .dns = {"localhost"}}); }
  // As the kubelet does: a folder of its own, to which the link ..data is swapped.
  void Mount(const KeyPair& pair) {
    namespace fs = std::filesystem;
    const std::string name = "..version" + std::to_string(++versions_);
    fs::create_directory(dir_ / name);
    WriteFile(dir_ / (name + "/tls.crt"), pair.certificate_pem);
    WriteFile(dir_ / (name + "/tls.key"), pair.key_pem);
    fs::create_directory_symlink(name, dir_ / "..data_tmp");
    fs::rename(dir_ / "..data_tmp", dir_ / "..data");
    for (const char* file : {"tls.crt", "tls.key"}) {
      if (!fs::is_symlink(dir_ / file)) fs::create_symlink(std::string("..data/") + file, dir_ / file);
    }
  }

  const TestCa ca_{"ca"};
  TempDir dir_;
  int versions_ = 0;
  Told told_;
};

TEST_F(CertificateDirTest, FollowsTheLinkOfAMountedSecret) {
  const KeyPair first = Issue(), second = Issue();
  Mount(first);
  CertificateDir dir(dir_.path(), "");
  ASSERT_TRUE(dir.Watch(std::ref(told_)));
  EXPECT_TRUE(told_.AwaitCertificate(first.certificate_pem));
  Mount(second);
  EXPECT_TRUE(told_.AwaitCertificate(second.certificate_pem));
}

TEST_F(CertificateDirTest, WaitsForBothFiles) {
  const KeyPair first = Issue(), second = Issue();
  WriteFile(dir_ / "tls.crt", first.certificate_pem);
  WriteFile(dir_ / "tls.key", first.key_pem);
  CertificateDir dir(dir_.path(), "");
  ASSERT_TRUE(dir.Watch(std::ref(told_)));
  EXPECT_TRUE(told_.AwaitCertificate(first.certificate_pem));
  WriteFile(dir_ / "tls.crt", second.certificate_pem);
  EXPECT_TRUE(told_.AwaitError("do not belong together"));
  WriteFile(dir_ / "tls.key", second.key_pem);
  EXPECT_TRUE(told_.AwaitCertificate(second.certificate_pem));
}

TEST_F(CertificateDirTest, SaysWhatIsMissing) {
  CertificateDir dir(dir_.path(), "");
  const auto read = dir.Read();
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("tls.crt: cannot be opened: No such file or directory"));
  EXPECT_FALSE(CertificateDir(dir_ / "nowhere", "").Watch(std::ref(told_)));
}

TEST_F(CertificateDirTest, ReadsTheAuthoritiesOfClients) {
  Mount(Issue());
  WriteFile(dir_ / "clients.crt", "");
  EXPECT_FALSE(CertificateDir(dir_.path(), dir_ / "clients.crt").Read());
  WriteFile(dir_ / "clients.crt", ca_.certificate_pem());
  const auto read = CertificateDir(dir_.path(), dir_ / "clients.crt").Read();
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->client_ca_pem, ca_.certificate_pem());
  WriteFile(dir_ / "clients.crt", "hello");
  const auto none = ReadClientAuthorities(dir_ / "clients.crt");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message,
              HasSubstr("clients.crt: there is no certificate among the authorities of clients"));
}

TEST_F(CertificateDirTest, FollowsTheAuthoritiesOfClients) {
  const KeyPair pair = Issue();
  Mount(pair);
  TempDir beside;
  WriteFile(beside / "clients.crt", ca_.certificate_pem());
  CertificateDir dir(dir_.path(), beside / "clients.crt");
  ASSERT_TRUE(dir.Watch(std::ref(told_)));
  EXPECT_TRUE(told_.AwaitCertificate(pair.certificate_pem));
  WriteFile(beside / "clients.crt", "");
  EXPECT_TRUE(told_.AwaitError("clients.crt: "));
  WriteFile(beside / "clients.crt", TestCa("another").certificate_pem());
  EXPECT_TRUE(told_.AwaitCertificate(pair.certificate_pem));
}

}  // namespace
}  // namespace fairlead::webhooks
