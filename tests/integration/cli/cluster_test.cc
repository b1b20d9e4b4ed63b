// fairleadctl without -f: the same answers out of a cluster as out of the files that were applied to it, for
// administrators and for those who may read little.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/commands.h"
#include "crds/base/base64.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "crds/object/any_object.h"
#include "crds/schema/manifests.h"
#include "reconcilers/native/rights_objects.h"
#include "tests/support/crds/cases.h"
#include "tests/support/eventually.h"
#include "tests/support/kube/real_cluster.h"
#include "tests/support/shop_workspace.h"

namespace fairlead::cli {
namespace {

using fairlead::testing::HttpReply;
using fairlead::testing::KeyPair;
using fairlead::testing::RealCluster;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRbac[] = "/apis/rbac.authorization.k8s.io/v1/";

struct Ran {
  int code = 0;
  std::string out, err;
};

constexpr char kObjects[] = R"(
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/use-waypoint: waypoint}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: service}}
spec:
  gatewayClassName: fairlead-waypoint
  listeners: [{name: mesh, port: 15008, protocol: HBONE}]
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop, labels: {tier: web}}
spec:
  clusterIP: 10.96.0.50
  ports: [{name: http, port: 8080, appProtocol: http}]
---
apiVersion: fairlead.dev/v1alpha1
kind: RetryTimeoutPolicy
metadata: {name: ratings, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: ratings}]
  retries: {attempts: 2, "on": [GatewayError]}
---
apiVersion: fairlead.dev/v1alpha1
kind: RetryTimeoutPolicy
metadata: {name: lost, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: nobody}]
  retries: {attempts: 2}
)";

std::vector<YamlDocument> Documents(const std::string& yaml) {
  Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  return documents ? std::move(*documents) : std::vector<YamlDocument>();
}

class ClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!RealCluster::Missing().empty()) return;
    auto started = RealCluster::Start();
    ASSERT_TRUE(started) << started.error().message;
    cluster_ = started->release();
    ASSERT_TRUE(cluster_->ApplyCrds(fairlead::testing::CrdFile("gateway-standard.yaml")));
    for (const std::string& manifest : CrdManifests()) {
      for (const YamlDocument& crd : Documents(manifest))
        Create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd.json);
    }
    ASSERT_TRUE(fairlead::testing::Eventually([] {
      return cluster_->Call("GET", "/apis/fairlead.dev/v1alpha1/workspaces").ok() &&
             cluster_->Call("GET", "/apis/fairlead.dev/v1alpha1/retrytimeoutpolicies").ok();
    }));
    const std::string all = kObjects + ("---" + std::string(fairlead::testing::kShopWorkspace));
    for (const YamlDocument& object : Documents(all)) {
      const Json::Value value = fairlead::testing::ParseJsonValue(object.json);
      const std::string ns = value["metadata"]["namespace"].asString(), kind = value["kind"].asString();
      std::string api = value["apiVersion"].asString();
      api = api == "v1" ? "/api/v1/" : "/apis/" + api + "/";
      const KindInfo* info = FindKind(api == "/api/v1/" ? "" : api.substr(6, api.find('/', 6) - 6), kind);
      ASSERT_NE(info, nullptr) << kind;
      Create(api + (ns.empty() ? "" : "namespaces/" + ns + "/") + std::string(info->plural), object.json);
    }
    // dave may do everything in shop, erin read its policies alone.
    Create(std::string(kRbac) + "clusterroles", R"({"metadata":{"name":"all"},"rules":[)"
                                                R"({"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]})");
    Create(std::string(kRbac) + "clusterroles",
           R"({"metadata":{"name":"workspaces"},"rules":[)"
           R"({"apiGroups":["fairlead.dev"],"resources":["workspaces"],"verbs":["list"]}]})");
    Bind("namespaces/shop/rolebindings", "dave", "all");
    Bind("clusterrolebindings", "dave", "workspaces");
  }
  static void TearDownTestSuite() { delete std::exchange(cluster_, nullptr); }
  void SetUp() override {
    if (cluster_ == nullptr) GTEST_SKIP() << RealCluster::Missing();
  }

  static void Create(const std::string& path, const std::string& body) {
    const HttpReply reply = cluster_->Call("POST", path, body);
    ASSERT_TRUE(reply.ok()) << path << ": " << reply.body;
  }

  // To a user, of its name.
  static void Bind(const std::string& where, const std::string& user, const std::string& role) {
    Create(std::string(kRbac) + where,
           R"({"metadata":{"name":")" + user +
               R"("},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":")" +
               role + R"("},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":")" +
               user + R"("}]})");
  }

  // A kubeconfig of a user with a client certificate; its context is in `ns`.
  std::string KubeconfigOf(const std::string& user, const std::string& group, const std::string& ns) {
    const KeyPair pair = cluster_->IssueClient(user, group);
    std::string path = files_ / (user + ".kubeconfig");
    fairlead::testing::WriteFile(
        path,
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: "
        "u, "
        "namespace: " +
            ns + "}}]\nclusters: [{name: k, cluster: {server: \"" + cluster_->server() +
            "\", certificate-authority: " + cluster_->ca_file() +
            "}}]\nusers: [{name: u, user: {client-certificate-data: " + EncodeBase64(pair.certificate_pem) +
            ", client-key-data: " + EncodeBase64(pair.key_pem) + "}}]\n");
    return path;
  }

  static Ran RunWith(const std::vector<std::string>& arguments) {
    std::ostringstream out, err;
    const int code = cli::Run(arguments, {out, err}, ColorMode::kNever);
    return {code, out.str(), err.str()};
  }
  Ran AsAdmin(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--kubeconfig", cluster_->kubeconfig_path()});
    return RunWith(arguments);
  }
  // The developer of the workspace, with no rights outside of its namespace but to see Workspaces.
  Ran AsDave(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--kubeconfig", KubeconfigOf("dave", "shop-devs", "shop")});
    return RunWith(arguments);
  }

  static RealCluster* cluster_;
  fairlead::testing::TempDir files_;
};
RealCluster* ClusterTest::cluster_ = nullptr;

