// The groups of numbers. Each makes what it needs, measures, adds rows to the table and cleans up.
//
// main calls them, in this order. An error: something did not come to be, and the group has no number.
#pragma once

#include <vector>

#include "tests/bench/rig.h"
#include "tests/bench/table.h"

namespace fairlead::bench {

struct BenchOptions {
  Programs programs;
  bool envoy = true;
  int changes = 1'000;
  StateSize small = StateOfRoutes(100);
  StateSize wide = StateOfRoutes(5'000);
  StateSize large = kLargeState;
  int starts = 5;
  StateSize tenants = {.services = 1, .namespaces = 5'000, .workspaces = 500};
  StateSize tenancy = {
      .routes = 5'000, .policies = 50'000, .services = 5'000, .namespaces = 5'000, .workspaces = 500};
  StateSize held = {.services = 1, .namespaces = 500, .workspaces = 50};  // whose objects are written
  StateSize preview = {.routes = 5'000,
                       .policies = 1'000,
                       .services = 5'000,
                       .namespaces = 250,
                       .waypoints = 5,
                       .workspaces = 25};
  int renders = 5;
  int creates = 2'000;
  int reviews = 20'000;
  std::chrono::seconds idle{20};
  StateSize joined = {.services = 1'000,
                      .namespaces = 20,
                      .waypoints = 2,
                      .endpoints = 10,
                      .joined = true};  // of each cluster
  std::chrono::seconds drain{10};       // for which requests are sent while a zone is drained
};

Result<void> MeasureChanges(const BenchOptions& options, Table* table);   // change → proxy has it
Result<void> MeasureWrites(const BenchOptions& options, Table* table);    // what the API server is asked
Result<void> MeasureScale(const BenchOptions& options, Table* table);     // start, memory, idle CPU
Result<void> MeasureFailover(const BenchOptions& options, Table* table);  // endpoints that go, a zone drained
Result<void> MeasureClusters(const BenchOptions& options,
                             Table* table);  // other clusters, and one that is lost
Result<void> MeasureAdmission(const BenchOptions& options,
                              Table* table);                             // what webhooks add, reviews, flood
Result<void> MeasureTenancy(const BenchOptions& options, Table* table);  // workspaces and their namespaces
Result<void> MeasureRender(const BenchOptions& options, Table* table);   // fairleadctl render
Result<void> MeasurePreview(const BenchOptions& options, Table* table);  // fairleadctl diff, graph

// Of values in any order; 0 where there are none.
double Quantile(std::vector<double> values, double q);
double Median(std::vector<double> values);

Result<double> EmptyMemory(const BenchOptions& options);  // MB of an operator in an empty cluster

Error Failure(const std::string& what, const Rig* rig = nullptr);  // with the end of the operator's log

}  // namespace fairlead::bench
