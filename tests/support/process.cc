#include "tests/support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace fairlead::testing {
namespace {

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> out;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string entry(*e);
    if (!added.contains(entry.substr(0, entry.find('=')))) out.push_back(entry);
  }
  for (const auto& [name, value] : added) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

// Between fork and exec only async-signal-safe calls are allowed.
[[noreturn]] void RunChild(char** argv, char** env, int in, int out, const char* directory, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);  // a terminal's Ctrl-C goes to the test, which then ends its children in order
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (*directory != '\0' && chdir(directory) != 0) _exit(127);
  dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  syscall(SYS_close_range, 3u, ~0u, 0u);  // sockets of libraries are not close-on-exec
  execve(argv[0], argv, env);
  _exit(127);
}

int ExitCode(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Result<Process> Process::Spawn(const SpawnOptions& options) {
  std::vector<std::string> argv = options.argv;
  std::vector<std::string> env = Environment(options.env);
  const std::vector<char*> argv_pointers = Pointers(argv);
  const std::vector<char*> env_pointers = Pointers(env);
  const std::string in_name = options.stdin_file.empty() ? "/dev/null" : options.stdin_file;
  const std::string out_name = options.log_file.empty() ? "/dev/null" : options.log_file;
  const int in = open(in_name.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open(out_name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t self = getpid();
  pid_t pid = -1;
  if (in >= 0 && out >= 0) pid = fork();
  if (pid == 0) {
    RunChild(const_cast<char**>(argv_pointers.data()), const_cast<char**>(env_pointers.data()), in, out,
             options.directory.c_str(), self);
  }
  const int error = errno;
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  if (pid < 0) {
    return Unexpected(Error{ErrorClass::kFatal, "cannot start " + argv[0] + ": " + std::strerror(error)});
  }
  Process process;
  process.pid_ = pid;
  process.pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  process.log_file_ = options.log_file;
  return process;
}

Process::Process(Process&& other) noexcept { *this = std::move(other); }

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  Kill();
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::exchange(other.pidfd_, -1);
  exit_ = std::exchange(other.exit_, std::nullopt);
  log_file_ = std::move(other.log_file_);
  return *this;
}

Process::~Process() { Kill(); }

bool Process::Running() { return pid_ > 0 && !Wait(std::chrono::milliseconds(0)).has_value(); }

void Process::Signal(int signal) {
  if (pid_ <= 0 || exit_) return;
  kill(pid_, signal);
  if (signal == SIGSTOP) AwaitStop(pid_);
}

void AwaitStop(pid_t pid) {
  siginfo_t info;
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
}

std::optional<int> Process::Wait(std::chrono::milliseconds timeout) {
  if (exit_ || pid_ <= 0) return exit_;
  pollfd fd{pidfd_, POLLIN, 0};
  while (poll(&fd, 1, static_cast<int>(timeout.count())) < 0 && errno == EINTR) {
  }
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) exit_ = ExitCode(status);
  return exit_;
}

int Process::Stop(std::chrono::milliseconds grace) {
  if (pid_ <= 0) return 0;
  Signal(SIGCONT);
  Signal(SIGTERM);
  const std::optional<int> code = Wait(grace);
  Kill();
  return code.value_or(exit_.value_or(137));
}

void Process::Kill() {
  if (pid_ <= 0) return;
  if (!exit_) {
    kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    exit_ = ExitCode(status);
  }
  if (pidfd_ >= 0) close(pidfd_);
  pidfd_ = -1;
  pid_ = -1;
}

std::string Process::Log(size_t last_bytes) const {
  std::string text = ReadFile(log_file_);
  return text.size() <= last_bytes ? text : "…" + text.substr(text.size() - last_bytes);
}

namespace {

// The port if it can be bound, else 0. For 0 the kernel chooses one.
int TryBind(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t size = sizeof(address);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

// Keeps other test programs off a port, as long as this one lives. False: another has it.
bool Reserve(int port) {
  static const int file = open("/tmp/fairlead-test-ports", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return true;  // somebody else's file: then without
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = port;
  lock.l_len = 1;
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

}  // namespace

// From below the kernel's range of ports for connections, so that none gets it before the program that it is
// for has bound it.
int FreePort() {
  constexpr unsigned kFirst = 20'000, kCount = 12'000, kApart = 97;  // test programs begin apart
  static std::atomic<unsigned> next{static_cast<unsigned>(getpid()) * kApart};
  for (unsigned tries = 0; tries < kCount; ++tries) {
    const int port = static_cast<int>(kFirst + next++ % kCount);
    if (Reserve(port) && TryBind(port) != 0) return port;
  }
  return TryBind(0);
}

TempDir::TempDir() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/fairlead-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    std::perror("mkdtemp");
    std::abort();
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void WriteFile(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    std::perror(path.c_str());
    std::abort();
  }
  close(fd);
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace fairlead::testing
