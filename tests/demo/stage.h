// Stage: everything that runs in the demo: the embedded API servers of two clusters, the operator as a
// process, two real Envoys as waypoints, the sample services.
//
// Who calls: main, which sets it up, and the scenes, which send traffic. Children end with the object. One
// thread, the one that called Set.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "crds/base/result.h"
#include "tests/demo/cluster.h"
#include "tests/demo/patience.h"
#include "tests/demo/regions.h"
#include "tests/demo/report.h"
#include "tests/demo/shop.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/envoy/envoy.h"
#include "tests/support/http_client.h"
#include "tests/support/process.h"

namespace fairlead::demo {

struct StageOptions {
  std::string operator_program;
  std::string samples_dir;
};

class Stage {
 public:
  Stage(StageOptions options, Report* report, const Patience* patience)
      : options_(std::move(options)), report_(report), patience_(patience) {}

  Result<void> Set();

  Cluster& cluster() { return *cluster_; }
  Shop& shop() { return *shop_; }
  Regions& regions() { return *regions_; }
  Report& report() { return *report_; }
  const Patience& patience() const { return *patience_; }

  // Through the waypoint of the namespace, with the full host name of the Service.
  testing::LoadResult Send(const std::string& ns, const std::string& service, testing::HttpQuestion question,
                           const testing::LoadPlan& plan) const;
  // The waypoint's present routes of a service, as Envoy's admin interface prints them.
  std::string RoutesAt(const std::string& ns, const std::string& service) const;

  std::string Metrics() const;  // the operator's

  std::string HowToPlay() const;  // for --keep
  std::string Diagnosis() const;  // when something did not come: logs, what the operator thinks
  bool OperatorRunning() { return operator_.Running(); }

 private:
  struct Waypoint {
    int port = 0;  // where it listens in plaintext
    std::unique_ptr<testing::Envoy> envoy;
  };
  Result<void> StartApiServer();
  Result<void> ApplyDefinitions();
  Result<void> ApplyShop();
  Result<void> OpenRegions();
  Result<void> StartOperator();
  Result<void> StartWaypoints();
  Waypoint& WaypointOf(const std::string& ns) { return ns == "payments" ? payments_ : shop_waypoint_; }
  const Waypoint& WaypointOf(const std::string& ns) const {
    return ns == "payments" ? payments_ : shop_waypoint_;
  }

  const StageOptions options_;
  Report* const report_;
  const Patience* const patience_;
  testing::TempDir dir_;
  int xds_port_ = 0, health_port_ = 0, metrics_port_ = 0;
  std::unique_ptr<apiserver::ApiServer> api_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Shop> shop_;
  std::unique_ptr<Regions> regions_;
  testing::Process operator_;
  Waypoint shop_waypoint_, payments_;
};

}  // namespace fairlead::demo
