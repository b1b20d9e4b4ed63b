#include "webhooks/certificates/x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "webhooks/openssl/handles.h"

namespace fairlead::webhooks {
namespace {

using openssl::BioPtr;
using openssl::ExtensionPtr;
using openssl::KeyPtr;
using openssl::NumberPtr;
using openssl::Open;
using openssl::TextOf;
using openssl::X509Ptr;
using TimePtr = std::unique_ptr<ASN1_TIME, openssl::Free<ASN1_TIME_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, openssl::Free<GENERAL_NAMES_free>>;

constexpr int64_t kSkew = 3600;
constexpr size_t kMaxBundle = 1u << 20;

Unexpected<Error> Failed(const char* what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof(text));
  ERR_clear_error();
  return Unexpected(Error{ErrorClass::kTransient, std::string(what) + ": " + text});
}

int NoPassword(char*, int, int, void*) { return -1; }

X509Ptr ReadCertificate(const std::string& pem) {
  X509Ptr out(PEM_read_bio_X509(Open(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

KeyPtr ReadKey(const Secret& pem) {
  KeyPtr out(PEM_read_bio_PrivateKey(Open(pem.Reveal()).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  return out;
}

std::string Print(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  return PEM_write_bio_X509(bio.get(), certificate) == 1 ? TextOf(bio.get()) : "";
}

KeyPair Print(X509* certificate, EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return {Print(certificate), Secret(TextOf(bio.get()))};
}

Timestamp TimeOf(const ASN1_TIME* time) {
  const TimePtr epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  ASN1_TIME_diff(&days, &seconds, epoch.get(), time);
  return {int64_t{days} * 86'400 + seconds};
}

bool SetSerial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, and of full length
  const NumberPtr number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Unsigned: subject, key, serial number and times.
X509Ptr Begin(const std::string& common_name, EVP_PKEY* key, Timestamp now, std::chrono::seconds lifetime) {
  X509Ptr out(X509_new());
  const std::string name = common_name.substr(0, 64);  // ub-common-name
  const bool ok = out != nullptr && X509_set_version(out.get(), X509_VERSION_3) == 1 &&
                  SetSerial(out.get()) &&
                  ASN1_TIME_set(X509_getm_notBefore(out.get()), now.seconds - kSkew) != nullptr &&
                  ASN1_TIME_set(X509_getm_notAfter(out.get()), now.seconds + lifetime.count()) != nullptr &&
                  X509_set_pubkey(out.get(), key) == 1 &&
                  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8,
                                             reinterpret_cast<const unsigned char*>(name.data()),
                                             static_cast<int>(name.size()), -1, 0) == 1;
  return ok ? std::move(out) : nullptr;
}

}  // namespace

Result<KeyPair> MakeAuthority(const std::string& common_name, Timestamp now, std::chrono::seconds lifetime) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed("no key");
  const X509Ptr made = Begin(common_name, key.get(), now, lifetime);
  X509* c = made.get();
  if (c == nullptr || X509_set_issuer_name(c, X509_get_subject_name(c)) != 1 ||
      !AddExtension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !AddExtension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(c, c, NID_subject_key_identifier, "hash") || X509_sign(c, key.get(), EVP_sha256()) <= 0) {
    return Failed("no authority");
  }
  return Print(c, key.get());
}

Result<KeyPair> MakeServing(const KeyPair& authority, const std::set<std::string>& names, Timestamp now,
                            std::chrono::seconds lifetime) {
  const X509Ptr issuer = ReadCertificate(authority.certificate_pem);
  const KeyPtr issuer_key = ReadKey(authority.key_pem);
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (issuer == nullptr || issuer_key == nullptr || key == nullptr || names.empty())
    return Failed("no authority");
  std::string alternatives;
  for (const std::string& name : names) alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
  const X509Ptr made = Begin(*names.begin(), key.get(), now, lifetime);
  X509* c = made.get();
  if (c == nullptr || X509_set_issuer_name(c, X509_get_subject_name(issuer.get())) != 1 ||
      !AddExtension(c, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(c, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(c, issuer.get(), NID_ext_key_usage, "serverAuth") ||
      !AddExtension(c, issuer.get(), NID_authority_key_identifier, "keyid") ||
      !AddExtension(c, issuer.get(), NID_subject_alt_name, alternatives) ||
      X509_sign(c, issuer_key.get(), EVP_sha256()) <= 0) {
    return Failed("no certificate");
  }
  return Print(c, key.get());
}

std::optional<CertificateFacts> ReadFacts(const std::string& certificate_pem) {
  const X509Ptr certificate = ReadCertificate(certificate_pem);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (certificate == nullptr || X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1)
    return std::nullopt;
  CertificateFacts out;
  constexpr std::string_view kHex = "0123456789abcdef";
  for (unsigned int i = 0; i < size; ++i) (out.id += kHex[digest[i] >> 4]) += kHex[digest[i] & 15];
  out.from = TimeOf(X509_get0_notBefore(certificate.get()));
  out.until = TimeOf(X509_get0_notAfter(certificate.get()));
  return out;
}

std::set<std::string> ReadNames(const std::string& certificate_pem) {
  std::set<std::string> out;
  const X509Ptr certificate = ReadCertificate(certificate_pem);
  if (certificate == nullptr) return out;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    out.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return out;
}

bool IsSignedBy(const std::string& certificate_pem, const std::string& authority_pem) {
  const X509Ptr certificate = ReadCertificate(certificate_pem), authority = ReadCertificate(authority_pem);
  if (certificate == nullptr || authority == nullptr) return false;
  const bool good = X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
  ERR_clear_error();
  return good;
}

bool IsPair(const KeyPair& pair) {
  const X509Ptr certificate = ReadCertificate(pair.certificate_pem);
  const KeyPtr key = ReadKey(pair.key_pem);
  const bool good =
      certificate != nullptr && key != nullptr && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return good;
}

std::vector<std::string> SplitPem(const std::string& bundle_pem, size_t* strange) {
  std::vector<std::string> out;
  constexpr std::string_view kBegin = "-----BEGIN ", kCertificate = "-----BEGIN CERTIFICATE-----";
  if (bundle_pem.size() > kMaxBundle) {
    if (strange != nullptr) ++*strange;
    return out;
  }
  for (size_t at = bundle_pem.find(kBegin); at != std::string::npos;) {
    const size_t end = bundle_pem.find(kBegin, at + kBegin.size());
    const std::string block = bundle_pem.substr(at, end == std::string::npos ? end : end - at);
    const X509Ptr certificate = block.starts_with(kCertificate) ? ReadCertificate(block) : nullptr;
    if (certificate != nullptr) {
      out.push_back(Print(certificate.get()));
    } else if (strange != nullptr) {
      ++*strange;
    }
    at = end;
  }
  return out;
}

}  // namespace fairlead::webhooks
