#include "webhooks/server/certificate_dir.h"

#include <utility>
#include <vector>

#include "crds/base/file.h"

namespace fairlead::webhooks {
namespace {

constexpr size_t kMaxFile = 1u << 20;

Result<std::string> ReadFile(const std::string& path) {
  Result<std::string> text = ReadWholeFile(path, kMaxFile);
  if (text) return text;
  return Unexpected(Error{ErrorClass::kInvalid, path + ": " + text.error().message});
}

}  // namespace

Result<std::string> ReadClientAuthorities(const std::string& file) {
  Result<std::string> pem = ReadFile(file);
  if (!pem) return pem;
  if (Result<void> usable = CheckClientAuthorities(*pem); !usable)
    return Unexpected(Error{ErrorClass::kInvalid, file + ": " + usable.error().message});
  return pem;
}

CertificateDir::CertificateDir(std::string dir, std::string client_ca_file)
    : dir_(std::move(dir)), client_ca_file_(std::move(client_ca_file)) {}

Result<TlsMaterial> CertificateDir::Read() const {
  Result<std::string> certificate = ReadFile(dir_ + "/tls.crt");
  if (!certificate) return Unexpected(certificate.error());
  Result<std::string> key = ReadFile(dir_ + "/tls.key");
  if (!key) return Unexpected(key.error());
  TlsMaterial out{std::move(*certificate), Secret(std::move(*key)), ""};
  if (!client_ca_file_.empty()) {
    Result<std::string> ca = ReadClientAuthorities(client_ca_file_);
    if (!ca) return Unexpected(ca.error());
    out.client_ca_pem = std::move(*ca);
  }
  // Files that were written one after the other: the pair is whole once both fit.
  if (Result<TlsContext> usable = MakeTlsContext(out); !usable) {
    return Unexpected(Error{ErrorClass::kInvalid, dir_ + ": " + usable.error().message});
  }
  return out;
}

Result<void> CertificateDir::Watch(std::function<void(Result<TlsMaterial>)> changed) {
  std::vector<std::string> folders = {dir_};
  if (!client_ca_file_.empty()) folders.push_back(FolderOf(client_ca_file_));
  Result<std::unique_ptr<FolderWatch>> watch =
      FolderWatch::Start(folders, OnDifference<TlsMaterial>([this] { return Read(); }, std::move(changed)));
  if (!watch) return Unexpected(watch.error());
  watch_ = std::move(*watch);
  return {};
}

}  // namespace fairlead::webhooks
