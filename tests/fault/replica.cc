#include "tests/fault/replica.h"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>

#include "tests/support/eventually.h"

namespace fairlead::fault {
namespace {

constexpr std::chrono::seconds kPatienceOfReplica{60};

// The port that it says it serves on; 0: it has not said so yet.
int PortIn(const std::string& log) {
  static constexpr char kField[] = "\"plaintextPort\":";
  const size_t at = log.find(kField);
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) return 0;
  return std::atoi(log.c_str() + at + sizeof kField - 1);
}

}  // namespace

Result<void> Replica::Start() {
  const std::string log = options_.directory + "/" + options_.name + "-" + std::to_string(++life_) + ".log";
  testing::SpawnOptions spawn;
  spawn.argv = {options_.program,
                "--kubeconfig",
                options_.kubeconfig,
                "--log-format",
                "json",
                "--xds-plaintext-bind-address",
                "127.0.0.1:0",
                "--metrics-bind-address",
                "0",
                "--health-probe-bind-address",
                "0"};
  spawn.argv.insert(spawn.argv.end(), options_.arguments.begin(), options_.arguments.end());
  spawn.log_file = log;
  {
    // It may write, and be struck for that, before we know its pid.
    const std::lock_guard lock(mutex_);
    Result<testing::Process> process = testing::Process::Spawn(spawn);
    if (!process) return Unexpected(process.error());
    process_ = std::move(*process);
    struck_ = false;
    paused_ = false;
    pid_ = process_.pid();
  }
  // Its port is known to it alone, which can only be asked by reading what it writes.
  xds_port_ = 0;
  const bool told = testing::Eventually(
      [&] {
        xds_port_ = PortIn(testing::ReadFile(log));
        return xds_port_ != 0 || struck_ || !process_.Running();
      },
      kPatienceOfReplica, std::chrono::milliseconds(2));
  if (xds_port_ != 0 || struck_) return {};
  return Unexpected(
      Error{ErrorClass::kFatal, (told ? "it ended at start:\n" : "it serves no xDS:\n") + Log()});
}

void Replica::Strike() {
  const std::lock_guard lock(mutex_);
  struck_ = true;
  kill(pid_, SIGKILL);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
}

void Replica::Pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
  kill(pid_, SIGSTOP);
  testing::AwaitStop(pid_);
}

void Replica::Resume() {
  const std::lock_guard lock(mutex_);
  kill(pid_, SIGCONT);
  paused_ = false;
}

bool Replica::EndedByItself() {
  const bool running = process_.Running();  // asked first: what is struck afterwards was running
  return !running && !struck_;
}

Result<void> Replica::Stop() {
  const int code = process_.Stop(kPatienceOfReplica);
  if (code == 0 || (struck_ && code == 128 + SIGKILL))
    return {};  // its last write may be the one that gives up the lease
  return Unexpected(
      Error{ErrorClass::kFatal, options_.name + " ended with " + std::to_string(code) + ":\n" + Log()});
}

}  // namespace fairlead::fault
