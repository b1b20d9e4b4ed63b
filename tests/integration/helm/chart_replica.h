// ChartReplica: a pod of the chart's Deployment as a process on loopback, with the arguments that the chart
// gives its container, but for addresses and files.
//
// Who calls: the test of the chart's rights. It must end well, which its destructor asks for.
#pragma once

#include <gtest/gtest.h>
#include <json/value.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/http_client.h"
#include "tests/support/process.h"

namespace fairlead::testing {

class ChartReplica {
 public:
  ChartReplica(const Json::Value& deployment, const std::string& kubeconfig,
               const std::string& certificates) {
    WriteFile(dir_ / "kubeconfig", kubeconfig);
    const auto local = [](int port) { return "127.0.0.1:" + std::to_string(port); };
    const std::map<std::string, std::string> here = {{"--health-probe-bind-address", local(health_port_)},
                                                     {"--metrics-bind-address", local(metrics_port_)},
                                                     {"--xds-bind-address", local(xds_port_)},
                                                     {"--webhook-bind-address", local(webhook_port_)},
                                                     {"--peer-address", local(xds_port_)},
                                                     {"--xds-cert-dir", certificates},
                                                     {"--namespace", "fairlead-system"}};
    std::vector<std::string> argv = {FAIRLEAD_BINARY_DIR "/bin/fairlead-operator",
                                     "--kubeconfig=" + (dir_ / "kubeconfig")};
    argv.emplace_back("--webhook-drain=0s");  // nobody calls any more
    for (const Json::Value& arg : deployment["spec"]["template"]["spec"]["containers"][0]["args"]) {
      const std::string flag = arg.asString().substr(0, arg.asString().find('='));
      argv.push_back(here.contains(flag) ? flag + "=" + here.at(flag) : arg.asString());
    }
    Result<Process> process =
        Process::Spawn({.argv = argv,
                        .env = {{"LSAN_OPTIONS", "suppressions=" FAIRLEAD_SOURCE_DIR
                                                 "/tests/lsan.supp:print_suppressions=0"}},
                        .log_file = dir_ / "operator.log"});
    EXPECT_TRUE(process) << process.error().message;
    if (process) process_ = std::move(*process);
  }
  ~ChartReplica() { EXPECT_EQ(process_.Stop(std::chrono::seconds(60)), 0) << Log(); }

  bool Ready() const { return Ask(health_port_, "/readyz").status == 200; }
  // Whether it prints that line.
  bool Shows(const std::string& metric) const {
    return ("\n" + Ask(metrics_port_, "/metrics").body).find("\n" + metric + "\n") != std::string::npos;
  }
  // Whether it prints that metric, and more than 0.
  bool Counts(const std::string& metric) const {
    const std::string page = "\n" + Ask(metrics_port_, "/metrics").body;
    return page.find("\n" + metric + " ") != std::string::npos && !Shows(metric + " 0");
  }
  int xds_port() const { return xds_port_; }
  int webhook_port() const { return webhook_port_; }
  std::string Log() const { return process_.Log(16384); }

 private:
  static HttpAnswer Ask(int port, const std::string& path) {
    HttpClient client("127.0.0.1", port);
    return client.Call({.path = path, .timeout = std::chrono::seconds(20)});
  }
  TempDir dir_;
  const int health_port_ = FreePort(), metrics_port_ = FreePort(), xds_port_ = FreePort(),
            webhook_port_ = FreePort();
  Process process_;
};

}  // namespace fairlead::testing
