#include "tests/bench/drain.h"

#include <atomic>
#include <optional>
#include <thread>

#include "tests/bench/groups.h"
#include "tests/support/backend/backend.h"
#include "tests/support/envoy/envoy.h"
#include "tests/support/http_client.h"

namespace fairlead::bench {
namespace {

using testing::Backend;

constexpr int kWorkers = 8;
constexpr char kHost[] = "drained";

// Each worker sends at its times, and does not wait for the others: a slow answer delays its own next one
// alone.
class Load {
 public:
  Load(const std::string& host, int port, int a_second) : start_(std::chrono::steady_clock::now()) {
    const std::chrono::duration<double> pause(static_cast<double>(kWorkers) / a_second);
    for (int w = 0; w < kWorkers; ++w) {
      workers_.emplace_back([this, host, port, pause, w](const std::stop_token& stop) {
        testing::HttpClient client("127.0.0.1", port);
        auto next = start_ + pause * w / kWorkers;
        while (!stop.stop_requested()) {
          std::this_thread::sleep_until(next);
          next += pause;
          const auto answer = client.Call({.host = host, .timeout = std::chrono::seconds(5)});
          ++requests;
          if (answer.status != 200) ++failed;
        }
      });
    }
  }
  double Stop() {
    workers_.clear();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  std::atomic<int> requests{0}, failed{0};

 private:
  const Time start_;
  std::vector<std::jthread> workers_;
};

class Drain {
 public:
  explicit Drain(Rig* rig) : rig_(rig), ns_(ServiceOf(rig->size(), 0).ns) {}

  Result<void> Start() {
    if (Result<void> r = Create({"", "v1", "services"}, kHost,
                                R"("spec":{"ports":[{"name":"http","port":8080,"appProtocol":"http"}]})");
        !r) {
      return r;
    }
    for (int z = 0; z < kZones; ++z) {
      Result<std::unique_ptr<Backend>> backend = Backend::Start("zone-" + std::to_string(z));
      if (!backend) return Unexpected(backend.error());
      const std::string slice = R"("addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":)" +
                                std::to_string((*backend)->port()) + R"(}],"endpoints":)" +
                                Endpoints(z, true);
      backends_.push_back(std::move(*backend));
      if (Result<void> r = Create(kSlices, SliceOf(z), slice); !r) return r;
    }
    const NamespacedName waypoint = WaypointOf(0);
    auto envoy = testing::Envoy::Start({.xds_port = rig_->xds_port(),
                                        .id = waypoint.name + "-drain",
                                        .cluster = waypoint.ToString(),
                                        .region = "bench",
                                        .zone = "zone-0"});
    if (!envoy) return Unexpected(envoy.error());
    envoy_ = std::move(*envoy);
    if (Result<void> r = envoy_->AwaitListener(port(), std::chrono::minutes(1)); !r) return r;
    testing::HttpClient client("127.0.0.1", port());
    const bool near = Await([&] {
      for (const auto& backend : backends_) backend->Forget();
      for (int i = 0; i < 20; ++i) {
        if (client.Call({.host = Host()}).status != 200) return false;
      }
      return backends_[0]->Count() == 20;
    });
    if (near) return {};
    return Unexpected(Failure("requests do not stay in the zone of the proxy", rig_));
  }

  Result<DrainResult> Run(std::chrono::seconds length, int a_second) {
    for (const auto& backend : backends_) backend->Forget();
    Load load(Host(), port(), a_second);
    std::this_thread::sleep_for(length / 2);
    const Result<kube::Written> written = rig_->client().MergePatch(
        {kSlices, ns_, SliceOf(0)}, R"({"endpoints":)" + Endpoints(0, false) + "}", "", kManager);
    if (!written) return Unexpected(written.error());
    // What a pod is given by default is 30 s; a second is enough for requests that take a millisecond.
    std::this_thread::sleep_for(std::chrono::seconds(1));
    backends_[0].reset();
    std::this_thread::sleep_for(length / 2);
    const double seconds = load.Stop();
    DrainResult out{load.requests, load.failed, load.requests / seconds, 0};
    for (size_t z = 1; z < backends_.size(); ++z) out.moved += backends_[z]->Count();
    if (Result<void> r = Eject(&out); !r) return Unexpected(r.error());
    return out;
  }

  // Ends once as many requests in a row are answered well as would meet the endpoint many times over.
  Result<void> Eject(DrainResult* out) {
    constexpr int kWell = 200;
    backends_[1]->Set({.fail_every = 1, .fail_status = 500});
    testing::HttpClient client("127.0.0.1", port());
    std::optional<Time> first;
    Time last;
    int well = 0;
    const bool ejected = Await([&] {
      const int status = client.Call({.host = Host()}).status;
      if (status == 500) {
        last = std::chrono::steady_clock::now();
        if (!first) first = last;
        ++out->errors;
      }
      well = status == 200 ? well + 1 : 0;
      return first && well >= kWell;
    });
    if (!ejected) return Unexpected(Failure("an endpoint that answers 500 is not ejected", rig_));
    out->ejected = Duration(last - *first).count();
    return {};
  }

 private:
  static inline const kube::Resource kSlices{"discovery.k8s.io", "v1", "endpointslices"};
  static std::string SliceOf(int zone) { return std::string(kHost) + "-" + std::to_string(zone); }
  static std::string Endpoints(int zone, bool ready) {
    return R"([{"addresses":["127.0.0.1"],"nodeName":"bench-)" + std::to_string(zone) + R"(","conditions":)" +
           (ready ? R"({"ready":true,"serving":true,"terminating":false})"
                  : R"({"ready":false,"serving":true,"terminating":true})") +
           "}]";
  }
  std::string Host() const { return std::string(kHost) + "." + ns_; }
  int port() const { return rig_->size().plaintext_port; }

  Result<void> Create(const kube::Resource& resource, const std::string& name, const std::string& rest) {
    const std::string labels =
        resource == kSlices ? R"({"kubernetes.io/service-name":")" + std::string(kHost) + R"("})" : "{}";
    const Result<kube::Written> written = rig_->client().Create(
        {resource, ns_, name},
        R"({"apiVersion":")" + resource.GroupVersion() + R"(","kind":")" +
            (resource == kSlices ? "EndpointSlice" : "Service") + R"(","metadata":{"name":")" + name +
            R"(","namespace":")" + ns_ + R"(","labels":)" + labels + "}," + rest + "}",
        kManager);
    if (!written) return Unexpected(written.error());
    return {};
  }

  Rig* const rig_;
  const std::string ns_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::unique_ptr<testing::Envoy> envoy_;
};

}  // namespace

Result<DrainResult> DrainZone(Rig* rig, std::chrono::seconds length, int requests_a_second) {
  Drain drain(rig);
  if (Result<void> r = drain.Start(); !r) return Unexpected(r.error());
  return drain.Run(length, requests_a_second);
}

}  // namespace fairlead::bench
