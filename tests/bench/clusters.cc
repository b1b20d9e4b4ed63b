#include <thread>

#include "crds/base/base64.h"
#include "tests/bench/groups.h"
#include "tests/bench/proxies.h"
#include "tests/support/http_client.h"

namespace fairlead::bench {
namespace {

constexpr char kNamespace[] = "fairlead-system";
constexpr int kClusters = 3;  // ours, and two others

std::string NameOf(int cluster) { return "cluster-" + std::to_string(cluster); }

// Our API server, the others, and an operator that can be asked for its metrics.
class Clusters {
 public:
  static Result<std::unique_ptr<Clusters>> Start(const BenchOptions& options) {
    std::unique_ptr<Clusters> out(new Clusters);
    for (int c = 0; c < kClusters; ++c) {
      StateSize size = options.joined;
      size.cluster = c;
      Result<std::unique_ptr<Rig>> rig = Rig::Start(options.programs, size);
      if (!rig) return Unexpected(rig.error());
      out->rigs_.push_back(std::move(*rig));
    }
    if (Result<void> r =
            out->home()->StartOperator({"--clusters", "--namespace", kNamespace, "--metrics-bind-address",
                                        "127.0.0.1:" + std::to_string(out->metrics_port_)});
        !r) {
      return Unexpected(r.error());
    }
    return out;
  }

  Rig* home() { return rigs_.front().get(); }

  // Returns when all of it counts, and every proxy has it.
  Result<void> Join() {
    const kube::Resource namespaces{"", "v1", "namespaces"}, secrets{"", "v1", "secrets"};
    std::string data;
    for (int c = 1; c < kClusters; ++c) {
      const std::string kubeconfig = EncodeBase64(rigs_[static_cast<size_t>(c)]->Kubeconfig());
      data += (c > 1 ? ",\"" : "\"") + NameOf(c) + R"(":")" + kubeconfig + "\"";
    }
    Result<kube::Written> written = home()->client().Create(
        {namespaces, "", kNamespace},
        R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})", kManager);
    if (!written) return Unexpected(written.error());
    written = home()->client().Create(
        {secrets, kNamespace, "clusters"},
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"clusters","namespace":"fairlead-system",)"
        R"("labels":{"istio/multiCluster":"true"}},"data":{)" +
            data + "}}",
        kManager);
    if (!written) return Unexpected(written.error());
    for (int c = 1; c < kClusters; ++c) {
      if (!AwaitState(c, "fresh")) return Unexpected(Failure(NameOf(c) + " is not read", home()));
    }
    AwaitSettled();
    return {};
  }

  bool AwaitState(int cluster, const std::string& state) {
    const std::string line =
        R"(fairlead_cluster_state{cluster=")" + NameOf(cluster) + R"(",state=")" + state + R"("} 1)";
    return Await([&] { return Metrics().find(line) != std::string::npos; });
  }
  // Bytes of what the operator has kept of it in our API server; 0: it has not.
  size_t KeptBytes(int cluster) {
    const kube::ObjectName name{
        {"", "v1", "configmaps"}, kNamespace, "fairlead-last-known-of-" + NameOf(cluster)};
    const Result<std::string> object = home()->client().GetJson(name);
    return object ? object->size() : 0;
  }
  void Lose(int cluster) { rigs_[static_cast<size_t>(cluster)]->StopApiServer(); }

  // Nothing is pushed or written any more.
  void AwaitSettled() {
    home()->AwaitQuiet();
    double sent = Sent();
    Time since = std::chrono::steady_clock::now();
    Await([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (const double now = Sent(); now != sent) {
        sent = now;
        since = std::chrono::steady_clock::now();
      }
      return std::chrono::steady_clock::now() - since > std::chrono::seconds(1);
    });
  }

  // Resources that proxies were sent, and told to remove.
  double Sent() { return Sum("fairlead_xds_resources_sent_total") + Sum("fairlead_xds_removals_sent_total"); }
  ProcessFigures Figures() { return FiguresOf(home()->controller().pid()); }

