// What the chart renders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/schema/manifests.h"
#include "reconcilers/rights/rights.h"
#include "tests/integration/helm/chart_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::vector<std::string> Args(const std::map<std::string, Json::Value>& objects) {
  std::vector<std::string> out;
  const Json::Value& pod = objects.at("Deployment fairlead")["spec"]["template"]["spec"];
  for (const Json::Value& arg : pod["containers"][0]["args"]) out.push_back(arg.asString());
  return out;
}

TEST_F(ChartTest, HoldsWhatItsSourcesSay) {
  TempDir dir;
  Result<Process> process =
      Process::Spawn({.argv = {FAIRLEAD_SOURCE_DIR "/tools/chart", "--check"}, .log_file = dir / "log"});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->Wait(std::chrono::seconds(60)), 0) << process->Log();
}

TEST_F(ChartTest, CrdsAreThoseOfTheProgramAndAreKept) {
  WithEach([](Helm& helm) {
    const auto objects = helm.Template();
    for (const std::string& manifest : CrdManifests()) {
      const Json::Value wanted = ReadYaml(manifest).at(0);
      ASSERT_TRUE(objects.contains(IdOf(wanted))) << IdOf(wanted);
      Json::Value rendered = objects.at(IdOf(wanted));
      EXPECT_EQ(rendered["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
      rendered["metadata"].removeMember("annotations");
      EXPECT_EQ(rendered, wanted);
    }
    for (const auto& [id, object] : helm.Template("crds: {install: false}")) {
      EXPECT_NE(object["kind"], "CustomResourceDefinition") << id;
    }
  });
}

TEST_F(ChartTest, LintFindsNothing) {
  WithEach([](Helm& helm) {
    const HelmRun run = helm.Run({"lint", "--strict", ChartDir()});
    EXPECT_EQ(run.code, 0) << run.output;
  });
}

// The same input, the same bytes: what GitOps tools compare. No key may be made where nobody can keep it.
TEST_F(ChartTest, RendersTheSameWithoutACluster) {
  WithEach([](Helm& helm) {
    const std::vector<std::string> command = {"template",   "fairlead", ChartDir(),       "--kube-version",
                                              kKubeVersion, "-n",       "fairlead-system"};
    const HelmRun first = helm.Run(command);
    EXPECT_EQ(first.code, 0);
    EXPECT_EQ(first.output, helm.Run(command).output);
    EXPECT_THAT(first.output, Not(HasSubstr("tls.key")));
    EXPECT_THAT(first.output, Not(HasSubstr("caBundle:")));
    EXPECT_THAT(first.output, HasSubstr("secretName: \"fairlead-xds\""));
  });
}

// Without ValidatingAdmissionPolicies anybody could write what isolates workspaces, and the ledger.
TEST_F(ChartTest, AClusterThatIsTooOldIsRefused) {
  WithEach([](Helm& helm) {
    const auto run = [&](const std::string& version) {
      return helm.Run({"template", "fairlead", ChartDir(), "--kube-version", version});
    };
    const HelmRun old = run("1.29.14");
    EXPECT_EQ(old.code, 1);
    EXPECT_THAT(old.output, HasSubstr("chart requires kubeVersion: >=1.30.0-0"));
    for (const char* version : {"1.30.0", "v1.30.2-gke.1587003", "v1.33.1-eks-5d4a308", kKubeVersion}) {
      const HelmRun ran = run(version);
      EXPECT_EQ(ran.code, 0) << version << ran.output;
      EXPECT_THAT(ran.output, HasSubstr("kind: ValidatingAdmissionPolicy\n")) << version;
    }
  });
}

TEST_F(ChartTest, PodsAreRestricted) {
  WithEach([](Helm& helm) {
    const auto objects = helm.Template("priorityClassName: system-cluster-critical");
    const Json::Value& spec = objects.at("Deployment fairlead")["spec"];
    const Json::Value& pod = spec["template"]["spec"];
    const Json::Value& container = pod["containers"][0];
    EXPECT_EQ(spec["replicas"], 2);
    EXPECT_EQ(pod["priorityClassName"], "system-cluster-critical");
    EXPECT_EQ(pod["securityContext"]["runAsNonRoot"], true);
    EXPECT_EQ(pod["securityContext"]["runAsUser"], 65532);
    EXPECT_EQ(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    EXPECT_EQ(pod["topologySpreadConstraints"].size(), 2u);
    EXPECT_EQ(container["securityContext"]["readOnlyRootFilesystem"], true);
    EXPECT_EQ(container["securityContext"]["allowPrivilegeEscalation"], false);
    EXPECT_EQ(container["securityContext"]["capabilities"]["drop"][0], "ALL");
    EXPECT_EQ(container["livenessProbe"]["httpGet"]["path"], "/healthz");
    EXPECT_EQ(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    EXPECT_EQ(objects.at("PodDisruptionBudget fairlead")["spec"]["maxUnavailable"], 1);
  });
}

TEST_F(ChartTest, ProfilesAndSwitches) {
  WithEach([](Helm& helm) {
    auto objects = helm.Template();
    EXPECT_THAT(
        Args(objects),
        IsSupersetOf({"--mesh-mode=built-in", "--roles=controllers,webhooks,control-plane", "--leader-elect",
                      "--peer-address=$(POD_IP):15012", "--metrics-bind-address=:8080"}));
    EXPECT_THAT(WriteJson(objects.at("ClusterRole fairlead")), Not(HasSubstr("virtualservices")));

    objects =
        helm.Template("profile: istio\nmetrics: {enabled: false}\npodDisruptionBudget: {enabled: false}");
    EXPECT_THAT(Args(objects), Contains("--mesh-mode=istio"));
    EXPECT_THAT(Args(objects), Contains("--metrics-bind-address=127.0.0.1:8080"));
    EXPECT_THAT(WriteJson(objects.at("ClusterRole fairlead")), HasSubstr("virtualservices"));
    EXPECT_FALSE(objects.contains("Service fairlead-metrics"));
    EXPECT_FALSE(objects.contains("PodDisruptionBudget fairlead"));

    EXPECT_THAT(Args(helm.Template("ipFamily: IPv6")),
                IsSupersetOf({"--health-probe-bind-address=[::]:8081", "--metrics-bind-address=[::]:8080",
                              "--xds-bind-address=[::]:15012", "--peer-address=[$(POD_IP)]:15012"}));

    objects = helm.Template("xds: {enabled: false}");
    EXPECT_THAT(Args(objects), Contains("--roles=controllers,webhooks"));
    EXPECT_THAT(Joined(Args(objects), " "), Not(HasSubstr("--xds")));
    EXPECT_FALSE(objects.contains("Service fairlead"));
    EXPECT_FALSE(objects.at("Deployment fairlead")["spec"]["template"]["spec"].isMember("volumes"));

    objects = helm.Template(
        "xds: {tls: {secretName: mine}}\nimage: {digest: \"sha256:" + std::string(64, 'a') + "\"}");
    const Json::Value& pod = objects.at("Deployment fairlead")["spec"]["template"]["spec"];
    EXPECT_EQ(pod["volumes"][0]["secret"]["secretName"], "mine");
    EXPECT_EQ(pod["containers"][0]["image"], "fairlead-operator@sha256:" + std::string(64, 'a'));
  });
}

const Json::Value& HookOf(const std::map<std::string, Json::Value>& objects, const std::string& name) {
  static const Json::Value kNone;
  for (const Json::Value& hook : objects.at("ValidatingWebhookConfiguration fairlead")["webhooks"]) {
    if (hook["name"] == name) return hook;
  }
  ADD_FAILURE() << name << " is not there";
  return kNone;
}

TEST_F(ChartTest, WebhooksFailForPoliciesAlone) {
  WithEach([](Helm& helm) {
    const auto objects = helm.Template();
    EXPECT_EQ(HookOf(objects, "policies.fairlead.dev")["failurePolicy"], "Fail");
    EXPECT_EQ(HookOf(objects, "platform.fairlead.dev")["failurePolicy"], "Ignore");
    for (const char* name : {"policies.fairlead.dev", "platform.fairlead.dev"}) {
      const Json::Value& hook = HookOf(objects, name);
      const std::string exempt = WriteJson(hook["namespaceSelector"]["matchExpressions"][0]["values"]);
      EXPECT_EQ(exempt, R"(["fairlead-system","kube-system","kube-public","kube-node-lease"])");
      EXPECT_EQ(hook["rules"].size(), 1u);
      EXPECT_EQ(WriteJson(hook["rules"][0]["apiGroups"]), R"(["fairlead.dev"])");
      EXPECT_THAT(WriteJson(hook["rules"][0]["resources"]), Not(HasSubstr("/")));  // no status
    }
    EXPECT_EQ(
        HookOf(helm.Template("webhooks: {failurePolicy: Ignore}"), "policies.fairlead.dev")["failurePolicy"],
        "Ignore");
  });
}

// What Kubernetes deletes by itself is judged neither by webhooks nor by native policies, nor by verdicts.
TEST_F(ChartTest, KubernetesCleansUpUnasked) {
  std::string users;
  for (const std::string& user : reconcilers::Collectors())
    users += (users.empty() ? "'" : ", '") + user + "'";
  const std::string unasked =
      "request.operation != 'DELETE' || !(request.userInfo.username in [" + users + "])";
  WithEach([&](Helm& helm) {
    size_t found = 0;
    for (const auto& [id, object] : helm.Template("{}")) {
      const std::string text = WriteJson(object);
      for (size_t at = text.find("generic-garbage-collector"); at != std::string::npos;
           at = text.find("generic-garbage-collector", at + 1))
        ++found;
      for (size_t at = text.find(unasked); at != std::string::npos; at = text.find(unasked, at + 1)) --found;
    }
    EXPECT_EQ(found, 0u) << "each place names all of them, and nobody else";
    EXPECT_EQ(HookOf(helm.Template(), "policies.fairlead.dev")["matchConditions"][1]["expression"], unasked);
  });
}

// explain and can-i answer whoever is in a workspace without further rights.
TEST_F(ChartTest, EveryoneReadsWhatAffectsThem) {
  WithEach([](Helm& helm) {
    auto objects = helm.Template();
    EXPECT_EQ(objects.at("ClusterRole fairlead-reader")["metadata"]["labels"]
                                                       ["rbac.authorization.k8s.io/aggregate-to-view"],
              "true");
    for (const char* id : {"ClusterRoleBinding fairlead-workspaces-reader", "RoleBinding fairlead-reader"})
      EXPECT_EQ(objects.at(id)["subjects"][0]["name"], "system:authenticated") << id;
    for (const char* id : {"ClusterRole fairlead-reader", "ClusterRole fairlead-workspaces-reader"})
      EXPECT_EQ(WriteJson(objects.at(id)["rules"][0]["verbs"]), R"(["get","list","watch"])") << id;
    objects = helm.Template("readers: {everyone: false}");
    EXPECT_TRUE(objects.contains("ClusterRole fairlead-reader"));
    EXPECT_FALSE(objects.contains("ClusterRole fairlead-workspaces-reader"));
    EXPECT_FALSE(objects.contains("ClusterRoleBinding fairlead-workspaces-reader"));
    EXPECT_FALSE(objects.contains("RoleBinding fairlead-reader"));
  });
}

// Only where other clusters are joined are Secrets read and ConfigMaps written, and those of the operator's
// own namespace alone.
TEST_F(ChartTest, SecretsOfClustersAreReadWhereTheyAreWanted) {
  WithEach([](Helm& helm) {
    auto objects = helm.Template(
        "clusters: {enabled: true, name: east, staleLimit: 5m}\nwebhooks: {certificates: certManager}");
    EXPECT_THAT(Args(objects),
                IsSupersetOf({"--clusters", "--cluster-name=east", "--cluster-stale-limit=5m"}));
    EXPECT_THAT(WriteJson(objects.at("Role fairlead")),
                HasSubstr(R"({"apiGroups":[""],"resources":["secrets"],"verbs":["list","watch"]})"));
    EXPECT_THAT(WriteJson(objects.at("Role fairlead")), HasSubstr("configmaps"));
    EXPECT_THAT(WriteJson(objects.at("ClusterRole fairlead")),
                Not(::testing::AnyOf(HasSubstr("secrets"), HasSubstr("configmaps"))));
    objects = helm.Template("");
    EXPECT_THAT(Args(objects), Not(::testing::Contains("--clusters")));
    EXPECT_THAT(WriteJson(objects.at("Role fairlead")), Not(HasSubstr("configmaps")));
    EXPECT_THAT(WriteJson(objects.at("Role fairlead")), Not(HasSubstr(R"("verbs":["list","watch"])")));
  });
}

// The operator alone writes records, by its ServiceAccount; whoever may view reads them.
TEST_F(ChartTest, TheLedgerIsTheOperators) {
  WithEach([](Helm& helm) {
    auto objects = helm.Template("ledger: {perPolicy: 5, inAll: 1000000}");
    EXPECT_THAT(Args(objects), IsSupersetOf({"--ledger", "--ledger-per-policy=5",
                                             "--ledger-per-namespace=1000", "--ledger-in-all=1000000"}));
    const Json::Value& hook = HookOf(objects, "records.fairlead.dev");
    EXPECT_EQ(hook["matchConditions"][0]["expression"],
              "request.userInfo.username != 'system:serviceaccount:fairlead-system:fairlead'");
    EXPECT_EQ(HookOf(objects, "policies.fairlead.dev")["sideEffects"], "NoneOnDryRun");
    EXPECT_EQ(objects.at("ClusterRole fairlead-ledger-reader")["metadata"]["labels"]
                                                              ["rbac.authorization.k8s.io/aggregate-to-view"],
              "true");

    objects = helm.Template("ledger: {enabled: false}");
    EXPECT_THAT(Joined(Args(objects), " "), Not(HasSubstr("--ledger")));
    EXPECT_FALSE(objects.contains("ClusterRole fairlead-ledger-reader"));
    for (const Json::Value& rule : objects.at("ClusterRole fairlead")["rules"]) {
      if (rule["resources"][0] == "policychanges") {
        EXPECT_EQ(WriteJson(rule["verbs"]), R"(["get","list","watch"])") << "to be given on";
      }
    }
  });
}

TEST_F(ChartTest, WhatTheMeshIsAndWhoMayBreakTheGlass) {
  WithEach([](Helm& helm) {
    auto objects = helm.Template();
    EXPECT_THAT(Args(objects), IsSupersetOf({"--trust-domain=cluster.local",
                                             "--break-glass-groups=system:masters,kubeadm:cluster-admins"}));
    EXPECT_THAT(Joined(Args(objects), " "), Not(HasSubstr("--ztunnel-dry-run")));
    const auto guard = [&helm](const std::string& groups) {
      return helm
          .Run({"template", "fairlead", ChartDir(), "--kube-version", kKubeVersion, "-s",
                "templates/isolation.yaml", "--set", "breakGlass.groups=" + groups})
          .output;
    };
    EXPECT_THAT(guard("{system:masters}"), HasSubstr(R"(g in [\"system:masters\"]))"));
    objects =
        helm.Template("trustDomain: corp.example\nztunnel: {dryRun: true}\nbreakGlass: {groups: [sre, ops]}");
    EXPECT_THAT(Args(objects), IsSupersetOf({"--trust-domain=corp.example", "--ztunnel-dry-run",
                                             "--break-glass-groups=sre,ops"}));
    EXPECT_THAT(guard("{sre's,ops}"), HasSubstr(R"(g in [\"sre's\",\"ops\"]))"));
  });
}

TEST_F(ChartTest, CertificatesOfWebhooksByEachWay) {
  WithEach([](Helm& helm) {
    auto objects = helm.Template();
    EXPECT_THAT(Args(objects),
                IsSupersetOf({"--webhook-bind-address=:9443", "--webhook-secret=fairlead-webhooks",
                              "--webhook-service=fairlead-webhooks", "--webhook-configuration=fairlead"}));
    EXPECT_FALSE(objects.at("Secret fairlead-webhooks").isMember("data"));
    EXPECT_THAT(WriteJson(objects.at("Role fairlead")), HasSubstr("fairlead-webhooks"));

    objects = helm.Template("webhooks: {certificates: certManager}");
    EXPECT_THAT(Args(objects), Contains("--webhook-cert-dir=/var/run/fairlead/webhooks"));
    EXPECT_THAT(Joined(Args(objects), " "), Not(HasSubstr("--webhook-secret")));
    EXPECT_FALSE(objects.contains("Secret fairlead-webhooks"));
    EXPECT_EQ(objects.at("Certificate fairlead-webhooks")["spec"]["issuerRef"]["name"], "fairlead-webhooks");
    EXPECT_EQ(objects.at("Certificate fairlead-webhooks")["spec"]["secretName"], "fairlead-webhooks");
    EXPECT_EQ(objects.at("Issuer fairlead-webhooks")["spec"]["ca"]["secretName"], "fairlead-webhooks-ca");
    const Json::Value& authority = objects.at("Certificate fairlead-webhooks-ca")["spec"];
    EXPECT_EQ(authority["isCA"], true);
    EXPECT_EQ(authority["secretName"], "fairlead-webhooks-ca");
    EXPECT_TRUE(
        objects.at("Issuer " + authority["issuerRef"]["name"].asString())["spec"].isMember("selfSigned"));
    EXPECT_EQ(objects.at("ValidatingWebhookConfiguration fairlead")["metadata"]["annotations"]
                                                                   ["cert-manager.io/inject-ca-from"],
              "fairlead-system/fairlead-webhooks");
    EXPECT_THAT(WriteJson(objects.at("Role fairlead")), Not(HasSubstr("secrets")));
    EXPECT_THAT(WriteJson(objects.at("ClusterRole fairlead")), Not(HasSubstr("validatingwebhook")));

    objects = helm.Template(
        "webhooks: {certificates: certManager, certManager: {issuerName: corp, issuerKind: ClusterIssuer}}");
    for (const char* ours : {"Issuer fairlead-webhooks", "Issuer fairlead-webhooks-selfsigned",
                             "Certificate fairlead-webhooks-ca"}) {
      EXPECT_FALSE(objects.contains(ours)) << ours;
    }
    EXPECT_EQ(objects.at("Certificate fairlead-webhooks")["spec"]["issuerRef"]["kind"], "ClusterIssuer");

    objects = helm.Template(
        "webhooks: {certificates: secret, secretName: mine, caBundle: \"-----BEGIN CERTIFICATE-----\\naGk=\\n"
        "-----END CERTIFICATE-----\\n\"}\nxds: {enabled: false}");
    const Json::Value& pod = objects.at("Deployment fairlead")["spec"]["template"]["spec"];
    EXPECT_EQ(pod["volumes"].size(), 1u);
    EXPECT_EQ(pod["volumes"][0]["secret"]["secretName"], "mine");
    EXPECT_THAT(HookOf(objects, "platform.fairlead.dev")["clientConfig"]["caBundle"].asString(),
                ::testing::StartsWith("LS0tLS1CRUdJTi"));

    objects = helm.Template("webhooks: {enabled: false}");
    EXPECT_FALSE(objects.contains("ValidatingWebhookConfiguration fairlead"));
    EXPECT_FALSE(objects.contains("Service fairlead-webhooks"));
    EXPECT_THAT(Joined(Args(objects), " "), Not(HasSubstr("webhook")));
  });
}

// By each way in which the certificates of the webhooks themselves come.
TEST_F(ChartTest, ClientsOfWebhooksAreAskedForTheirCertificate) {
  const std::string flag = "--webhook-client-ca=/var/run/fairlead/webhook-clients/ca.crt";
  const auto volume = [](const std::map<std::string, Json::Value>& objects) {
    const Json::Value& pod = objects.at("Deployment fairlead")["spec"]["template"]["spec"];
    for (const Json::Value& mount : pod["containers"][0]["volumeMounts"]) {
      if (mount["name"] == "webhook-clients") {
        EXPECT_EQ(mount["mountPath"], "/var/run/fairlead/webhook-clients");
        EXPECT_FALSE(mount.isMember("subPath")) << "it would not follow a renewal";
      }
    }
    for (const Json::Value& found : pod["volumes"]) {
      if (found["name"] == "webhook-clients") return WriteJson(found);
    }
    return std::string();
  };
  WithEach([&](Helm& helm) {
    auto objects = helm.Template();
    EXPECT_THAT(Args(objects), Not(Contains(flag)));
    EXPECT_EQ(volume(objects), "");
    for (const char* way : {"own", "certManager", "secret, secretName: mine"}) {
      objects = helm.Template(std::string("xds: {enabled: false}\nwebhooks: {certificates: ") + way +
                              ", clientCA: {configMapName: kube-root-ca.crt}}");
      EXPECT_THAT(Args(objects), Contains(flag)) << way;
      EXPECT_EQ(volume(objects),
                R"({"configMap":{"defaultMode":288,"items":[{"key":"ca.crt","path":"ca.crt"}],)"
                R"("name":"kube-root-ca.crt"},"name":"webhook-clients"})")
          << way;
    }
    objects = helm.Template("webhooks: {clientCA: {secretName: callers, key: bundle.pem}}");
    EXPECT_THAT(Args(objects), Contains(flag));
    EXPECT_EQ(volume(objects), R"({"name":"webhook-clients","secret":{"defaultMode":288,"items":)"
                               R"([{"key":"bundle.pem","path":"ca.crt"}],"secretName":"callers"}})");
    objects = helm.Template("webhooks: {enabled: false, clientCA: {secretName: callers}}");
    EXPECT_THAT(Args(objects), Not(Contains(flag)));
    EXPECT_EQ(volume(objects), "");
    EXPECT_THAT(helm.Refused("webhooks: {clientCA: {secretName: a, configMapName: b}}"),
                HasSubstr("webhooks.clientCA: name either a ConfigMap or a Secret"));
  });
}

// An annotation takes an access rule out of force as a change of its spec does. What isolation comes to is
// the operator's own, and an audit of it says action AUDIT, which nobody else may.
TEST_F(ChartTest, WhatTakesARuleOutOfForceIsAskedAbout) {
  WithEach([](Helm& helm) {
    const Json::Value hook = HookOf(helm.Template(), "traffic.fairlead.dev");
    EXPECT_THAT(hook["matchConditions"][0]["expression"].asString(),
                ::testing::AllOf(HasSubstr("object.spec != oldObject.spec || "),
                                 HasSubstr("object.metadata.annotations['istio.io/dry-run'] : '') != (")));
    EXPECT_EQ(hook["matchConditions"][1]["expression"],
              "request.userInfo.username != 'system:serviceaccount:fairlead-system:fairlead'");
    std::string resources;
    for (const Json::Value& rule : hook["rules"]) resources += WriteJson(rule["resources"]);
    EXPECT_THAT(resources, ::testing::AllOf(HasSubstr("authorizationpolicies"), HasSubstr("workloadentries"),
                                            HasSubstr("serviceentries")));
  });
}

}  // namespace
}  // namespace fairlead::testing
