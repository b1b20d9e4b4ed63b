// Running an exec plug-in: a child with a pipe for its output, no terminal, a limit on bytes and time.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "operator/kube/credentials.h"
#include "operator/kube/tls_env.h"

extern char** environ;

namespace fairlead::kube {
namespace {

constexpr size_t kMaxOutput = 1u << 20;
constexpr std::chrono::seconds kMaxTime{60};

std::vector<std::string> Environment(const ExecPlugin& plugin, const std::string& exec_info) {
  std::vector<std::string> out;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string entry(*e);
    if (!IsOurTlsVariable(entry)) out.push_back(entry);
  }
  for (const std::string& entry : InheritedTlsVariables()) out.push_back(entry);
  for (const auto& [name, value] : plugin.env) out.push_back(name + "=" + value);
  out.push_back("KUBERNETES_EXEC_INFO=" + exec_info);
  return out;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

// Until end of file, a limit, or the deadline; false: a limit was hit.
bool ReadOutput(int fd, Clock::TimePoint deadline, std::string* out) {
  char buffer[4096];
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::System().Now());
    pollfd p{fd, POLLIN, 0};
    if (left.count() <= 0 || poll(&p, 1, static_cast<int>(left.count())) == 0) return false;
    const ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    out->append(buffer, static_cast<size_t>(n));
    if (out->size() > kMaxOutput) return false;
  }
}

class PosixExecRunner final : public ExecRunner {
 public:
  Result<std::string> Run(const ExecPlugin& plugin, const std::string& exec_info) override;
};

Error Failed(const ExecPlugin& plugin, const std::string& what) {
  return Error{ErrorClass::kTransient, "exec plug-in " + plugin.command + ": " + what};
}

Result<std::string> PosixExecRunner::Run(const ExecPlugin& plugin, const std::string& exec_info) {
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return Unexpected(Failed(plugin, std::strerror(errno)));
  std::vector<std::string> argv = {plugin.command};
  argv.insert(argv.end(), plugin.args.begin(), plugin.args.end());
  std::vector<std::string> env = Environment(plugin, exec_info);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
  posix_spawn_file_actions_addclosefrom_np(&actions,
                                           3);  // the HTTP library's sockets are inherited otherwise
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, plugin.command.c_str(), &actions, nullptr, Pointers(argv).data(),
                                 Pointers(env).data());
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[1]);
  if (error != 0) {
    close(pipes[0]);
    const std::string hint = plugin.install_hint.empty() ? "" : "; " + plugin.install_hint;
    return Unexpected(Failed(plugin, std::strerror(error) + hint));
  }
  std::string output;
  const bool whole = ReadOutput(pipes[0], Clock::System().Now() + kMaxTime, &output);
  close(pipes[0]);
  if (!whole) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return Unexpected(Failed(plugin, "gave no whole output within 60 s and 1 MiB"));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Unexpected(Failed(plugin, WIFEXITED(status)
                                         ? "exit code " + std::to_string(WEXITSTATUS(status))
                                         : "ended by signal " + std::to_string(WTERMSIG(status))));
  }
  return output;
}

}  // namespace

std::unique_ptr<ExecRunner> MakeExecRunner() { return std::make_unique<PosixExecRunner>(); }

}  // namespace fairlead::kube
