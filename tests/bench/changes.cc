#include "tests/bench/changes.h"

#include <algorithm>

#include "tests/bench/groups.h"
#include "tests/support/envoy/envoy.h"

namespace fairlead::bench {
namespace {

constexpr int kBlock = 50;  // changes here, then as many there: the machine's moods meet both
constexpr double kWider = 1.5;

double Milliseconds(Time from, Time to) { return Duration(to - from).count(); }

}  // namespace

Changer::Changer(Rig* rig)
    : rig_(rig),
      policies_(&rig->transport(), Kind::kRetryTimeoutPolicy),
      routes_(&rig->transport(), Kind::kHTTPRoute) {}

void Changer::ConnectProxies(const std::vector<Versions>& held) {
  proxies_ = std::make_unique<Proxies>(rig_->xds_port(), rig_->size().waypoints, held);
}

Result<void> Changer::Begin() {
  if (!policies_.AwaitSynced() || !routes_.AwaitSynced())
    return Unexpected(Failure("the raw watches do not begin"));
  if (Result<void> r = rig_->StartOperator(); !r) return r;
  ConnectProxies();
  if (!proxies_->AwaitRoutes(static_cast<size_t>(rig_->size().services))) {
    return Unexpected(Failure("the proxies do not get their routes", rig_));
  }
  if (!AwaitReported()) return Unexpected(Failure("not every policy gets a status", rig_));
  rig_->AwaitQuiet();
  return {};
}

Result<void> Changer::Change(int count, bool routes_too, ChangeTimes* times) {
  for (int i = 0; i < count; ++i) {
    const Result<void> r = routes_too && i % 2 == 1 ? ChangeRoute(times) : ChangePolicy(times);
    if (!r) return r;
  }
  return {};
}

Result<void> Changer::ChangePolicy(ChangeTimes* times) {
  const StateSize& size = rig_->size();
  const int policy = changes_++ % std::max(1, size.policies / 3) * 3;  // those that name a route
  const NamespacedName name = PolicyOf(size, policy);
  return Measure(&policies_, {kube::ResourceOf(Kind::kRetryTimeoutPolicy), name.ns, name.name},
                 PolicyChange(changes_), ServiceOfRoute(size, RouteOfPolicy(size, policy)), /*policy=*/true,
                 times);
}

Result<void> Changer::ChangeRoute(ChangeTimes* times) {
  const StateSize& size = rig_->size();
  const int route = changes_++ * 7 % size.routes;
  const NamespacedName name = RouteOf(size, route);
  return Measure(&routes_, {kube::ResourceOf(Kind::kHTTPRoute), name.ns, name.name},
                 RouteChange(size, route, changes_), ServiceOfRoute(size, route), /*policy=*/false, times);
}

Result<void> Changer::Measure(RawWatch* watch, const kube::ObjectName& object, const std::string& patch,
                              int service, bool policy, ChangeTimes* times) {
  const xds::ResourceName table{xds::Type::kRoute, RouteTableOf(rig_->size(), service)};
  const std::string before = proxies_ ? proxies_->VersionOf(table) : "";
  const Time start = std::chrono::steady_clock::now();
  const Result<kube::Written> written = rig_->client().MergePatch(object, patch, "", kManager);
  if (!written) return Unexpected(written.error());
  const NamespacedName name{object.ns, object.name};
  const std::optional<Time> shown = watch->When(name, written->resource_version);
  if (!shown) return Unexpected(Failure("the raw watch does not show " + object.ToString()));
  times->shown.push_back(Milliseconds(start, *shown));
  if (proxies_) {
    const std::optional<Time> got = proxies_->WhenOther(table, before);
    if (!got) return Unexpected(Failure("no proxy gets the change of " + object.ToString(), rig_));
    times->added.push_back(std::max(0.0, Milliseconds(*shown, *got)));
  }
  if (!policy) return {};
  const std::optional<Seen> reported = watch->AwaitObject(
      name, [&](const Seen& seen) { return seen.reported >= written->generation && seen.programmed; });
  if (!reported) return Unexpected(Failure("the status of " + object.ToString() + " does not come", rig_));
  times->reported.push_back(Milliseconds(*shown, reported->at));
  return {};
}

namespace {

void AddLatencies(const ChangeTimes& small, const ChangeTimes& wide, const BenchOptions& options,
                  Table* table) {
  const std::string few = std::to_string(options.small.routes) + " routes";
  const std::string many = std::to_string(options.wide.routes) + " routes";
  const auto add = [&](const char* name, double q, double target) {
    const double at_few = Quantile(small.added, q);
    table->Add({.number = "change → proxy has it, " + std::string(name) + ", " + few,
                .unit = "ms",
                .measured = at_few,
                .floor = Quantile(small.shown, q),
                .floor_is = "written → shown by a raw watch",
                .target = target});
    table->Add({.number = "change → proxy has it, " + std::string(name) + ", " + many,
                .unit = "ms",
                .measured = Quantile(wide.added, q),
                .floor = at_few,
                .floor_is = "the same at " + few,
                .target = kWider * at_few});
  };
  add("p50", 0.5, 1);
  add("p99", 0.99, 5);
}

Result<void> MeasureEnvoy(Rig* rig, Changer* changer, const BenchOptions& options, double floor,
                          Table* table) {
  if (const std::string why = testing::Envoy::Missing(); !why.empty() || !options.envoy) {
    table->Note("no real Envoy: " + (why.empty() ? "left out" : why));
    return {};
  }
  changer->DropProxies();
  const NamespacedName waypoint = WaypointOf(0);
  auto envoy = testing::Envoy::Start(
      {.xds_port = rig->xds_port(), .id = waypoint.name + "-0", .cluster = waypoint.ToString()});
  if (!envoy) return Unexpected(envoy.error());
  if (Result<void> r = (*envoy)->AwaitReady(std::chrono::minutes(1)); !r) return r;
  rig->AwaitQuiet();
  ChangeTimes times;
  if (Result<void> r = changer->Change(options.changes / 2, /*routes_too=*/false, &times); !r) return r;
  table->Add({.number = "policy change → real Envoy has acknowledged, p50, by the policy's status",
              .unit = "ms",
              .measured = Quantile(times.reported, 0.5),
              .floor = floor,
              .floor_is = "the same by a fake proxy",
              .target = 10});
  return {};
}

}  // namespace

Result<void> MeasureChanges(const BenchOptions& options, Table* table) {
  table->Begin("changes", "a policy or a route changes: added latency over a raw watch of the same object");
  StateSize with_port = options.small;
  with_port.plaintext_port = testing::FreePort();  // a real Envoy listens there
  Result<std::unique_ptr<Rig>> few = Rig::Start(options.programs, with_port);
  if (!few) return Unexpected(few.error());
  Result<std::unique_ptr<Rig>> many = Rig::Start(options.programs, options.wide);
  if (!many) return Unexpected(many.error());
  Changer at_few(few->get()), at_many(many->get());
  for (Changer* changer : {&at_few, &at_many}) {
    if (Result<void> r = changer->Begin(); !r) return r;
    ChangeTimes warm_up;
    if (Result<void> r = changer->Change(std::min(options.changes, kBlock), true, &warm_up); !r) return r;
  }
  ChangeTimes small, wide;
  for (int done = 0; done < options.changes; done += kBlock) {
    const int count = std::min(kBlock, options.changes - done);
    if (Result<void> r = at_few.Change(count, true, &small); !r) return r;
    if (Result<void> r = at_many.Change(count, true, &wide); !r) return r;
  }
  AddLatencies(small, wide, options, table);
  return MeasureEnvoy(few->get(), &at_few, options, Quantile(small.reported, 0.5), table);
}

}  // namespace fairlead::bench
