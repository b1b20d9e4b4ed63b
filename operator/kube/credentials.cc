#include "operator/kube/credentials.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include "crds/base/file.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::kube {
namespace {

constexpr size_t kMaxFile = 1u << 20;

std::string Trim(std::string text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

// "" where both are empty.
Result<std::string> InlineOrFile(const std::string& pem, const std::string& file_name, RotatingFile& file) {
  if (!pem.empty() || file_name.empty()) return pem;
  return file.Read();
}

// A header may not be broken by what a file holds.
Result<Secret> CheckToken(const std::string& where, std::string token) {
  token = Trim(std::move(token));
  for (const char c : token) {
    if (c <= ' ' || c == 0x7f) {
      return Unexpected(
          Error{ErrorClass::kFatal, where + ": the token holds white space or control characters"});
    }
  }
  return Secret(std::move(token));
}

std::string Base64Encode(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  out.resize(static_cast<size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                                 reinterpret_cast<const unsigned char*>(text.data()),
                                                 static_cast<int>(text.size()))));
  return out;
}

std::string ExecInfo(const ExecPlugin& plugin, const ClusterConfig& config, const std::string& ca) {
  Json::Value info;
  info["apiVersion"] = plugin.api_version;
  info["kind"] = "ExecCredential";
  info["spec"]["interactive"] = false;
  if (plugin.provide_cluster_info) {
    Json::Value& cluster = info["spec"]["cluster"];
    cluster["server"] = config.server;
    if (!config.tls_server_name.empty()) cluster["tls-server-name"] = config.tls_server_name;
    if (!ca.empty()) cluster["certificate-authority-data"] = Base64Encode(ca);
  }
  return WriteJson(info);
}

}  // namespace

Result<std::string> RotatingFile::Read() {
  struct stat s {};
  if (stat(path_.c_str(), &s) != 0)
    return Unexpected(Error{ErrorClass::kTransient, path_ + ": cannot be read"});
  const Stamp now{static_cast<long long>(s.st_ino), s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_size};
  if (now == stamp_) return content_;
  Result<std::string> text = ReadWholeFile(path_, kMaxFile);
  if (!text) {
    const bool too_large = text.error().error_class == ErrorClass::kInvalid;
    return Unexpected(
        Error{too_large ? ErrorClass::kFatal : ErrorClass::kTransient, path_ + ": " + text.error().message});
  }
  content_ = *std::move(text);
  stamp_ = now;
  return content_;
}

Result<ExecCredential> ParseExecCredential(const ExecPlugin& plugin, const std::string& output) {
  const std::string where = "exec plug-in " + plugin.command + ": ";
  Result<JsonDocument> doc = JsonDocument::Parse(output, kMaxFile);
  if (!doc) return Unexpected(Error{ErrorClass::kFatal, where + "its output is not JSON"});
  const JsonNode root = doc->root();
  if (root.StringAt("kind") != "ExecCredential" || root.StringAt("apiVersion") != plugin.api_version) {
    return Unexpected(
        Error{ErrorClass::kFatal, where + "its output is not an ExecCredential of " + plugin.api_version});
  }
  const std::optional<JsonNode> status = root.Find("status");
  if (!status) return Unexpected(Error{ErrorClass::kFatal, where + "its output has no status"});
  Result<Secret> token = CheckToken(where, std::string(status->StringAt("token")));
  if (!token) return Unexpected(token.error());
  ExecCredential credential{*token, std::string(status->StringAt("clientCertificateData")),
                            Secret(std::string(status->StringAt("clientKeyData"))), std::nullopt};
  if (credential.certificate_pem.empty() != credential.key_pem.empty()) {
    return Unexpected(Error{ErrorClass::kFatal, where + "gave half of a client certificate"});
  }
  if (credential.token.empty() && credential.certificate_pem.empty()) {
    return Unexpected(Error{ErrorClass::kFatal, where + "gave neither a token nor a client certificate"});
  }
  const std::string_view expires = status->StringAt("expirationTimestamp");
  Timestamp at;
  if (!expires.empty()) {
    if (!Timestamp::Parse(expires, &at)) {
      return Unexpected(Error{ErrorClass::kFatal, where + "status.expirationTimestamp is not a time"});
    }
    credential.expires = at;
  }
  return credential;
}

Credentials::Credentials(ClusterConfig config, std::unique_ptr<ExecRunner> runner, const Clock* clock)
    : config_(std::move(config)),
      runner_(std::move(runner)),
      clock_(clock),
      token_(config_.token_file),
      ca_(config_.ca_file),
      certificate_(config_.client_certificate_file),
      key_(config_.client_key_file) {}

Result<ExecCredential> Credentials::Exec() {
  if (exec_ && (!exec_->expires || clock_->WallNow() < *exec_->expires)) return *exec_;
  Result<std::string> ca = InlineOrFile(config_.ca_pem, config_.ca_file, ca_);
  if (!ca) return Unexpected(ca.error());
  Result<std::string> output = runner_->Run(*config_.exec, ExecInfo(*config_.exec, config_, *ca));
  if (!output) return Unexpected(output.error());
  Result<ExecCredential> parsed = ParseExecCredential(*config_.exec, *output);
  if (!parsed) return Unexpected(parsed.error());
  exec_ = *parsed;
  return *parsed;
}

Result<Credential> Credentials::Get() {
  std::lock_guard lock(mutex_);
  Credential out;
  Result<std::string> ca = InlineOrFile(config_.ca_pem, config_.ca_file, ca_);
  if (!ca) return Unexpected(ca.error());
  out.ca_pem = std::move(*ca);
  Result<std::string> certificate =
      InlineOrFile(config_.client_certificate_pem, config_.client_certificate_file, certificate_);
  if (!certificate) return Unexpected(certificate.error());
  Result<std::string> key = InlineOrFile(config_.client_key_pem.Reveal(), config_.client_key_file, key_);
  if (!key) return Unexpected(key.error());
  out.certificate_pem = std::move(*certificate);
  out.key_pem = Secret(std::move(*key));
  Result<std::string> token = InlineOrFile("", config_.token_file, token_);
  if (!token) return Unexpected(token.error());
  Result<Secret> checked =
      CheckToken(config_.token_file, config_.token_file.empty() ? config_.token.Reveal() : std::move(*token));
  if (!checked) return Unexpected(checked.error());
  out.token = std::move(*checked);
  if (config_.exec && out.token.empty()) {
    Result<ExecCredential> exec = Exec();
    if (!exec) return Unexpected(exec.error());
    out.token = exec->token;
    if (!exec->certificate_pem.empty()) {
      out.certificate_pem = exec->certificate_pem;
      out.key_pem = exec->key_pem;
    }
  }
  return out;
}

bool Credentials::Rejected(const Credential& used) {
  {
    std::lock_guard lock(mutex_);
    token_.Forget();
    ca_.Forget();
    certificate_.Forget();
    key_.Forget();
    // Another thread may have renewed it already: then the new one has not been refused.
    if (exec_ && exec_->token == used.token &&
        (exec_->certificate_pem.empty() || exec_->certificate_pem == used.certificate_pem)) {
      exec_.reset();
    }
  }
  Result<Credential> now = Get();
  return now && !(now->token == used.token && now->SameTls(used));
}

}  // namespace fairlead::kube