  // Percent of a core.
  double Cpu(std::chrono::seconds span) {
    const double before = Figures().cpu_seconds;
    std::this_thread::sleep_for(span);
    return 100 * (Figures().cpu_seconds - before) / static_cast<double>(span.count());
  }

 private:
  Clusters() = default;

  std::string Metrics() {
    testing::HttpClient client("127.0.0.1", metrics_port_);
    return client.Call({.path = "/metrics", .host = "metrics", .timeout = std::chrono::seconds(10)}).body;
  }
  double Sum(const std::string& metric) {
    double out = 0;
    std::istringstream lines(Metrics());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(metric + "{") || line.starts_with(metric + " "))
        out += std::stod(line.substr(line.rfind(' ')));
    }
    return out;
  }

  int metrics_port_ = testing::FreePort();
  std::vector<std::unique_ptr<Rig>> rigs_;
};

std::string StateInWords(const StateSize& size) {
  return std::to_string(kClusters) + " clusters of " + std::to_string(size.services) + " services and " +
         std::to_string(size.services * size.endpoints) + " endpoints";
}

Result<void> MeasureLoss(Clusters* clusters, std::chrono::seconds span, Table* table) {
  const double before = clusters->Cpu(span);
  const double sent = clusters->Sent();
  // From the loss on: what is known is written right then.
  const Time begin = std::chrono::steady_clock::now();
  const double cpu = clusters->Figures().cpu_seconds;
  clusters->Lose(1);
  if (!clusters->AwaitState(1, "stale"))
    return Unexpected(Failure("the loss of a cluster is not noticed", clusters->home()));
  std::this_thread::sleep_for(span);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  const double lost = 100 * (clusters->Figures().cpu_seconds - cpu) / passed.count();
  const size_t kept = clusters->KeptBytes(1);
  if (kept == 0)
    return Unexpected(Failure("what was known of the lost cluster is not kept", clusters->home()));
  table->Note("what was known of the lost cluster is kept in an object of " + std::to_string(kept >> 10) +
              " KiB, written meanwhile");
  table->Add({.number = "CPU of a core while a cluster's API server is gone, over " +
                        std::to_string(span.count()) + " s",
              .unit = "%",
              .measured = lost,
              .floor = before,
              .floor_is = "the same before it went",
              .target = 1});
  table->Add({.number = "resources sent to proxies meanwhile",
              .unit = "",
              .measured = clusters->Sent() - sent,
              .floor = 0.0,
              .floor_is = "none",
              .target = 0,
              .timing = false});
  return {};
}

}  // namespace

Result<void> MeasureClusters(const BenchOptions& options, Table* table) {
  table->Begin("clusters", StateInWords(options.joined));
  const Result<double> empty = EmptyMemory(options);
  if (!empty) return Unexpected(empty.error());
  Result<std::unique_ptr<Clusters>> started = Clusters::Start(options);
  if (!started) return Unexpected(started.error());
  Clusters* clusters = started->get();
  Proxies proxies(clusters->home()->xds_port(), options.joined.waypoints);
  if (!proxies.AwaitRoutes(static_cast<size_t>(options.joined.services)))
    return Unexpected(Failure("the proxies do not get their routes", clusters->home()));
  clusters->AwaitSettled();
  const double alone = clusters->Figures().resident_mb;
  const double cpu = clusters->Figures().cpu_seconds;
  if (Result<void> r = clusters->Join(); !r) return r;
  const ProcessFigures joined = clusters->Figures();
  table->Note("peak " + std::to_string(joined.peak_mb) + " MB, " + std::to_string(joined.cpu_seconds - cpu) +
              " s of CPU to join the others");
  table->Add({.number = "resident memory of the operator, ours alone",
              .unit = "MB",
              .measured = alone,
              .floor = *empty,
              .floor_is = "with an empty cluster"});
  table->Add({.number = "resident memory of the operator, all joined",
              .unit = "MB",
              .measured = joined.resident_mb,
              .floor = alone,
              .floor_is = "ours alone",
              .target = 80});
  return MeasureLoss(clusters, options.idle, table);
}

}  // namespace fairlead::bench
