#include "operator/kube/tls_trouble.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

namespace fairlead::kube {
namespace {

constexpr int kMaxNames = 8;  // of a certificate, in a message
constexpr int kMaxName = 253;

// A name is the server's to choose, and is printed.
std::string Text(const ASN1_STRING* string) {
  const unsigned char* data = ASN1_STRING_get0_data(string);
  std::string out(data, data + std::min(ASN1_STRING_length(string), kMaxName));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
  return out;
}

std::string AddressText(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  if (ASN1_STRING_length(bytes) == 4) {
    boost::asio::ip::address_v4::bytes_type v4;
    std::copy_n(data, v4.size(), v4.begin());
    return boost::asio::ip::address_v4(v4).to_string();
  }
  if (ASN1_STRING_length(bytes) != 16) return "?";
  boost::asio::ip::address_v6::bytes_type v6;
  std::copy_n(data, v6.size(), v6.begin());
  return boost::asio::ip::address_v6(v6).to_string();
}

// "kubernetes, 10.0.0.1"
std::string NamesOf(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  std::string out;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && i < kMaxNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    out += out.empty() ? "" : ", ";
    out += name->type == GEN_DNS ? Text(name->d.dNSName) : AddressText(name->d.iPAddress);
  }
  return out + (count > kMaxNames ? ", …" : "");
}

std::string ReasonOf(X509_STORE_CTX* chain) {
  const int error = X509_STORE_CTX_get_error(chain);
  // The name is looked at last, and outside: OpenSSL does not know what was wrong.
  if (error == X509_V_OK || error == X509_V_ERR_UNSPECIFIED) {
    const X509* leaf = X509_STORE_CTX_get0_cert(chain);
    const std::string names = leaf == nullptr ? "" : NamesOf(leaf);
    return "the server's certificate is not for the host of the URL, or tls-server-name where that is set, "
           "but for " +
           (names.empty() ? "no name" : names);
  }
  const std::string what =
      std::string("the server's certificate is not believed: ") + X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return what + "; renew it, or set the clock here";
    default:
      return what + "; certificate-authority must name who issued it";
  }
}

// The library keeps of an error its number alone.
bool IsEnd(int error) {
  return error == static_cast<int>(boost::asio::error::eof) ||
         error == static_cast<int>(boost::asio::ssl::error::stream_truncated) ||
         error == static_cast<int>(boost::asio::error::connection_reset);
}

void Release(void*, void* trouble, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::shared_ptr<TlsTrouble>*>(trouble);
}

}  // namespace

void TlsTrouble::Attach(const std::shared_ptr<TlsTrouble>& trouble, SSL_CTX* context) {
  static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, Release);
  SSL_CTX_set_ex_data(context, kIndex, new std::shared_ptr<TlsTrouble>(trouble));
  SSL_CTX_set_cert_verify_callback(context, Judge, trouble.get());
}

int TlsTrouble::Judge(X509_STORE_CTX* chain, void* trouble) {
  const bool good = X509_verify_cert(chain) > 0;
  auto* const self = static_cast<TlsTrouble*>(trouble);
  const std::lock_guard lock(self->mutex_);
  self->certificate_ = good ? "" : ReasonOf(chain);
  return good ? 1 : 0;
}

std::string TlsTrouble::About(unsigned long error_code) const {
  if (ERR_GET_LIB(error_code) == ERR_LIB_SSL &&
      ERR_GET_REASON(error_code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const std::lock_guard lock(mutex_);
    return certificate_;
  }
  if (const char* reason = ERR_reason_error_string(error_code); reason != nullptr) return reason;
  return IsEnd(static_cast<int>(error_code)) ? "the server ended the connection; it may not speak TLS there"
                                             : "";
}

}  // namespace fairlead::kube
