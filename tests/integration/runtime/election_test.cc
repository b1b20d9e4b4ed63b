// Two operators' worth of leader election on a real API server; the leader is frozen and thawed.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/kube/shared_cluster.h"

namespace fairlead::runtime {
namespace {

using testing::Process;
using testing::TempDir;

class ElectionTest : public testing::SharedCluster {
 protected:
  Process Start(const std::string& identity) {
    auto process = Process::Spawn(
        {.argv = {FAIRLEAD_BINARY_DIR "/bin/test_elector", cluster().kubeconfig_path(), identity},
         .log_file = dir / identity});
    EXPECT_TRUE(process);
    return std::move(*process);
  }
  // Until the log holds the line `times` times; false: not within a minute.
  static bool Says(Process& process, const std::string& line, int times = 1) {
    for (int i = 0; i < 3000; ++i) {
      const std::string log = process.Log();
      int found = 0;
      for (size_t at = 0; (at = log.find(line, at)) != std::string::npos; ++at) ++found;
      if (found >= times) return true;
      process.Wait(std::chrono::milliseconds(20));
    }
    return false;
  }
  static std::string Holder() {
    const testing::HttpReply reply =
        cluster().Call("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader");
    const size_t at = reply.body.find("\"holderIdentity\":\"");
    return at == std::string::npos ? "" : reply.body.substr(at + 18, 1);
  }
  static bool WrittenBy(const std::string& identity) {
    return cluster()
               .Call("GET", "/api/v1/namespaces/default/configmaps/written-by")
               .body.find("\"leader\":\"" + identity) != std::string::npos;
  }
  TempDir dir;
};

TEST_F(ElectionTest, TheLateWriteOfAFrozenLeaderIsRefused) {
  Process a = Start("a");
  ASSERT_TRUE(Says(a, "gained")) << a.Log();
  Process b = Start("b");
  ASSERT_TRUE(Says(b, "started"));
  a.Signal(SIGUSR1);
  ASSERT_TRUE(Says(a, "written")) << a.Log();
  b.Signal(SIGUSR1);
  ASSERT_TRUE(Says(b, "refused: not the leader: nothing is written")) << b.Log();
  EXPECT_TRUE(WrittenBy("a"));

  a.Signal(SIGSTOP);
  ASSERT_TRUE(Says(b, "gained")) << b.Log();
  b.Signal(SIGUSR1);
  ASSERT_TRUE(Says(b, "written")) << b.Log();

  a.Signal(SIGUSR1);  // waits for the thaw, and is then among the first things that happen
  a.Signal(SIGCONT);
  ASSERT_TRUE(Says(a, "refused: not the leader: nothing is written")) << a.Log();
  ASSERT_TRUE(Says(a, "lost")) << a.Log();
  EXPECT_TRUE(WrittenBy("b"));
  EXPECT_EQ(Holder(), "b");

  // An orderly end hands over without waiting for the lease to run out.
  b.Signal(SIGTERM);
  ASSERT_TRUE(Says(b, "stopped")) << b.Log();
  ASSERT_TRUE(Says(a, "gained", 2)) << a.Log();
  EXPECT_EQ(Holder(), "a");
}

}  // namespace
}  // namespace fairlead::runtime
