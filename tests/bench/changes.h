// One change after the other, and when it was where.
#pragma once

#include <vector>

#include "tests/bench/proxies.h"
#include "tests/bench/raw_watch.h"
#include "tests/bench/rig.h"

namespace fairlead::bench {

// Milliseconds, an element a change.
struct ChangeTimes {
  std::vector<double> shown;  // written → the raw watch shows it
  std::vector<double> added;  // the raw watch shows it → a proxy has the new resource
  std::vector<double>
      reported;  // of policies: … → the raw watch shows the status that all proxies acknowledged
};

// A running operator with a settled state, and how it is watched.
class Changer {
 public:
  explicit Changer(Rig* rig);
  // Starts the operator, and waits until every policy has its status.
  Result<void> Begin();

  // Without fake proxies only `shown` and `reported` are measured.
  Result<void> Change(int count, bool routes_too, ChangeTimes* times);
  Result<void> ChangePolicy(ChangeTimes* times);
  Result<void> ChangeRoute(ChangeTimes* times);

  Proxies* proxies() { return proxies_.get(); }
  void ConnectProxies(const std::vector<Versions>& held = {});
  void DropProxies() { proxies_.reset(); }
  bool AwaitReported() {
    return policies_.AwaitAll([](const Seen& seen) { return seen.reported == seen.generation; });
  }

 private:
  Result<void> Measure(RawWatch* watch, const kube::ObjectName& object, const std::string& patch, int service,
                       bool policy, ChangeTimes* times);

  Rig* const rig_;
  RawWatch policies_, routes_;
  std::unique_ptr<Proxies> proxies_;
  int changes_ = 0;
};

}  // namespace fairlead::bench
