// The operator's flags, in the manner of kubebuilder. Parsed once; every value is checked here, with the
// flag's name in the error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "reconcilers/rights/rights.h"

namespace fairlead::app {

enum class Role { kControllers, kWebhooks, kControlPlane };

struct BindAddress {
  std::string host;  // "127.0.0.1", "0.0.0.0", "::"
  uint16_t port = 0;
  std::string ToString() const;
};
// "host:port", ":port" (all addresses), "[::1]:port". nullopt for "" and "0": off.
Result<std::optional<BindAddress>> ParseBindAddress(const std::string& text);

struct Options {
  std::string kubeconfig;  // empty: KUBECONFIG, then in-cluster, then ~/.kube/config
  std::set<Role> roles = {Role::kControllers, Role::kWebhooks, Role::kControlPlane};
  bool leader_elect = false;
  std::chrono::milliseconds lease_duration{15'000};
  std::chrono::milliseconds lease_renew_deadline{10'000};
  std::chrono::milliseconds lease_retry_period{2'000};
  std::optional<BindAddress> metrics;
  std::optional<BindAddress> health;
  std::optional<BindAddress> xds;            // mTLS
  std::string xds_cert_dir;                  // tls.crt, tls.key, ca.crt
  std::optional<BindAddress> xds_plaintext;  // loopback only
  std::optional<BindAddress> webhooks;       // HTTPS; served where webhook_cert_dir or webhook_secret is set
  std::string webhook_cert_dir;              // tls.crt, tls.key
  std::string webhook_secret;                // in ns: the certificates are our own
  std::string webhook_service;               // in ns: whose names they are for
  std::string webhook_configuration;         // of which we keep the caBundle; empty: of none
  std::chrono::milliseconds webhook_drain{10'000};  // how long they are served on at the end
  std::string webhook_client_ca;                    // file; empty: who calls is not asked for a certificate
  bool ledger = false;                              // record changes of policies
  uint32_t ledger_per_policy = 20, ledger_per_namespace = 1000, ledger_in_all = 20'000;
  BindAddress waypoint_plaintext;  // where waypoints without a tunnel listen
  std::string ns = "fairlead-system";
  std::string identity;      // of the lease holder; default host name and process id
  std::string peer_address;  // where other replicas reach our xDS server; empty: as it listens, if that says
  std::string cluster_domain = "cluster.local";
  std::string trust_domain = "cluster.local";
  bool ztunnel_dry_run = false;  // every ztunnel knows istio.io/dry-run
  std::vector<std::string> break_glass_groups = reconcilers::AdministratorGroups();
  std::string cluster_name = "Kubernetes";
  bool clusters = false;                                   // read Secrets of other clusters in ns
  std::chrono::milliseconds cluster_stale_limit{900'000};  // how long what was known of one stays in force
  bool istio_mode = false;
  std::string log_level = "info";
  std::string log_format = "text";
};

// `help` holds the text when the user asked for it; an error is a usage error (exit 2).
struct ParsedOptions {
  Options options;
  std::string help;
};
Result<ParsedOptions> ParseOptions(const std::vector<std::string>& arguments);

}  // namespace fairlead::app