TEST_F(ClusterTest, ExplainsAsFromFiles) {
  fairlead::testing::WriteFile(files_ / "objects.yaml",
                               kObjects + ("---" + std::string(fairlead::testing::kShopWorkspace)));
  const Ran files = RunWith({"explain", "service", "shop/ratings", "-f", files_ / "objects.yaml"});
  const Ran cluster = AsAdmin({"explain", "service", "shop/ratings"});
  EXPECT_EQ(cluster.code, 0) << cluster.err;
  EXPECT_EQ(cluster.out, files.out);
  EXPECT_THAT(cluster.out, HasSubstr("attempts"));
}

TEST_F(ClusterTest, LintNamesObjectsWhereThereAreNoFiles) {
  const Ran lint = AsAdmin({"lint"});
  EXPECT_THAT(lint.err, HasSubstr("cluster: error FL002: RetryTimeoutPolicy shop/lost: spec.targetRefs[0]"));
}

TEST_F(ClusterTest, WhoMayReadLittleIsAnsweredFromWhatMatters) {
  const Ran explained = AsDave({"explain", "service", "ratings"});
  EXPECT_EQ(explained.code, 0) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("attempts")) << "the context's namespace, read by itself";
  EXPECT_THAT(
      explained.err,
      HasSubstr("cluster: warning: retrytimeoutpolicies.fairlead.dev in namespace fairlead-system may not be "
                "read, the answer is without them: "))
      << "mesh-wide policies could be there";
  EXPECT_THAT(explained.err, Not(HasSubstr("namespace shop ")));
}

// The role of readers that the operator writes for a workspace, and that everyone may see Workspaces.
TEST_F(ClusterTest, ExplainsToWhoeverHasARoleOfTheWorkspace) {
  const YamlDocument document = Documents(std::string(fairlead::testing::kShopWorkspace)).at(0);
  const AnyObject parsed = ParseObject(Kind::kWorkspace, JsonDocument::Parse(document.json)->root()).object;
  for (const reconcilers::OwnedObject& object :
       reconcilers::LowerRights(*std::get<Ptr<api::Workspace>>(parsed), {"shop"})) {
    if (object.name == "fairlead-readers")
      Create(std::string(kRbac) + "namespaces/shop/" + (object.kind == "Role" ? "roles" : "rolebindings"),
             WriteJson(object.object));
  }
  Bind("clusterrolebindings", "rita", "workspaces");
  const Ran all = AsAdmin({"explain", "service", "shop/ratings"});
  const std::string kubeconfig = KubeconfigOf("rita", "shop-devs", "shop");
  Ran reader;
  EXPECT_TRUE(fairlead::testing::Eventually([&] {  // RBAC is read by a watch
    reader = RunWith({"explain", "service", "ratings", "--kubeconfig", kubeconfig});
    return reader.out == all.out;
  })) << reader.out
      << reader.err;
  EXPECT_THAT(reader.err, HasSubstr("warning: pods in namespace shop may not be read"))
      << "they tell secrets";
  EXPECT_EQ(reader.err.find(" in namespace shop "), reader.err.rfind(" in namespace shop ")) << reader.err;
}

