#include "tests/bench/webhook.h"

#include "tests/bench/groups.h"

namespace fairlead::bench {
namespace {

std::string Review(const std::string& kind, const std::string& object) {
  return R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705ab4f5-6393",)" +
         kind +
         R"(,"name":"ratings","namespace":"team-7","operation":"CREATE","userInfo":{"username":"admin",)"
         R"("groups":["system:masters","system:authenticated"]},"object":)" +
         object + R"(,"oldObject":null,"dryRun":false}})";
}

}  // namespace

WebhookCertificate::WebhookCertificate()
    : pair_(ca_.Issue({.common_name = "webhooks", .dns = {"localhost"}, .ip = {"127.0.0.1"}})) {
  testing::WriteFile(dir_ / "tls.crt", pair_.certificate_pem);
  testing::WriteFile(dir_ / "tls.key", pair_.key_pem);
}

Caller::Caller(const std::string& ca_pem, int port) : client_({.port = port, .ca_pem = ca_pem}) {}

Result<Called> Caller::Post(const std::string& path, const std::string& body, const std::string& token) {
  const Time start = std::chrono::steady_clock::now();
  testing::TlsReply reply = client_.Post(path, body, token);
  if (reply.status == 0) return Unexpected(Failure("a call got no reply: " + client_.problem()));
  return Called{Duration(std::chrono::steady_clock::now() - start).count(), reply.status,
                reply.body.find("\"allowed\":true") != std::string::npos, std::move(reply.body)};
}

std::string PolicyOfName(const std::string& name, const std::string& labels, const std::string& service,
                         const std::string& timeout) {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":")" + name +
         R"(","namespace":"team-7","labels":{)" + labels +
         R"(}},"spec":{"targetRefs":[{"group":"","kind":"Service","name":")" + service +
         R"("}],"timeouts":{"request":")" + timeout + R"("}}})";
}

std::string ReviewOf(const std::string& timeout) {
  return Review(
      R"("kind":{"group":"fairlead.dev","version":"v1alpha1","kind":"RetryTimeoutPolicy"},)"
      R"("resource":{"group":"fairlead.dev","version":"v1alpha1","resource":"retrytimeoutpolicies"})",
      PolicyOfName("ratings", "", "ratings", timeout));
}

std::string ReviewOfNobodys() {
  return Review(R"("kind":{"group":"","version":"v1","kind":"ConfigMap"},)"
                R"("resource":{"group":"","version":"v1","resource":"configmaps"})",
                PolicyOfName("ratings", "", "ratings", "5s"));
}

std::string BadReview() {
  return "{\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"" + std::string(4096, 'x');
}

}  // namespace fairlead::bench
