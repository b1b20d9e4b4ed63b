// TlsTrouble: why the certificate of a server was not believed. The HTTP library says no more than that the
// handshake failed.
//
// Who calls: the transport: Attach once for each TLS context, About when a request has failed. Thread-safe.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

namespace fairlead::kube {

class TlsTrouble {
 public:
  // The context keeps it alive. Judges as OpenSSL does, and the name as whoever uses the context does.
  static void Attach(const std::shared_ptr<TlsTrouble>& trouble, SSL_CTX* context);

  // In words, what to do included. `error_code`: OpenSSL's, of the handshake. "": nothing is known.
  std::string About(unsigned long error_code) const;

 private:
  static int Judge(X509_STORE_CTX* chain, void* trouble);

  mutable std::mutex mutex_;
  std::string certificate_;  // what was wrong with the last one
};

}  // namespace fairlead::kube