TEST_F(ClusterTest, CanIAsksWhoeverAsks) {
  const Ran yes = AsDave({"can-i", "update", "rtp/ratings", "--field", "spec.retries.attempts=3"});
  EXPECT_EQ(yes.code, 0) << yes.out << yes.err;
  EXPECT_THAT(yes.out, HasSubstr("yes: role/developers"));
  const Ran no = AsDave({"can-i", "update", "rtp/ratings", "--field", "spec.retries.attempts=4"});
  EXPECT_EQ(no.code, 1);
  EXPECT_THAT(no.out,
              AllOf(HasSubstr("no: "), HasSubstr("spec.retries.attempts"), HasSubstr("platform-team")));
  EXPECT_THAT(AsDave({"can-i", "--list"}).out, HasSubstr("workspace shop\n  developers\n"));
  EXPECT_THAT(AsAdmin({"can-i", "update", "rtp/shop/ratings", "--field", "spec.retries.attempts=4"}).out,
              HasSubstr("break-glass"))
      << "an administrator needs a reason, too";
}

TEST_F(ClusterTest, CanIAsksKubernetesFirst) {
  const Ran other = AsDave({"can-i", "create", "rtp/other/x", "--field", "spec.retries.attempts=1"});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.out,
              HasSubstr("no: Kubernetes' own rights (RBAC) do not let dave create retrytimeoutpolicies in "
                        "namespace other"));
  const Ran erin = AsAdmin({"can-i", "update", "rtp/shop/ratings", "--field", "spec.retries.attempts=3",
                            "--as", "erin", "--as-group", "shop-devs"});
  EXPECT_THAT(erin.out, HasSubstr("(RBAC) do not let erin update retrytimeoutpolicies in namespace shop"));
  const Ran dave = AsAdmin({"can-i", "update", "rtp/shop/ratings", "--field", "spec.retries.attempts=3",
                            "--as", "dave", "--as-group", "shop-devs"});
  EXPECT_EQ(dave.code, 0) << dave.out << dave.err;
}

// What the API server added to the objects is no difference, and what a change brings is.
TEST_F(ClusterTest, DiffsOverTheCluster) {
  fairlead::testing::WriteFile(files_ / "same.yaml", kObjects);
  const Ran same = AsAdmin({"diff", "-f", files_ / "same.yaml"});
  EXPECT_EQ(same.out, "Nothing changes\n") << same.err;
  EXPECT_EQ(same.code, 0);

  fairlead::testing::WriteFile(files_ / "change.yaml", R"(
apiVersion: fairlead.dev/v1alpha1
kind: RetryTimeoutPolicy
metadata: {name: ratings, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: ratings}]
  retries: {attempts: 3, "on": [GatewayError]}
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop, labels: {tier: data}}
spec:
  ports: [{name: http, port: 8080, appProtocol: http}]
)");
  const Ran change = AsAdmin({"diff", "-f", files_ / "change.yaml"});
  EXPECT_EQ(change.code, 1) << change.err;
  EXPECT_THAT(change.out, HasSubstr("Objects: 2 changed\n"
                                    "  ~ Service shop/ratings\n"
                                    "      metadata.labels.tier: web → data\n"
                                    "  ~ RetryTimeoutPolicy shop/ratings\n"
                                    "      spec.retries.attempts: 2 → 3\n"
                                    "Services: 1 of "));
  EXPECT_EQ(AsDave({"diff", "-f", files_ / "change.yaml"}).code, 1)
      << "whoever may read little gets an answer";
  const Ran refused =
      AsAdmin({"diff", "-f", files_ / "change.yaml", "--as", "erin", "--as-group", "nobody-else"});
  EXPECT_THAT(refused.out, HasSubstr("! RetryTimeoutPolicy shop/ratings (" + (files_ / "change.yaml") +
                                     ":2): right-to-write"));
}

TEST_F(ClusterTest, DrawsTheCluster) {
  const Ran graph = AsAdmin({"graph", "-o", "dot"});
  EXPECT_EQ(graph.code, 0) << graph.err;
  EXPECT_THAT(graph.out, HasSubstr("\"Service shop/ratings\""));
}

