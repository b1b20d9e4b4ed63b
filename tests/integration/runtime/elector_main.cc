// A process that takes part in leader election and writes when it is told to; the test freezes and thaws it.
//
//   elector KUBECONFIG IDENTITY
//
// Prints "gained" and "lost"; on SIGUSR1 tries to write its name into a ConfigMap and prints "written" or
// "refused: why".
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "operator/kube/cpprest_transport.h"
#include "operator/runtime/lease_runner.h"

namespace {

void Say(const std::string& line) { std::cout << line << std::endl; }

std::string Read(const char* path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace fairlead;
  if (argc != 3) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Result<kube::ClusterConfig> config = kube::ParseKubeconfig({{argv[1], Read(argv[1])}});
  if (!config) return 2;
  auto transport = kube::MakeTransport(*config);
  if (!transport) return 2;
  const std::string identity = argv[2];
  runtime::Fence fence;
  kube::Client client(transport->get(), &fence);
  runtime::LeaseRunner lease(
      transport->get(), "default", "leader",
      {.identity = identity,
       .lease_duration = std::chrono::milliseconds(3000),
       .renew_deadline = std::chrono::milliseconds(2000),
       .retry_period = std::chrono::milliseconds(300)},
      &fence, [] { Say("gained"); }, [] { Say("lost"); });
  lease.Start();
  Say("started");
  for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGUSR1;) {
    const Result<kube::Written> written = client.Apply(
        {{"", "v1", "configmaps"}, "default", "written-by"},
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"written-by"},"data":{"leader":")" +
            identity + "\"}}",
        {.manager = "fairlead/test"});
    Say(written ? "written" : "refused: " + written.error().message);
  }
  lease.Stop();
  Say("stopped");
}
