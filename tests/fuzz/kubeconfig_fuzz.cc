// Any bytes as a kubeconfig, and as what an exec plug-in printed: an error or a value, whose server
// is a URL that the transport can use.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "operator/kube/config.h"
#include "operator/kube/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fairlead::kube;
  if (size > 1u << 16) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto config = ParseKubeconfig({{"/home/me/.kube/config", text}})) {
    const bool https = config->server.rfind("https://", 0) == 0;
    const bool http = config->server.rfind("http://", 0) == 0;
    if (!https && !http) std::abort();
    if (config->server.find_first_of(" \t\r\n?#@") != std::string::npos) std::abort();
  } else if (config.error().message.empty()) {
    std::abort();
  }
  const ExecPlugin plugin{.command = "login", .api_version = "client.authentication.k8s.io/v1"};
  if (const auto credential = ParseExecCredential(plugin, text)) {
    if (credential->token.empty() && credential->certificate_pem.empty()) std::abort();
  }
  return 0;
}