// Whoever sees no workspaces gets no answer, rather than "no workspace: yes".
TEST_F(ClusterTest, CanIDoesNotGuess) {
  const std::string config = KubeconfigOf("erin", "shop-devs", "shop");
  const Ran ran = RunWith({"can-i", "--list", "--kubeconfig", config});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err,
              HasSubstr("fairleadctl: no answer, since workspaces.fairlead.dev may not be read; ask whoever "
                        "may, or answer from files with -f"));
  EXPECT_EQ(ran.out, "");
}

TEST_F(ClusterTest, WrongInput) {
  const std::string admin = cluster_->kubeconfig_path();
  EXPECT_THAT(RunWith({"lint", "--kubeconfig", files_ / "none"}).err, HasSubstr(files_ / "none"));
  const Ran context = RunWith({"lint", "--kubeconfig", admin, "--context", "nope"});
  EXPECT_EQ(context.code, 1);
  EXPECT_THAT(context.err, AllOf(HasSubstr(admin), HasSubstr("there is no \"nope\"")));
  const Ran as = RunWith({"can-i", "--list", "-f", files_ / "none"});
  EXPECT_EQ(as.code, 2);
  EXPECT_THAT(as.err, HasSubstr("--as is required with -f"));
  const Ran unknown = AsAdmin({"explain", "service", "shop/rating"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err,
              HasSubstr("there is no Service or ServiceEntry shop/rating in the cluster; did you mean "
                        "ratings?"));
}

constexpr char kPlaces[] = R"(
apiVersion: v1
kind: Node
metadata: {name: east-1, labels: {topology.kubernetes.io/region: east, topology.kubernetes.io/zone: east-a}}
---
apiVersion: v1
kind: Node
metadata: {name: west-1, labels: {topology.kubernetes.io/region: west, topology.kubernetes.io/zone: west-a}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ratings-1, namespace: shop, labels: {kubernetes.io/service-name: ratings}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints:
- {addresses: [10.1.0.1], nodeName: east-1, conditions: {ready: true}}
- {addresses: [10.1.0.2], nodeName: west-1, conditions: {ready: true}}
---
apiVersion: fairlead.dev/v1alpha1
kind: FailoverPolicy
metadata: {name: ratings, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: ratings}]
)";

// The last, since it adds to the cluster.
TEST_F(ClusterTest, RehearsesAnOutageAsFromFiles) {
  for (const YamlDocument& object : Documents(kPlaces)) {
    const Json::Value value = fairlead::testing::ParseJsonValue(object.json);
    const std::string kind = value["kind"].asString();
    Create(kind == "Node"            ? "/api/v1/nodes"
           : kind == "EndpointSlice" ? "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
                                     : "/apis/fairlead.dev/v1alpha1/namespaces/shop/failoverpolicies",
           object.json);
  }
  fairlead::testing::WriteFile(files_ / "objects.yaml", kObjects + ("---" + std::string(kPlaces)));
  const std::vector<std::string> simulate = {"failover", "simulate", "--down", "zone=east/east-a"};
  std::vector<std::string> of_files = simulate;
  of_files.insert(of_files.end(), {"-f", files_ / "objects.yaml"});
  const Ran files = RunWith(of_files), cluster = AsAdmin(simulate);
  EXPECT_EQ(cluster.code, 0) << cluster.err;
  EXPECT_EQ(cluster.out, files.out);
  EXPECT_THAT(cluster.out, HasSubstr("2.00 times"));
  const Ran dave = AsDave(simulate);
  EXPECT_EQ(dave.code, 1) << "who may not read Nodes knows no places";
  EXPECT_THAT(dave.err, AllOf(HasSubstr("nodes may not be read"), HasSubstr("there is no zone east/east-a")));
}

TEST(NoClusterTest, SaysWhatIsMissing) {
  fairlead::testing::TempDir dir;
  fairlead::testing::WriteFile(dir / "config",
                               "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, "
                               "context: {cluster: k}}]\nclusters: [{name: k, cluster: {server: "
                               "\"http://127.0.0.1:1\"}}]\n");
  std::ostringstream out, err;
  EXPECT_EQ(cli::Run({"lint", "--kubeconfig", dir / "config"}, {out, err}, ColorMode::kNever), 1);
  EXPECT_THAT(err.str(), HasSubstr("http://127.0.0.1:1: GET "));
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace fairlead::cli
