#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

#include "webhooks/openssl/handles.h"

namespace fairlead::testing {
namespace {

using openssl::BioPtr;
using openssl::ExtensionPtr;
using openssl::KeyPtr;
using openssl::TextOf;
using openssl::X509Ptr;

void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "certificates: %s failed\n", what);
  std::abort();
}

std::string PrivatePem(EVP_PKEY* key) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "key");
  return TextOf(bio.get());
}

std::string CertificatePem(X509* certificate) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(bio.get(), certificate) == 1, "certificate");
  return TextOf(bio.get());
}

void AddName(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Check(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension.get(), -1);
}

X509Ptr NewCertificate(EVP_PKEY* key, std::chrono::seconds valid_for) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  unsigned char serial[16];
  Check(RAND_bytes(serial, sizeof(serial)) == 1, "random");
  serial[0] &= 0x7f;
  openssl::NumberPtr number(BN_bin2bn(serial, sizeof(serial), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_for.count());
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

std::string AlternativeNames(const CertificateRequest& request) {
  std::string out;
  const auto add = [&out](const char* type, const std::string& value) {
    out += (out.empty() ? "" : ",") + std::string(type) + ":" + value;
  };
  for (const std::string& name : request.dns) add("DNS", name);
  for (const std::string& ip : request.ip) add("IP", ip);
  for (const std::string& uri : request.uri) add("URI", uri);
  return out;
}

}  // namespace

struct TestCa::Handles {
  KeyPtr key;
  X509Ptr certificate;
};

TestCa::TestCa(const std::string& common_name) : handles_(std::make_unique<Handles>()) {
  handles_->key.reset(EVP_EC_gen("P-256"));
  Check(handles_->key != nullptr, "CA key");
  handles_->certificate = NewCertificate(handles_->key.get(), std::chrono::hours(24));
  X509* certificate = handles_->certificate.get();
  AddName(X509_get_subject_name(certificate), "CN", common_name);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature");
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  Check(X509_sign(certificate, handles_->key.get(), EVP_sha256()) > 0, "CA signature");
  certificate_pem_ = CertificatePem(certificate);
  key_pem_ = PrivatePem(handles_->key.get());
}

TestCa::~TestCa() = default;

KeyPair TestCa::Issue(const CertificateRequest& request) const {
  KeyPtr key(EVP_EC_gen("P-256"));
  Check(key != nullptr, "key");
  X509* issuer = handles_->certificate.get();
  X509Ptr certificate = NewCertificate(key.get(), request.valid_for);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  for (const std::string& organization : request.organizations) AddName(subject, "O", organization);
  if (!request.common_name.empty()) AddName(subject, "CN", request.common_name);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  AddExtension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(certificate.get(), issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment");
  AddExtension(certificate.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  AddExtension(certificate.get(), issuer, NID_authority_key_identifier, "keyid");
  const std::string names = AlternativeNames(request);
  if (!names.empty()) AddExtension(certificate.get(), issuer, NID_subject_alt_name, names);
  Check(X509_sign(certificate.get(), handles_->key.get(), EVP_sha256()) > 0, "signature");
  return {CertificatePem(certificate.get()), PrivatePem(key.get())};
}

SigningKey MakeSigningKey() {
  KeyPtr key(EVP_RSA_gen(2048));
  Check(key != nullptr, "RSA key");
  BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PUBKEY(bio.get(), key.get()) == 1, "public key");
  return {PrivatePem(key.get()), TextOf(bio.get())};
}

}  // namespace fairlead::testing
