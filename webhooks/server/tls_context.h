// TlsContext: a server's certificate, key and rules as one immutable value that new handshakes use.
//
// Who calls: the webhook server, which swaps one for another while connections of the old one go on. TLS 1.2
// with forward secrecy, or 1.3; no renegotiation, no session tickets, so that nothing outlives a certificate.
// Any thread.
//
//   Result<TlsContext> tls = MakeTlsContext({.certificate_pem = chain, .key_pem = Secret(key)});
#pragma once

#include <memory>
#include <string>

#include "crds/base/result.h"
#include "crds/base/secret.h"

struct ssl_ctx_st;  // SSL_CTX

namespace fairlead::webhooks {

struct TlsMaterial {
  std::string certificate_pem;  // the server's, then those that lead to its CA
  Secret key_pem;
  std::string client_ca_pem;  // not empty: who calls must show a certificate of one of these
  friend bool operator==(const TlsMaterial&, const TlsMaterial&) = default;
};

using TlsContext = std::shared_ptr<ssl_ctx_st>;

// An error: no certificate, no key, or not a pair.
Result<TlsContext> MakeTlsContext(const TlsMaterial& material);

// Whether TlsMaterial may have this as client_ca_pem.
Result<void> CheckClientAuthorities(const std::string& ca_pem);

}  // namespace fairlead::webhooks
