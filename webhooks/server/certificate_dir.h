// CertificateDir: the certificate of a mounted folder (tls.crt, tls.key), read anew when the folder changes.
//
// Who calls: the composition root. cert-manager writes a Secret, the kubelet mounts it and swaps the link
// `..data`; inotify tells of that, and of files that are written in place, so nothing is polled. A pair that
// is half written, or does not fit, is reported and passed over; what came before it stays in use. One thread
// of its own.
//
//   CertificateDir dir("/certs", "");
//   Result<TlsMaterial> first = dir.Read();
//   dir.Watch([&](Result<TlsMaterial> now) { … });
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "crds/base/result.h"
#include "webhooks/server/tls_context.h"

namespace fairlead::webhooks {

class CertificateDir {
 public:
  // `client_ca_file` may be empty: clients are not asked for a certificate.
  CertificateDir(std::string dir, std::string client_ca_file);
  ~CertificateDir();  // ends the watch
  CertificateDir(const CertificateDir&) = delete;
  CertificateDir& operator=(const CertificateDir&) = delete;

  Result<TlsMaterial> Read() const;
  // Calls on a thread of its own: once at the start, so that nothing is missed between Read and Watch, and
  // then after changes, each time that what is read differs from the last.
  Result<void> Watch(std::function<void(Result<TlsMaterial>)> changed);

 private:
  void Run(const std::function<void(Result<TlsMaterial>)>& changed) const;

  const std::string dir_;
  const std::string client_ca_file_;
  int inotify_ = -1;
  int stop_ = -1;  // an eventfd
  std::thread thread_;
};

}  // namespace fairlead::webhooks
