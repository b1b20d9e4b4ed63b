#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "crds/base/base64.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "tests/bench/groups.h"
#include "tests/bench/webhook.h"
#include "tests/support/kube/real_cluster.h"
#include "webhooks/server/server.h"

namespace fairlead::bench {
namespace {

constexpr char kPolicies[] = "/apis/fairlead.dev/v1alpha1/namespaces/team-7/retrytimeoutpolicies";
constexpr int kServices = 1000;  // that the policies are for, in turn
constexpr int kFlooders = 16;
constexpr int kConnections = 4;

// Says yes to all without looking: the floor of any webhook.
webhooks::Answer SayYes(std::string_view body) {
  const size_t at = body.find("\"uid\":\"");
  const size_t end = at == std::string_view::npos ? at : body.find('"', at + 7);
  const std::string uid = end == std::string_view::npos ? "" : std::string(body.substr(at + 7, end - at - 7));
  return {200,
          R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":")" + uid +
              R"(","allowed":true}})",
          "other", "CREATE", "allowed"};
}

class NoMetrics final : public webhooks::ServerMetrics {
  void OnConnections(size_t) override {}
  void OnRefused(webhooks::Refusal) override {}
  void OnAnswer(const webhooks::Answer&, std::chrono::nanoseconds) override {}
};

std::string Hook(const std::string& name, int port, const std::string& ca_pem) {
  Json::Value hook;
  hook["name"] = name + ".fairlead.dev";
  hook["admissionReviewVersions"].append("v1");
  hook["sideEffects"] = "None";
  hook["clientConfig"]["url"] = "https://localhost:" + std::to_string(port) + "/validate";
  hook["clientConfig"]["caBundle"] = EncodeBase64(ca_pem);
  Json::Value& rule = hook["rules"].append(Json::objectValue);
  rule["apiGroups"].append("fairlead.dev");
  rule["apiVersions"].append("v1alpha1");
  rule["resources"].append("retrytimeoutpolicies");
  rule["operations"].append("CREATE");
  hook["objectSelector"]["matchLabels"]["judged"] = name;
  return WriteJson(hook);
}

std::string JsonOf(const std::string& yaml) { return ParseYaml(yaml)->front().json; }

