// Certificates for tests: a CA made on the spot, and what it signs. ECDSA P-256, valid from an hour ago for a
// day (or as told, so that expiry can be tested).
//
// Who calls: test support and integration tests. Values; one thread at a time.
//
//   TestCa ca("cluster-ca");
//   KeyPair server = ca.Issue({.common_name = "kube-apiserver", .dns = {"localhost"}, .ip = {"127.0.0.1"}});
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::testing {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> organizations;  // Kubernetes reads them as groups
  std::vector<std::string> dns;
  std::vector<std::string> ip;
  std::vector<std::string> uri;
  std::chrono::seconds valid_for = std::chrono::hours(24);
};

class TestCa {
 public:
  explicit TestCa(const std::string& common_name);
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  const std::string& certificate_pem() const { return certificate_pem_; }
  const std::string& key_pem() const { return key_pem_; }
  KeyPair Issue(const CertificateRequest& request) const;  // good for servers and clients

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
  std::string certificate_pem_;
  std::string key_pem_;
};

// A key pair for signing tokens: the private key and the public key, as PEM.
struct SigningKey {
  std::string private_pem;
  std::string public_pem;
};
SigningKey MakeSigningKey();  // RSA 2048

}  // namespace fairlead::testing
