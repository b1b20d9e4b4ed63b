#include "operator/app/watches.h"
#include "tests/bench/changes.h"
#include "tests/bench/groups.h"

namespace fairlead::bench {
namespace {

// Counted change by change, so that none hides behind the mean. A write that comes late counts for the next
// change.
Result<void> CountByChange(Rig* rig, Changer* changer, int changes, Table* table) {
  int most = 0;
  int total = 0;
  for (int i = 0; i < changes; ++i) {
    rig->ClearAudit();
    ChangeTimes ignored;
    if (Result<void> r = changer->ChangePolicy(&ignored); !r) return r;
    const Asked asked = i + 1 == changes ? rig->AwaitQuiet() : rig->Audit();
    most = std::max(most, asked.writes);
    total += asked.writes;
    if (asked.writes > 2) table->Note("more than two: " + asked.writes_in_words);
  }
  table->Note(std::to_string(changes) + " changes: " + std::to_string(total) + " writes");
  table->Add({.number = "API writes of one policy change, at most",
              .unit = "",
              .measured = static_cast<double>(most),
              .floor = 1.0,
              .floor_is = "the status",
              .target = 2,
              .timing = false});
  return {};
}

// The operator starts anew, and each of its watches is told once that it is too old: every kind is listed
// twice, nothing has changed, the proxies come back with what they had.
Result<void> CountResync(Rig* rig, Changer* changer, Table* table) {
  const std::vector<Versions> held = changer->proxies()->held();
  changer->DropProxies();
  rig->AwaitQuiet();
  rig->StopOperator();
  rig->ClearAudit();
  const int kinds = static_cast<int>(app::WatchedKinds().size());
  rig->ExpireWatches(kinds);
  if (Result<void> r = rig->StartOperator(); !r) return r;
  changer->ConnectProxies(held);
  if (!Await([&] { return rig->Audit().lists >= kinds + 1; })) return Unexpected(Failure("no resync", rig));
  const Asked asked = rig->AwaitQuiet();
  table->Note("restart and relist: " + std::to_string(asked.lists) +
              " lists; writes: " + (asked.writes == 0 ? "none" : asked.writes_in_words));
  table->Add({.number = "API writes of a resync with nothing changed",
              .unit = "",
              .measured = static_cast<double>(asked.writes),
              .floor = 0.0,
              .floor_is = "none",
              .target = 0,
              .timing = false});
  // It is awake all the same.
  ChangeTimes ignored;
  return changer->ChangePolicy(&ignored);
}

}  // namespace

Result<void> MeasureWrites(const BenchOptions& options, Table* table) {
  table->Begin("writes", "what the operator writes to the API server");
  Result<std::unique_ptr<Rig>> rig = Rig::Start(options.programs, options.small);
  if (!rig) return Unexpected(rig.error());
  Changer changer(rig->get());
  if (Result<void> r = changer.Begin(); !r) return r;
  if (Result<void> r = CountByChange(rig->get(), &changer, std::max(3, options.changes / 10), table); !r)
    return r;
  return CountResync(rig->get(), &changer, table);
}

}  // namespace fairlead::bench
