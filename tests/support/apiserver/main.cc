// fairlead-apiserver: the embedded API server as a program, for use by hand and by the demo.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "tests/support/apiserver/server.h"

namespace {

using fairlead::apiserver::ApiServer;
using fairlead::apiserver::ServerOptions;

constexpr char kUsage[] =
    "fairlead-apiserver: an in-memory Kubernetes API server for demos and tests.\n"
    "  --listen HOST:PORT        where to listen (127.0.0.1:0)\n"
    "  --kubeconfig-out FILE     writes a kubeconfig that kubectl can use\n"
    "  --crds DIR|FILE           manifests to apply at start (repeat)\n"
    "  --openapi DIR             Kubernetes' OpenAPI v3 documents, for checks of built-in kinds\n"
    "                            ($FAIRLEAD_CACHE/current/openapi/v3; \"\" for none)\n"
    "  --tls-cert, --tls-key, --tls-ca FILE\n"
    "  --token TOKEN             asks for this bearer token\n"
    "Faults: POST, GET, DELETE /faults; POST /faults/compact, /faults/freeze?type=/services, /faults/thaw.\n"
    "Counts of requests: GET /audit?userAgent=fairlead-operator; DELETE /audit begins anew.\n";

struct Flags {
  ServerOptions server;
  std::string kubeconfig_out;
  std::string token;
  std::vector<std::string> manifests;
};

bool Listen(const std::string& text, ServerOptions* out) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  out->host = text.substr(0, colon);
  out->port = static_cast<uint16_t>(atoi(text.c_str() + colon + 1));
  return true;
}

bool Parse(int argc, char** argv, Flags* out) {
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    std::string value;
    if (const size_t eq = flag.find('='); eq != std::string::npos) {
      value = flag.substr(eq + 1);
      flag.resize(eq);
    } else if (i + 1 < argc) {
      value = argv[++i];
    } else {
      return false;
    }
    if (flag == "--listen") {
      if (!Listen(value, &out->server)) return false;
    } else if (flag == "--kubeconfig-out") {
      out->kubeconfig_out = value;
    } else if (flag == "--crds") {
      out->manifests.push_back(value);
    } else if (flag == "--openapi") {
      out->server.api.openapi_dir = value;
    } else if (flag == "--tls-cert") {
      out->server.tls.certificate = value;
    } else if (flag == "--tls-key") {
      out->server.tls.key = value;
    } else if (flag == "--tls-ca") {
      out->server.tls.ca = value;
    } else if (flag == "--token") {
      out->token = value;
      out->server.api.tokens[value] = fairlead::apiserver::User();
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  flags.server.api.openapi_dir = fairlead::apiserver::DefaultOpenapiDir();
  if (!Parse(argc, argv, &flags)) {
    fputs(kUsage, stderr);
    return 2;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signal(SIGPIPE, SIG_IGN);
  auto server = ApiServer::Start(flags.server);
  if (!server) {
    fprintf(stderr, "fairlead-apiserver: %s\n", server.error().message.c_str());
    return 1;
  }
  for (const std::string& path : flags.manifests) {
    if (auto applied = (*server)->ApplyFiles(path); !applied) {
      fprintf(stderr, "fairlead-apiserver: %s\n", applied.error().message.c_str());
      return 1;
    }
  }
  if (!flags.kubeconfig_out.empty())
    std::ofstream(flags.kubeconfig_out) << (*server)->kubeconfig(flags.token);
  printf("listening on %s\n", (*server)->url().c_str());
  fflush(stdout);
  int signal_number = 0;
  sigwait(&stop, &signal_number);
  (*server)->Stop();
  return 0;
}
