#include "tests/bench/drain.h"
#include "tests/bench/groups.h"
#include "tests/bench/proxies.h"
#include "tests/bench/raw_watch.h"
#include "tests/support/envoy/envoy.h"

namespace fairlead::bench {
namespace {

constexpr int kRequestsASecond = 1'000;

Result<void> Create(Rig* rig, const kube::ObjectName& name, const std::string& json) {
  const Result<kube::Written> written = rig->client().Create(name, json, kManager);
  if (!written) return Unexpected(written.error());
  return {};
}

// Zones, and a policy for all services of each namespace.
Result<void> AddFailover(Rig* rig) {
  for (int z = 0; z < kZones; ++z) {
    const std::string name = "bench-" + std::to_string(z);
    if (Result<void> r =
            Create(rig, {{"", "v1", "nodes"}, "", name},
                   R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name +
                       R"(","labels":{"topology.kubernetes.io/region":"bench",)" +
                       R"("topology.kubernetes.io/zone":"zone-)" + std::to_string(z) + R"("}}})");
        !r) {
      return r;
    }
  }
  std::set<std::string> namespaces;
  for (int s = 0; s < rig->size().services; ++s) namespaces.insert(ServiceOf(rig->size(), s).ns);
  for (const std::string& ns : namespaces) {
    if (Result<void> r = Create(
            rig, {kube::ResourceOf(Kind::kFailoverPolicy), ns, "near"},
            R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"FailoverPolicy","metadata":{"name":"near","namespace":")" +
                ns + R"("},"spec":{"targetSelectors":[{"kind":"Service"}]}})");
        !r) {
      return r;
    }
  }
  return {};
}

// Endpoints of one service, and after each change one more or less.
std::string SlicePatch(int change) {
  std::string out;
  for (int i = 0; i < 2 + change % 2; ++i) {
    out += (i > 0 ? "," : "") + std::string(R"({"addresses":["10.)") + std::to_string(i) + ".9." +
           std::to_string(change % 250 + 1) + R"("],"nodeName":"bench-)" + std::to_string(i) +
           R"(","conditions":{"ready":true}})";
  }
  return R"({"endpoints":[)" + out + "]}";
}

Result<void> MeasureEndpoints(Rig* rig, const BenchOptions& options, Table* table) {
  RawWatch slices(&rig->transport(), Kind::kEndpointSlice);
  if (!slices.AwaitSynced()) return Unexpected(Failure("the raw watch does not begin"));
  Proxies proxies(rig->xds_port(), rig->size().waypoints);
  if (!proxies.AwaitRoutes(static_cast<size_t>(rig->size().services)))
    return Unexpected(Failure("the proxies do not get their routes", rig));
  rig->AwaitQuiet();
  std::vector<double> shown, added;
  for (int i = 0; i < options.changes; ++i) {
    const int service = i % rig->size().services;
    const NamespacedName name = ServiceOf(rig->size(), service);
    const xds::ResourceName endpoints{xds::Type::kEndpoints, RouteTableOf(rig->size(), service)};
    const std::string before = proxies.VersionOf(endpoints);
    const Time start = std::chrono::steady_clock::now();
    const kube::ObjectName slice{{"discovery.k8s.io", "v1", "endpointslices"}, name.ns, name.name + "-1"};
    const Result<kube::Written> written =
        rig->client().MergePatch(slice, SlicePatch(i / rig->size().services), "", kManager);
    if (!written) return Unexpected(written.error());
    const std::optional<Time> seen = slices.When({slice.ns, slice.name}, written->resource_version);
    if (!seen) return Unexpected(Failure("the raw watch does not show " + slice.ToString()));
    const std::optional<Time> got = proxies.WhenOther(endpoints, before);
    if (!got) return Unexpected(Failure("no proxy gets the change of " + slice.ToString(), rig));
    shown.push_back(Duration(*seen - start).count());
    added.push_back(std::max(0.0, Duration(*got - *seen).count()));
  }
  for (const auto& [q, name, target] : {std::tuple(0.5, "p50", 1.0), std::tuple(0.99, "p99", 5.0)}) {
    table->Add({.number = std::string("endpoints under a FailoverPolicy change → proxy has them, ") + name,
                .unit = "ms",
                .measured = Quantile(added, q),
                .floor = Quantile(shown, q),
                .floor_is = "written → shown by a raw watch",
                .target = target});
  }
  return {};
}

}  // namespace

Result<void> MeasureFailover(const BenchOptions& options, Table* table) {
  table->Begin("failover", "endpoints that go, and a zone that is drained under load");
  StateSize size = options.small;
  size.policies = 0;  // none of which gives a cluster another name
  size.plaintext_port = testing::FreePort();
  Result<std::unique_ptr<Rig>> started = Rig::Start(options.programs, size);
  if (!started) return Unexpected(started.error());
  Rig* rig = started->get();
  if (Result<void> r = AddFailover(rig); !r) return r;
  if (Result<void> r = rig->StartOperator(); !r) return r;
  if (Result<void> r = MeasureEndpoints(rig, options, table); !r) return r;
  if (const std::string why = testing::Envoy::Missing(); !why.empty() || !options.envoy) {
    table->Note("no zone is drained: " + (why.empty() ? "no real Envoy is wanted" : why));
    return {};
  }
  const Result<DrainResult> drained = DrainZone(rig, options.drain, kRequestsASecond);
  if (!drained) return Unexpected(drained.error());
  table->Note(std::to_string(drained->requests) + " requests, " + std::to_string(drained->per_second) +
              " a second, " + std::to_string(drained->moved) + " answered by other zones");
  if (drained->moved == 0) return Unexpected(Failure("no request went to another zone", rig));
  table->Add({.number = "requests that fail while a zone is drained",
              .unit = "%",
              .measured = 100.0 * drained->failed / drained->requests,
              .target = 0.1});
  table->Add({.number = "an endpoint that answers 500 is left out by Envoy, after " +
                        std::to_string(drained->errors) + " of them (its interval)",
              .unit = "ms",
              .measured = drained->ejected,
              .target = 10'000});
  return {};
}

}  // namespace fairlead::bench