// A real API server with our kinds and one workspace, an operator that judges, and a webhook that says yes to
// all. Which of them is asked, a label of the object says, so that all are measured side by side.
class Creates {
 public:
  Result<void> Start(const BenchOptions& options) {
    // Its garbage collector takes a core for tens of milliseconds, which is what the slowest creates of all
    // three kinds would show; it is to come seldom.
    Result<std::unique_ptr<testing::RealCluster>> cluster =
        testing::RealCluster::Start({.apiserver_env = {{"GOGC", "800"}}});
    if (!cluster) return Unexpected(cluster.error());
    cluster_ = std::move(*cluster);
    testing::TempDir crds;
    std::string all;
    for (const std::string& manifest : CrdManifests()) all += "---\n" + manifest;
    testing::WriteFile(crds / "crds.yaml", all);
    if (Result<void> r = cluster_->ApplyCrds(crds / "crds.yaml"); !r) return r;
    const StateSize size{.namespaces = 10, .workspaces = 1};
    if (Result<void> r = Make("/api/v1/namespaces", R"({"metadata":{"name":"team-7"}})"); !r) return r;
    if (Result<void> r = Make("/apis/fairlead.dev/v1alpha1/workspaces", JsonOf(WorkspaceText(size, 0))); !r)
      return r;
    for (int i = 0; i < kServices; ++i) {
      if (Result<void> r = Make("/api/v1/namespaces/team-7/services",
                                R"({"metadata":{"name":")" + ServiceOf(i) +
                                    R"("},"spec":{"ports":[{"name":"http","port":8080}]}})");
          !r) {
        return r;
      }
    }
    Result<std::unique_ptr<webhooks::Server>> yes = webhooks::Server::Start(
        {.host = "127.0.0.1"}, {certificate_.pair().certificate_pem, Secret(certificate_.pair().key_pem), ""},
        {{"/validate", {SayYes, SayYes}}}, &metrics_);
    if (!yes) return Unexpected(yes.error());
    yes_ = std::move(*yes);
    const int port = testing::FreePort();
    Result<testing::Process> process = testing::Process::Spawn(
        {.argv = {options.programs.controller, "--kubeconfig", cluster_->kubeconfig_path(), "--roles",
                  "webhooks", "--webhook-cert-dir", certificate_.dir(), "--webhook-bind-address",
                  "127.0.0.1:" + std::to_string(port), "--health-probe-bind-address", "0",
                  "--metrics-bind-address", "0"},
         .log_file = logs_ / "operator.log"});
    if (!process) return Unexpected(process.error());
    operator_ = std::move(*process);
    const std::string hooks = Hook("ours", port, certificate_.ca_pem()) + "," +
                              Hook("trivially", yes_->port(), certificate_.ca_pem());
    if (Result<void> r = Make("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
                              R"({"metadata":{"name":"bench"},"webhooks":[)" + hooks + "]}");
        !r) {
      return r;
    }
    return AwaitHooks();
  }

  // Milliseconds of a create that nobody judges, that the operator judges, and that is waved through; in
  // turn.
  Result<void> Measure(int creates) {
    Caller caller(cluster_->ca_pem(), cluster_->port());
    const std::pair<const char*, std::vector<double>*> ways[] = {
        {"no", &without}, {"ours", &ours}, {"trivially", &trivial}};
    std::array order = {0, 1, 2};
    for (int i = 0; i < creates; ++i) {
      for (const int way : order) {
        const auto& [judged, times] = ways[way];
        Result<Called> called = Create(&caller, judged, i, "5s");
        if (!called) return Unexpected(called.error());
        if (called->status != 201) return Unexpected(Failure("a create failed: " + called->body));
        times->push_back(called->milliseconds);
      }
      // Whoever comes next has the operator's reading of what went before beside it: each in turn.
      std::next_permutation(order.begin(), order.end());
    }
    return {};
  }

  std::vector<double> without, ours, trivial;

 private:
  Result<void> Make(const std::string& path, const std::string& json) const {
    testing::HttpReply reply;
    const bool made =
        Await([&] { return (reply = cluster_->Call("POST", path, json)).ok(); }, std::chrono::seconds(30));
    if (made) return {};
    return Unexpected(Failure("POST " + path + ": " + reply.body));
  }
  static std::string ServiceOf(int i) { return "ratings-" + std::to_string((i + kServices) % kServices); }
  static Result<Called> Create(Caller* caller, const std::string& judged, int i, const std::string& timeout) {
    return caller->Post(
        kPolicies,
        PolicyOfName(judged + "-" + std::to_string(i), R"("judged":")" + judged + '"', ServiceOf(i), timeout),
        "admin");
  }
  // Both are asked, and the operator knows the workspace.
  Result<void> AwaitHooks() {
    Caller caller(cluster_->ca_pem(), cluster_->port());
    std::string last;
    const bool judging = Await(
        [&] {
          const Result<Called> called = Create(&caller, "ours", -1, "31s");
          last = called ? called->body : called.error().message;
          return called && called->status == 403;
        },
        std::chrono::seconds(60));
    if (judging) return {};
    return Unexpected(Failure("no webhook answers: " + last + operator_.Log()));
  }

  testing::TempDir logs_;
  WebhookCertificate certificate_;
  NoMetrics metrics_;
  std::unique_ptr<testing::RealCluster> cluster_;
  std::unique_ptr<webhooks::Server> yes_;
  testing::Process operator_;
};

Result<void> MeasureCreates(const BenchOptions& options, Table* table) {
  if (const std::string why = testing::RealCluster::Missing(); !why.empty()) {
    table->Note("creates are not measured: " + why);
    return {};
  }
  Creates creates;
  if (Result<void> r = creates.Start(options); !r) return r;
  if (Result<void> r = creates.Measure(options.creates); !r) return r;
  table->Note("a create that nobody judges: p50 " + std::to_string(Quantile(creates.without, 0.5)) +
              " ms, p99 " + std::to_string(Quantile(creates.without, 0.99)) + " ms; " +
              std::to_string(options.creates) + " of each");
  // What is asked at p50 is asked where the other webhook adds 0.33 ms; where the machine is slower, as much
  // more.
  for (const auto& [q, name, target, share] :
       {std::tuple(0.5, "p50", 0.5, 0.5 / 0.33), std::tuple(0.99, "p99", 2.0, 0.0)}) {
    const double bare = Quantile(creates.without, q), floor = Quantile(creates.trivial, q) - bare;
    table->Add({.number = std::string("added to a create by our webhooks, ") + name,
                .unit = "ms",
                .measured = Quantile(creates.ours, q) - bare,
                .floor = floor,
                .floor_is = "by a webhook that says yes to all",
                .target = std::max(target, share * floor)});
  }
  return {};
}

// CPU seconds of the operator that judges, for so many of one review over a few kept connections at once, as
// an API server has them under load.
Result<double> CpuOf(Rig* rig, const WebhookCertificate& certificate, int port, const std::string& review,
                     int reviews) {
  std::atomic<int> left{reviews}, failed{0};
  const double before = FiguresOf(rig->controller().pid()).cpu_seconds;
  std::vector<std::jthread> callers;
  for (int i = 0; i < kConnections; ++i) {
    callers.emplace_back([&] {
      Caller caller(certificate.ca_pem(), port);
      while (left-- > 0) {
        const Result<Called> called = caller.Review(review);
        if (!called || !called->allowed) ++failed;
      }
    });
  }
  callers.clear();
  if (failed > 0) return Unexpected(Failure("good reviews were refused"));
  return FiguresOf(rig->controller().pid()).cpu_seconds - before;
}

