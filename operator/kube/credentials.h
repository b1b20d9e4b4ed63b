// Credentials: who we are to the API server at this moment: bearer token, client certificate, authorities.
//
// Who calls: the transport, before each request. Files are read again when they change (a service account's
// token rotates hourly), an exec plug-in is run again when its credential expires or was refused.
// Thread-safe; Get may block on a file or a plug-in.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "crds/base/clock.h"
#include "crds/base/result.h"
#include "crds/base/secret.h"
#include "operator/kube/config.h"

namespace fairlead::kube {

struct Credential {
  Secret token;  // empty: none
  std::string certificate_pem;
  Secret key_pem;
  std::string ca_pem;  // empty: the system's authorities

  // Connections made with other certificates may not be used on.
  bool SameTls(const Credential& other) const {
    return certificate_pem == other.certificate_pem && key_pem == other.key_pem && ca_pem == other.ca_pem;
  }
};

// What a plug-in gave: client.authentication.k8s.io ExecCredential.status.
struct ExecCredential {
  Secret token;
  std::string certificate_pem;
  Secret key_pem;
  std::optional<Timestamp> expires;
};

// Runs the plug-in. Its output is bounded, its time too.
class ExecRunner {
 public:
  virtual ~ExecRunner() = default;
  virtual Result<std::string> Run(const ExecPlugin& plugin, const std::string& exec_info) = 0;
};
std::unique_ptr<ExecRunner> MakeExecRunner();

Result<ExecCredential> ParseExecCredential(const ExecPlugin& plugin, const std::string& output);

// A file's content, read again when the file was replaced or changed.
class RotatingFile {
 public:
  explicit RotatingFile(std::string path) : path_(std::move(path)) {}
  Result<std::string> Read();
  void Forget() { stamp_ = {}; }

 private:
  struct Stamp {
    long long inode = -1, seconds = 0, nanoseconds = 0, size = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  std::string path_;
  Stamp stamp_;
  std::string content_;
};

class Credentials {
 public:
  Credentials(ClusterConfig config, std::unique_ptr<ExecRunner> runner,
              const Clock* clock = &Clock::System());

  Result<Credential> Get();
  // The server answered 401: read everything anew, whatever the cache says. False: nothing else is to be had.
  bool Rejected(const Credential& used);

 private:
  Result<ExecCredential> Exec();

  const ClusterConfig config_;
  const std::unique_ptr<ExecRunner> runner_;
  const Clock* const clock_;
  std::mutex mutex_;  // guards all below
  RotatingFile token_, ca_, certificate_, key_;
  std::optional<ExecCredential> exec_;
};

}  // namespace fairlead::kube
