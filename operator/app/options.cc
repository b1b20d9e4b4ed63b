#include "operator/app/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "cli/arguments/arguments.h"
#include "crds/base/duration.h"
#include "crds/base/ip_address.h"
#include "crds/base/names.h"
#include "crds/base/version.h"

namespace fairlead::app {
namespace {

Unexpected<Error> Usage(std::string message) {
  return Unexpected(Error{ErrorClass::kInvalid, std::move(message)});
}

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool IsAddress(const std::string& host) { return host == "localhost" || ParseIpAddress(host); }

struct Texts {
  std::string metrics = "127.0.0.1:8080";
  std::string health = ":8081";
  std::string xds;
  std::string xds_plaintext;
  std::string webhooks = ":9443";
  std::string webhook_drain = "10s";
  std::string waypoint_plaintext = "127.0.0.1:15080";
  std::vector<std::string> roles = {"controllers", "webhooks", "control-plane"};
  std::string mode = "built-in";
  std::string cluster_stale_limit = "15m";
  std::string lease_duration = "15s", lease_renew_deadline = "10s", lease_retry_period = "2s";
};

void Describe(CLI::App* app, Options* o, Texts* t) {
  app->add_option("--kubeconfig", o->kubeconfig,
                  "Kubeconfig file; default: $KUBECONFIG, in-cluster, ~/.kube/config");
  app->add_option("--roles", t->roles,
                  "What this process does: controllers (writes, by the leader), webhooks (admission; needs "
                  "--webhook-cert-dir or --webhook-secret), control-plane (serves proxies)")
      ->delimiter(',')
      ->capture_default_str();
  app->add_flag("--leader-elect", o->leader_elect,
                "Write to the API server only while holding the lease; for more than one replica");
  app->add_option("--leader-elect-lease-duration", t->lease_duration,
                  "How long others wait before they take the lease")
      ->capture_default_str();
  app->add_option("--leader-elect-renew-deadline", t->lease_renew_deadline,
                  "How long the leader tries to renew")
      ->capture_default_str();
  app->add_option("--leader-elect-retry-period", t->lease_retry_period, "Pause between tries")
      ->capture_default_str();
  app->add_option("--leader-elect-identity", o->identity,
                  "Name in the lease; default: host name and process id");
  app->add_option("--peer-address", o->peer_address,
                  "host:port at which other replicas reach this one's xDS server, to report their proxies to "
                  "the leader; default: its bind address, unless that is all addresses");
  app->add_option("--metrics-bind-address", t->metrics, "Prometheus metrics and /debug/dump; 0 turns it off")
      ->capture_default_str();
  app->add_option("--health-probe-bind-address", t->health, "/healthz and /readyz; 0 turns it off")
      ->capture_default_str();
  app->add_option("--xds-bind-address", t->xds, "xDS over mutual TLS; needs --xds-cert-dir");
  app->add_option("--xds-cert-dir", o->xds_cert_dir,
                  "Folder with tls.crt, tls.key and ca.crt of the xDS server");
  app->add_option("--xds-plaintext-bind-address", t->xds_plaintext,
                  "xDS without TLS, on a loopback address only; off by default");
  app->add_option(
         "--webhook-bind-address", t->webhooks,
         "Admission webhooks over TLS, served where --webhook-cert-dir or --webhook-secret is given; 0 "
         "turns them off")
      ->capture_default_str();
  app->add_option("--webhook-cert-dir", o->webhook_cert_dir,
                  "Folder with tls.crt and tls.key of the webhooks; read anew when it changes");
  app->add_option("--webhook-client-ca", o->webhook_client_ca,
                  "File with the authorities of whoever may call the webhooks; default: anybody may; read "
                  "anew when it changes");
  cli::MustBe(
      app->add_option("--webhook-secret", o->webhook_secret,
                      "Secret in --namespace with certificates of the webhooks that we make and renew "
                      "ourselves, in place of --webhook-cert-dir; needs --webhook-service"),
      CheckDnsSubdomain);
  cli::MustBe(app->add_option("--webhook-service", o->webhook_service,
                              "Service in --namespace by which the API server calls the webhooks"),
              CheckDnsLabel);
  cli::MustBe(
      app->add_option("--webhook-configuration", o->webhook_configuration,
                      "ValidatingWebhookConfiguration whose caBundle is kept in step with --webhook-secret"),
      CheckDnsSubdomain);
  app->add_option(
         "--webhook-drain", t->webhook_drain,
         "How long the webhooks are served on after the signal to end, each connection until its next "
         "reply; 0s: not at all")
      ->capture_default_str();
  app->add_flag("--ledger", o->ledger, "Record each change of a policy as a PolicyChange in its namespace");
  for (const auto& [flag, limit, about] :
       {std::tuple("--ledger-per-policy", &o->ledger_per_policy, "Records kept of one policy, the newest"),
        std::tuple("--ledger-per-namespace", &o->ledger_per_namespace, "Records kept in one namespace"),
        std::tuple("--ledger-in-all", &o->ledger_in_all, "Records kept in the cluster")}) {
    app->add_option(flag, *limit, about)->check(CLI::Range(1, 1'000'000))->capture_default_str();
  }
  app->add_option("--waypoint-plaintext-address", t->waypoint_plaintext,
                  "Where waypoints without a tunnel listen")
      ->capture_default_str();
  CLI::Option* ns =
      app->add_option("--namespace", o->ns, "Our own namespace: the lease, and policies of scope Mesh")
          ->capture_default_str();
  CLI::Option* domain = app->add_option("--cluster-domain", o->cluster_domain, "DNS domain of the cluster")
                            ->capture_default_str();
  cli::MustBe(app->add_option("--trust-domain", o->trust_domain,
                              "Trust domain of the mesh's SPIFFE identities, as istiod's meshConfig has it")
                  ->capture_default_str(),
              CheckDnsSubdomain);
  app->add_flag(
      "--ztunnel-dry-run", o->ztunnel_dry_run,
      "Every ztunnel is of 1.29 or newer: what a Workspace with isolation Audit would refuse is logged "
      "by ztunnel; an older one would refuse it");
  app->add_option("--break-glass-groups", o->break_glass_groups,
                  "Groups of administrators, who may do what no role grants if they say why")
      ->delimiter(',')
      ->capture_default_str();
  cli::MustBe(
      app->add_option("--cluster-name", o->cluster_name, "What policies and other clusters call this cluster")
          ->capture_default_str(),
      CheckLocalityName);
  app->add_flag("--clusters", o->clusters,
                "Join Services with those of other clusters, whose kubeconfigs are in Secrets in --namespace "
                "with the label istio/multiCluster=true");
  app->add_option("--cluster-stale-limit", t->cluster_stale_limit,
                  "How long what was last known of a cluster that cannot be reached stays in force; then its "
                  "endpoints count as not healthy")
      ->capture_default_str();
  cli::MustBe(ns, CheckDnsLabel);
  cli::MustBe(domain, CheckDnsSubdomain);
  cli::OneOf(app->add_option("--mesh-mode", t->mode, "Who drives the data plane")->capture_default_str(),
             {"built-in", "istio"});
  cli::OneOf(
      app->add_option("--log-level", o->log_level, "Least level that is logged")->capture_default_str(),
      {"debug", "info", "warn", "error"});
  cli::OneOf(
      app->add_option("--log-format", o->log_format, "Log lines as text or JSON")->capture_default_str(),
      {"text", "json"});
  app->set_version_flag("--version", "fairlead-operator " + std::string(Version()), "Print the version");
}

Result<void> SetAddress(const char* flag, const std::string& text, std::optional<BindAddress>* out) {
  Result<std::optional<BindAddress>> address = ParseBindAddress(text);
  if (!address) return Usage(std::string(flag) + ": " + address.error().message);
  *out = *address;
  return {};
}

Result<void> SetDuration(const char* flag, const std::string& text, std::chrono::milliseconds* out) {
  Result<Duration> duration = Duration::Parse(text);
  if (!duration) return Usage(std::string(flag) + ": " + duration.error().message);
  if (duration->zero()) return Usage(std::string(flag) + ": must be more than 0s");
  *out = std::chrono::milliseconds(duration->milliseconds());
  return {};
}

Result<void> SetRoles(const Texts& t, Options* o) {
  o->roles.clear();
  for (const std::string& role : t.roles) {
    if (role == "controllers") {
      o->roles.insert(Role::kControllers);
    } else if (role == "webhooks") {
      o->roles.insert(Role::kWebhooks);
    } else if (role == "control-plane") {
      o->roles.insert(Role::kControlPlane);
    } else {
      return Usage("--roles: \"" + role +
                   "\" is not a role; there are controllers, webhooks and control-plane");
    }
  }
  if (o->roles.empty()) return Usage("--roles: at least one role is needed");
  return {};
}

Result<void> SetLease(const Texts& t, Options* o) {
  for (const auto& [flag, text, out] :
       {std::tuple("--leader-elect-lease-duration", &t.lease_duration, &o->lease_duration),
        std::tuple("--leader-elect-renew-deadline", &t.lease_renew_deadline, &o->lease_renew_deadline),
        std::tuple("--leader-elect-retry-period", &t.lease_retry_period, &o->lease_retry_period)}) {
    if (Result<void> r = SetDuration(flag, *text, out); !r) return r;
  }
  if (o->lease_renew_deadline >= o->lease_duration) {
    return Usage("--leader-elect-renew-deadline: must be less than --leader-elect-lease-duration");
  }
  if (o->lease_retry_period >= o->lease_renew_deadline) {
    return Usage("--leader-elect-retry-period: must be less than --leader-elect-renew-deadline");
  }
  return {};
}

Result<void> SetAddresses(const Texts& t, Options* o) {
  if (Result<void> r = SetAddress("--metrics-bind-address", t.metrics, &o->metrics); !r) return r;
  if (Result<void> r = SetAddress("--health-probe-bind-address", t.health, &o->health); !r) return r;
  if (Result<void> r = SetAddress("--xds-bind-address", t.xds, &o->xds); !r) return r;
  if (Result<void> r = SetAddress("--webhook-bind-address", t.webhooks, &o->webhooks); !r) return r;
  if (Result<void> r = SetAddress("--xds-plaintext-bind-address", t.xds_plaintext, &o->xds_plaintext); !r)
    return r;
  std::optional<BindAddress> waypoint;
  if (Result<void> r = SetAddress("--waypoint-plaintext-address", t.waypoint_plaintext, &waypoint); !r)
    return r;
  if (!waypoint) return Usage("--waypoint-plaintext-address: an address is needed");
  o->waypoint_plaintext = *waypoint;
  if (o->xds_plaintext && !IsLoopback(o->xds_plaintext->host)) {
    return Usage(
        "--xds-plaintext-bind-address: " + o->xds_plaintext->ToString() +
        " is not a loopback address; xDS without TLS is served on loopback only, use --xds-bind-address");
  }
  const size_t colon = o->peer_address.rfind(':');
  const bool host_and_port = colon != std::string::npos && colon > 0 && colon + 1 < o->peer_address.size() &&
                             o->peer_address.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  if (!o->peer_address.empty() && !host_and_port) {
    return Usage("--peer-address: \"" + o->peer_address + "\" is not host:port");
  }
  if (o->xds && o->xds_cert_dir.empty()) return Usage("--xds-bind-address: needs --xds-cert-dir");
  return {};
}

Result<void> SetWebhooks(const Texts& t, Options* o) {
  if (t.webhook_drain == "0s") {
    o->webhook_drain = std::chrono::milliseconds(0);
  } else if (Result<void> r = SetDuration("--webhook-drain", t.webhook_drain, &o->webhook_drain); !r) {
    return r;
  }
  const bool mounted = !o->webhook_cert_dir.empty(), own = !o->webhook_secret.empty();
  if (mounted && own) return Usage("--webhook-secret: is in place of --webhook-cert-dir, not beside it");
  if (own && o->webhook_service.empty()) return Usage("--webhook-secret: needs --webhook-service");
  if (!own && !o->webhook_service.empty()) return Usage("--webhook-service: needs --webhook-secret");
  if (!own && !o->webhook_configuration.empty()) {
    return Usage("--webhook-configuration: needs --webhook-secret");
  }
  if (o->roles == std::set{Role::kWebhooks} && (!o->webhooks || (!mounted && !own))) {
    return Usage(
        "--roles: webhooks alone needs --webhook-cert-dir or --webhook-secret, and --webhook-bind-address");
  }
  if (!o->webhook_client_ca.empty() && !mounted && !own) {
    return Usage("--webhook-client-ca: needs --webhook-cert-dir or --webhook-secret");
  }
  return {};
}

std::string DefaultIdentity() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return std::string(host) + "_" + std::to_string(getpid());
}

}  // namespace

