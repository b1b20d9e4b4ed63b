// The environment variables by which OpenSSL finds the system's authorities, and why we set them.
//
// cpprestsdk loads the default authorities for each connection: they would be trusted beside the cluster's
// own, and parsing them costs ten times the CPU and eight times the memory of the connection. With
// SSL_CERT_FILE=/dev/null nothing is loaded; a cluster without an authority of its own gets the system's by
// name. Children must not inherit that. Who calls: the transport's first use, the exec plug-ins.
#pragma once

#include <string>
#include <vector>

namespace fairlead::kube {

void HideSystemAuthorities();                      // once; before any thread reads the environment
bool IsOurTlsVariable(const std::string& entry);   // of environ: "SSL_CERT_FILE=…"
std::vector<std::string> InheritedTlsVariables();  // as they were before

}  // namespace fairlead::kube
