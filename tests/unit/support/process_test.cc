#include "tests/support/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/support/certificates.h"

namespace fairlead::testing {
namespace {

using std::chrono::seconds;

TEST(Process, ReportsExitCodeAndOutput) {
  TempDir dir;
  auto process = Process::Spawn({.argv = {"/bin/sh", "-c", "echo hello $NAME; exit 3"},
                                 .env = {{"NAME", "fairlead"}},
                                 .log_file = dir / "log"});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->Wait(seconds(20)), 3);
  EXPECT_EQ(process->Log(), "hello fairlead\n");
}

TEST(Process, AProgramThatIsNotThereEndsWith127) {
  auto process = Process::Spawn({.argv = {"/nonexistent/program"}});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->Wait(seconds(20)), 127);
}

TEST(Process, StopEndsAFrozenChild) {
  auto process = Process::Spawn({.argv = {"/bin/sleep", "1000"}});
  ASSERT_TRUE(process);
  EXPECT_TRUE(process->Running());
  process->Signal(SIGSTOP);
  EXPECT_EQ(process->Stop(seconds(20)), 128 + SIGTERM);
  EXPECT_FALSE(process->Running());
}

TEST(Process, TheDestructorKills) {
  pid_t pid = 0;
  {
    auto process = Process::Spawn({.argv = {"/bin/sleep", "1000"}});
    ASSERT_TRUE(process);
    pid = process->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Certificates, TheCaSignsWhatItIssues) {
  TestCa ca("test-ca");
  const KeyPair pair = ca.Issue({.common_name = "server", .dns = {"localhost"}, .ip = {"127.0.0.1"}});
  TempDir dir;
  WriteFile(dir / "ca.crt", ca.certificate_pem());
  WriteFile(dir / "server.crt", pair.certificate_pem);
  auto verify = Process::Spawn({.argv = {"/usr/bin/openssl", "verify", "-CAfile", dir / "ca.crt",
                                         "-verify_ip", "127.0.0.1", dir / "server.crt"},
                                .log_file = dir / "log"});
  ASSERT_TRUE(verify);
  EXPECT_EQ(verify->Wait(seconds(20)), 0) << verify->Log();
}

// Nobody is given it by accident: not by the kernel, which takes ports from 32768 on for connections.
TEST(FreePort, IsNeverGivenTwice) {
  std::set<int> ports;
  for (int i = 0; i < 20; ++i) ports.insert(FreePort());
  EXPECT_EQ(ports.size(), 20u);
  EXPECT_GE(*ports.begin(), 20'000);
  EXPECT_LT(*ports.rbegin(), 32'000);
}

}  // namespace
}  // namespace fairlead::testing
