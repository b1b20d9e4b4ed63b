#include <thread>

#include "dataplane/envoy/planner.h"
#include "operator/app/watches.h"
#include "reconcilers/world.h"
#include "tests/bench/changes.h"
#include "tests/bench/groups.h"

namespace fairlead::bench {
namespace {

using reconcilers::World;

// Counts down the kinds whose list is whole; keeps nothing.
class ListSink final : public kube::ObjectSink {
 public:
  explicit ListSink(size_t kinds) : missing_(kinds) {}
  void OnReplace(Kind, std::vector<AnyObject>) override {}
  void OnUpsert(Kind, AnyObject) override {}
  void OnDelete(Kind, AnyObject) override {}
  void OnSynced(Kind) override {
    const std::lock_guard lock(mutex_);
    if (--missing_ == 0) whole_.notify_all();
  }
  bool Await() {
    std::unique_lock lock(mutex_);
    return whole_.wait_for(lock, std::chrono::minutes(1), [this] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable whole_;
  size_t missing_;
};

// Lists all kinds as the operator does, and does nothing with them. Milliseconds.
Result<double> TimeOfLists(Rig* rig) {
  const std::set<Kind> kinds = app::WatchedKinds();
  ListSink sink(kinds.size());
  std::vector<std::unique_ptr<kube::Reflector>> reflectors;
  const Time start = std::chrono::steady_clock::now();
  for (const Kind kind : kinds) {
    reflectors.push_back(
        std::make_unique<kube::Reflector>(&rig->transport(), kube::ObjectStream::TargetOf(kind),
                                          std::make_unique<kube::ObjectStream>(kind, &sink)));
    reflectors.back()->Start();
  }
  if (!sink.Await()) return Unexpected(Failure("the lists do not end"));
  return Duration(std::chrono::steady_clock::now() - start).count();
}

// What each proxy is to hold, worked out beside the operator from what the API server has.
Result<std::vector<Versions>> Expected(Rig* rig) {
  World world{reconcilers::WorldOptions{}};
  for (const Kind kind : app::WatchedKinds()) {
    Result<std::vector<AnyObject>> objects = rig->client().List(kind);
    if (!objects && objects.error().error_class == ErrorClass::kNotFound)
      continue;  // a kind that is not served
    if (!objects) return Unexpected(objects.error());
    for (const AnyObject& object : *objects) world.Apply(object);
  }
  envoy::Planner planner{envoy::PlannerOptions{}};
  planner.Plan(world.Drain());
  std::vector<Versions> out(static_cast<size_t>(rig->size().waypoints));
  for (size_t i = 0; i < out.size(); ++i) {
    for (const xds::ResourcePtr& resource : planner.ResourcesOf(WaypointOf(static_cast<int>(i)))) {
      out[i][static_cast<size_t>(resource->name.type)][resource->name.name] = resource->version();
    }
  }
  return out;
}

Result<double> TimeOfStart(Rig* rig, Changer* changer, const std::vector<Versions>& expected) {
  changer->DropProxies();
  rig->StopOperator();
  const Time start = std::chrono::steady_clock::now();
  if (Result<void> r = rig->StartOperator(); !r) return Unexpected(r.error());
  changer->ConnectProxies();
  if (!changer->proxies()->AwaitHeld(expected)) {
    return Unexpected(Failure(
        "the proxies do not get what they should: one " + changer->proxies()->Difference(expected), rig));
  }
  return Duration(std::chrono::steady_clock::now() - start).count();
}

Result<void> MeasureStarts(Rig* rig, Changer* changer, int starts, Table* table) {
  const Result<std::vector<Versions>> expected = Expected(rig);
  if (!expected) return Unexpected(expected.error());
  std::vector<double> times, lists, cpu;
  for (int i = 0; i < starts; ++i) {
    const Result<double> time = TimeOfStart(rig, changer, *expected);
    if (!time) return Unexpected(time.error());
    times.push_back(*time);
    cpu.push_back(FiguresOf(rig->controller().pid()).cpu_seconds);
    const Result<double> list = TimeOfLists(rig);
    if (!list) return Unexpected(list.error());
    lists.push_back(*list);
  }
  rig->AwaitQuiet();
  table->Add({.number = "cold start → every proxy has what it should, median of " + std::to_string(starts),
              .unit = "s",
              .measured = Median(times) / 1000,
              .floor = Median(lists) / 1000,
              .floor_is = "listing and parsing the same objects",
              .target = 2});
  table->Add({.number = "CPU time of the operator until then", .unit = "s", .measured = Median(cpu)});
  return {};
}

void MeasureIdle(Rig* rig, std::chrono::seconds idle, Table* table) {
  const double before = FiguresOf(rig->controller().pid()).cpu_seconds;
  std::this_thread::sleep_for(idle);
  const double used = FiguresOf(rig->controller().pid()).cpu_seconds - before;
  table->Add({.number = "CPU of a core while nothing happens, over " + std::to_string(idle.count()) + " s",
              .unit = "%",
              .measured = 100 * used / static_cast<double>(idle.count()),
              .floor = 0.0,
              .floor_is = "none",
              .target = 0.5});
}

}  // namespace

Result<double> EmptyMemory(const BenchOptions& options) {
  Result<std::unique_ptr<Rig>> rig = Rig::Start(options.programs, {.namespaces = 1, .waypoints = 1});
  if (!rig) return Unexpected(rig.error());
  if (Result<void> r = (*rig)->StartOperator(); !r) return Unexpected(r.error());
  (*rig)->AwaitQuiet();
  return FiguresOf((*rig)->controller().pid()).resident_mb;
}

Result<void> MeasureScale(const BenchOptions& options, Table* table) {
  const StateSize& size = options.large;
  table->Begin("scale", std::to_string(size.routes) + " routes, " + std::to_string(size.policies) +
                            " policies, " + std::to_string(size.services) + " services, " +
                            std::to_string(size.waypoints) + " waypoints");
  const Result<double> empty = EmptyMemory(options);
  if (!empty) return Unexpected(empty.error());
  Result<std::unique_ptr<Rig>> started = Rig::Start(options.programs, size);
  if (!started) return Unexpected(started.error());
  Rig* rig = started->get();
  Changer changer(rig);
  if (Result<void> r = changer.Begin(); !r) return r;
  const ProcessFigures first = FiguresOf(rig->controller().pid());
  MeasureIdle(rig, options.idle, table);
  if (Result<void> r = MeasureStarts(rig, &changer, options.starts, table); !r) return r;
  const ProcessFigures restarted = FiguresOf(rig->controller().pid());
  table->Note("resident memory: " + std::to_string(first.resident_mb) +
              " MB after every status was written, " + std::to_string(restarted.resident_mb) +
              " MB after a restart; peak " + std::to_string(restarted.peak_mb) + " MB");
  table->Add({.number = "resident memory of the operator, the worse of first start and restart",
              .unit = "MB",
              .measured = std::max(first.resident_mb, restarted.resident_mb),
              .floor = *empty,
              .floor_is = "with an empty cluster",
              .target = 60});
  return {};
}

}  // namespace fairlead::bench
