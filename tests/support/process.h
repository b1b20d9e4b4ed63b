// Process: a child process of a test: etcd, kube-apiserver, Envoy, or a binary of ours.
//
// Who calls: test support and integration tests. The child's output goes to a log file. It is killed when the
// object is destroyed and when the test itself dies (PR_SET_PDEATHSIG, which follows the thread that spawned
// it: spawn from a thread that lives as long as the child shall). One thread at a time.
//
//   Process etcd = *Process::Spawn({.argv = {"/usr/bin/etcd", "--version"}, .log_file = dir + "/etcd.log"});
//   std::optional<int> code = etcd.Wait(std::chrono::seconds(5));
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/base/result.h"

namespace fairlead::testing {

struct SpawnOptions {
  std::vector<std::string> argv;           // argv[0]: the path of the program
  std::map<std::string, std::string> env;  // added to the test's own environment
  std::string log_file;                    // stdout and stderr; empty: /dev/null
  std::string stdin_file;                  // empty: /dev/null
  std::string directory;                   // empty: the test's own
};

class Process {
 public:
  static Result<Process> Spawn(const SpawnOptions& options);

  Process() = default;
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();  // Kill

  pid_t pid() const { return pid_; }
  bool Running();
  // SIGCONT, SIGTERM, …; nothing when it has ended. After SIGSTOP no thread of it runs any more.
  void Signal(int signal);

  // The exit code, or 128 + the signal that ended it; nullopt: still running at the deadline.
  std::optional<int> Wait(std::chrono::milliseconds timeout);

  // SIGTERM, then SIGKILL at the deadline. The exit code.
  int Stop(std::chrono::milliseconds grace = std::chrono::seconds(5));
  void Kill();  // SIGKILL, and wait for its end

  std::string Log(size_t last_bytes = 8192) const;  // the end of the log file, for messages

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> exit_;
  std::string log_file_;
};

// Waits until a child to which SIGSTOP was sent has stopped, with all of its threads, or has ended.
void AwaitStop(pid_t pid);

// A TCP port on 127.0.0.1 that was free a moment ago, and that no other test program gets while this one
// lives.
int FreePort();

// A directory under $TMPDIR that is removed with all it holds.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void WriteFile(const std::string& path,
               const std::string& text);        // mode 0600; aborts the test when it cannot
std::string ReadFile(const std::string& path);  // "" when it cannot be read

}  // namespace fairlead::testing
