#include "operator/kube/tls_env.h"

#include <cstdlib>
#include <mutex>

namespace fairlead::kube {
namespace {

std::vector<std::string>& Saved() {
  static std::vector<std::string> saved;
  return saved;
}

void Replace(const char* name, const char* value) {
  if (const char* old = std::getenv(name); old != nullptr) Saved().push_back(std::string(name) + "=" + old);
  setenv(name, value, 1);
}

std::once_flag once;

}  // namespace

void HideSystemAuthorities() {
  std::call_once(once, [] {
    Replace("SSL_CERT_FILE", "/dev/null");
    Replace("SSL_CERT_DIR", "/nonexistent");
  });
}

bool IsOurTlsVariable(const std::string& entry) {
  return entry.rfind("SSL_CERT_FILE=", 0) == 0 || entry.rfind("SSL_CERT_DIR=", 0) == 0;
}

std::vector<std::string> InheritedTlsVariables() {
  HideSystemAuthorities();
  return Saved();
}

}  // namespace fairlead::kube