std::string BindAddress::ToString() const {
  return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::optional<BindAddress>> ParseBindAddress(const std::string& text) {
  if (text.empty() || text == "0") return std::optional<BindAddress>();
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return Usage("\"" + text + "\" is not host:port");
  BindAddress address;
  address.host = text.substr(0, colon);
  if (address.host.size() >= 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty()) address.host = "0.0.0.0";
  if (!IsAddress(address.host)) return Usage("\"" + address.host + "\" is not an IP address or localhost");
  if (address.host == "localhost") address.host = "127.0.0.1";
  const std::string port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || port.empty()) {
    return Usage("\"" + port + "\" is not a port (0 to 65535)");
  }
  return std::optional<BindAddress>(address);
}

Result<ParsedOptions> ParseOptions(const std::vector<std::string>& arguments) {
  ParsedOptions parsed;
  Texts texts;
  CLI::App app("fairlead-operator: lowers policies, programs waypoints, reports what came of it");
  app.name("fairlead-operator");
  Describe(&app, &parsed.options, &texts);
  Result<std::string> shown = cli::ParseArguments(&app, arguments);
  if (!shown) return Unexpected(shown.error());
  if (!shown->empty()) {
    parsed.help = *std::move(shown);
    return parsed;
  }
  if (Result<void> r = SetRoles(texts, &parsed.options); !r) return Unexpected(r.error());
  if (Result<void> r = SetLease(texts, &parsed.options); !r) return Unexpected(r.error());
  if (Result<void> r = SetAddresses(texts, &parsed.options); !r) return Unexpected(r.error());
  if (Result<void> r = SetWebhooks(texts, &parsed.options); !r) return Unexpected(r.error());
  if (Result<void> r = SetDuration("--cluster-stale-limit", texts.cluster_stale_limit,
                                   &parsed.options.cluster_stale_limit);
      !r)
    return Unexpected(r.error());
  parsed.options.istio_mode = texts.mode == "istio";
  if (parsed.options.identity.empty()) parsed.options.identity = DefaultIdentity();
  return parsed;
}

}  // namespace fairlead::app
