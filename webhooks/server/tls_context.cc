#include "webhooks/server/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <vector>

#include "webhooks/openssl/handles.h"

namespace fairlead::webhooks {
namespace {

using openssl::BioPtr;
using openssl::KeyPtr;
using openssl::Open;
using openssl::X509Ptr;

constexpr const char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

Unexpected<Error> Wrong(std::string message) {
  ERR_clear_error();
  return Unexpected(Error{ErrorClass::kInvalid, std::move(message)});
}

std::vector<X509Ptr> ReadCertificates(const std::string& pem) {
  const BioPtr bio = Open(pem);
  std::vector<X509Ptr> out;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    out.emplace_back(certificate);
  ERR_clear_error();  // the end of the text
  return out;
}

int NoPassword(char*, int, int, void*) { return -1; }

Result<void> UsePair(SSL_CTX* context, const TlsMaterial& material) {
  std::vector<X509Ptr> chain = ReadCertificates(material.certificate_pem);
  if (chain.empty()) return Wrong("there is no certificate in it");
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return Wrong("its certificate cannot be used");
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return Wrong("its chain cannot be used");
  }
  const KeyPtr key(
      PEM_read_bio_PrivateKey(Open(material.key_pem.Reveal()).get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return Wrong("there is no private key in it that can be read without a password");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return Wrong("certificate and key do not belong together");
  }
  return {};
}

Result<void> AskForClients(SSL_CTX* context, const std::string& ca_pem) {
  const std::vector<X509Ptr> authorities = ReadCertificates(ca_pem);
  if (authorities.empty()) return Wrong("there is no certificate among the authorities of clients");
  for (const X509Ptr& authority : authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return Wrong("an authority of clients cannot be used");
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

}  // namespace

Result<void> CheckClientAuthorities(const std::string& ca_pem) {
  const TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return Wrong("OpenSSL has no memory");
  return AskForClients(context.get(), ca_pem);
}

Result<TlsContext> MakeTlsContext(const TlsMaterial& material) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return Wrong("OpenSSL has no memory");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);  // of idle connections
  if (Result<void> used = UsePair(context.get(), material); !used) return Unexpected(used.error());
  if (!material.client_ca_pem.empty()) {
    if (Result<void> asked = AskForClients(context.get(), material.client_ca_pem); !asked) {
      return Unexpected(asked.error());
    }
  }
  return context;
}

}  // namespace fairlead::webhooks
