// Webhook: what calling a webhook over TLS takes: a certificate for the server, reviews to ask, and a caller
// that keeps its connection and times each call.
//
// For the group admission. A Caller is one thread's.
//
//   WebhookCertificate certificate;
//   Caller caller(certificate.ca_pem(), port);
//   Result<Called> called = caller.Review(GoodReview());
#pragma once

#include <string>

#include "tests/bench/rig.h"
#include "tests/support/certificates.h"
#include "tests/support/tls_client.h"

namespace fairlead::bench {

class WebhookCertificate {
 public:
  WebhookCertificate();
  const std::string& ca_pem() const { return ca_.certificate_pem(); }
  const testing::KeyPair& pair() const { return pair_; }
  const std::string& dir() const { return dir_.path(); }  // tls.crt and tls.key, for --webhook-cert-dir

 private:
  testing::TestCa ca_{"bench"};
  testing::KeyPair pair_;
  testing::TempDir dir_;
};

struct Called {
  double milliseconds = 0;
  int status = 0;
  bool allowed = false;  // of a review
  std::string body;
};

class Caller {
 public:
  Caller(const std::string& ca_pem, int port);
  Result<Called> Post(const std::string& path, const std::string& body, const std::string& token = "");
  Result<Called> Review(const std::string& review) { return Post("/validate", review); }

 private:
  testing::TlsClient client_;
};

// A policy with these labels and this timeout for a Service of its namespace, as JSON.
std::string PolicyOfName(const std::string& name, const std::string& labels, const std::string& service,
                         const std::string& timeout);
// Of a policy in namespace team-7 by somebody whose role allows timeouts of up to 30 s.
std::string ReviewOf(const std::string& timeout);
// As long, of a kind that nobody judges.
std::string ReviewOfNobodys();
// No AdmissionReview at all, 4 KB of it.
std::string BadReview();

}  // namespace fairlead::bench
