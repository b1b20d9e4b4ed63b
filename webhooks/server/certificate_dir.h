// CertificateDir: the certificate of a mounted folder (tls.crt, tls.key), read anew when the folder changes.
//
// Who calls: the composition root. cert-manager writes a Secret, and the kubelet mounts it. A pair that is
// half written, or does not fit, is reported and passed over; what came before it stays in use.
//
//   CertificateDir dir("/certs", "");
//   Result<TlsMaterial> first = dir.Read();
//   dir.Watch([&](Result<TlsMaterial> now) { … });
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "crds/base/result.h"
#include "webhooks/server/folder_watch.h"
#include "webhooks/server/tls_context.h"

namespace fairlead::webhooks {

// The authorities of whoever may call, of a file. An error: it cannot be read, or holds none.
Result<std::string> ReadClientAuthorities(const std::string& file);

class CertificateDir {
 public:
  // `client_ca_file` may be empty: clients are not asked for a certificate.
  CertificateDir(std::string dir, std::string client_ca_file);

  Result<TlsMaterial> Read() const;
  // Calls on a thread of its own, until the end of this: once at the start, and then after changes, each time
  // that what is read differs from the last.
  Result<void> Watch(std::function<void(Result<TlsMaterial>)> changed);

 private:
  const std::string dir_;
  const std::string client_ca_file_;
  std::unique_ptr<FolderWatch> watch_;
};

}  // namespace fairlead::webhooks