// The milliseconds of so many reviews over one kept connection.
Result<std::vector<double>> Ask(const WebhookCertificate& certificate, int port, int reviews) {
  Caller caller(certificate.ca_pem(), port);
  const std::string review = ReviewOf("5s");
  std::vector<double> out;
  for (int i = 0; i < reviews; ++i) {
    const Result<Called> called = caller.Review(review);
    if (!called) return Unexpected(called.error());
    if (!called->allowed) return Unexpected(Failure("a good review was refused: " + called->body));
    out.push_back(called->milliseconds);
  }
  return out;
}

// The same while others send what is no review.
Result<std::vector<double>> AskInFlood(const WebhookCertificate& certificate, int port, int reviews,
                                       int bad) {
  std::atomic<int> left{bad}, failed{0};
  std::vector<std::jthread> flooders;
  for (int i = 0; i < kFlooders; ++i) {
    flooders.emplace_back([&] {
      Caller caller(certificate.ca_pem(), port);
      while (left-- > 0) {
        const Result<Called> called = caller.Review(BadReview());
        if (!called || called->status != 400) ++failed;
      }
    });
  }
  std::vector<double> out;
  while (left > 0) {
    Result<std::vector<double>> some = Ask(certificate, port, std::max(1, reviews / 100));
    if (!some) return some;
    out.insert(out.end(), some->begin(), some->end());
  }
  flooders.clear();
  if (failed > 0) return Unexpected(Failure("bad reviews were not answered with 400"));
  return out;
}

Result<void> MeasureReviews(const BenchOptions& options, Table* table) {
  Result<std::unique_ptr<Rig>> started = Rig::Start(options.programs, options.tenants);
  if (!started) return Unexpected(started.error());
  Rig* rig = started->get();
  const WebhookCertificate certificate;
  const int port = testing::FreePort();
  if (Result<void> r =
          rig->StartOperator({"--roles", "webhooks,control-plane", "--webhook-cert-dir", certificate.dir(),
                              "--webhook-bind-address", "127.0.0.1:" + std::to_string(port)});
      !r) {
    return r;
  }
  const bool known = Await([&] {
    const Result<Called> called = Caller(certificate.ca_pem(), port).Review(ReviewOf("31s"));
    return called && called->body.find("above 30s") != std::string::npos;
  });
  if (!known) return Unexpected(Failure("the operator does not know the workspaces", rig));
  const Result<std::vector<double>> alone = Ask(certificate, port, options.reviews);
  if (!alone) return Unexpected(alone.error());
  const Result<double> judged = CpuOf(rig, certificate, port, ReviewOf("5s"), options.reviews);
  const Result<double> floor = CpuOf(rig, certificate, port, ReviewOfNobodys(), options.reviews);
  for (const Result<double>* cpu : {&judged, &floor}) {
    if (!*cpu) return Unexpected(cpu->error());
  }
  const double resident = FiguresOf(rig->controller().pid()).resident_mb;
  const Result<std::vector<double>> flooded =
      AskInFlood(certificate, port, options.reviews, options.reviews / 2);
  if (!flooded) return Unexpected(flooded.error());
  table->Note("a review over a kept connection: p50 " + std::to_string(Median(*alone)) + " ms, p99 " +
              std::to_string(Quantile(*alone, 0.99)) + " ms; while bad ones come: p50 " +
              std::to_string(Median(*flooded)) + " ms, p99 " + std::to_string(Quantile(*flooded, 0.99)) +
              " ms");
  table->Add({.number = "CPU time of a review (100 us: 10,000 a second and core)",
              .unit = "us",
              .measured = 1e6 * *judged / options.reviews,
              .floor = 1e6 * *floor / options.reviews,
              .floor_is = "a review of what nobody judges",
              .target = 100});
  table->Add({.number = "p50 of good reviews in a flood of " + std::to_string(options.reviews / 2) +
                        " bad ones, times",
              .unit = "x",
              .measured = Median(*flooded) / Median(*alone),
              .floor = 1.0,
              .floor_is = "without the flood",
              .target = 2});
  table->Add({.number = "resident memory of an operator that judges, " +
                        std::to_string(options.tenants.workspaces) + " workspaces, " +
                        std::to_string(options.tenants.namespaces) + " namespaces",
              .unit = "MB",
              .measured = resident,
              .target = 25});
  return {};
}

}  // namespace

Result<void> MeasureAdmission(const BenchOptions& options, Table* table) {
  table->Begin("admission", "what the webhooks cost");
  if (Result<void> r = MeasureCreates(options, table); !r) return r;
  return MeasureReviews(options, table);
}

}  // namespace fairlead::bench
