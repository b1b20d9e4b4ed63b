// fault_crash: the fault campaign. Each workload is run undisturbed, then with the operator killed (or its
// request lost) at each of its writes; every run must end as the undisturbed one. A plan that fails is
// printed with the command that runs it again.
//
//   fault_crash                             all workloads
//   fault_crash --workload=edited           one, at each write
//   fault_crash --plan=edited/3.before      one plan
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "tests/fault/run.h"

namespace fairlead::fault {
namespace {

struct Options {
  std::string program;
  std::string self;
  int max = 0;
};

class Campaign {
 public:
  Campaign(Cluster* cluster, const Options& options) : cluster_(cluster), options_(options) {}

  void RunWorkload(const Workload& workload) {
    const std::optional<Outcome> reference = Try(workload, {workload.name}, nullptr);
    if (!reference) return;
    const Deeds& deeds = reference->seen.deeds;
    std::cout << workload.name << ": undisturbed, " << deeds.stored << " writes\n";
    // What differs between two undisturbed runs would be told as a fault.
    if (!Try(workload, {workload.name}, &reference->seen)) return;
    for (const Fault fault : FaultsOf(workload)) {
      const bool before = fault == Fault::kBefore || fault == Fault::kFailed;
      for (const int write : PointsOf(before ? deeds.sent : deeds.stored, PointsFor(workload, fault))) {
        Try(workload, {workload.name, write, fault}, &reference->seen);
      }
    }
  }

  void RunPlan(const Workload& workload, const Plan& plan) {
    const std::optional<Outcome> reference = Try(workload, {workload.name}, nullptr);
    if (reference) Try(workload, plan, &reference->seen);
  }

  int Report() const {
    std::cout << runs_ << " runs, " << reached_ << " of them disturbed; " << failed_.size() << " failed\n";
    for (const std::string& plan : failed_)
      std::cout << "run again: " << options_.self << " " << plan << "\n";
    return failed_.empty() && (reached_ > 0 || runs_ == 0) ? 0 : 1;
  }

 private:
  static std::vector<Fault> FaultsOf(const Workload& workload) {
    if (workload.replicas > 1) return {Fault::kAfter, Fault::kBefore, Fault::kPaused};
    return {Fault::kAfter, Fault::kBefore, Fault::kLost, Fault::kFailed};
  }

  // After each write; of what is more alike from write to write a few, unless more are asked for.
  int PointsFor(const Workload& workload, Fault fault) const {
    if (options_.max > 0) return options_.max;
    if (fault == Fault::kLost || fault == Fault::kFailed) return 3;
    return fault == Fault::kBefore && workload.points == 0 ? 6 : workload.points;
  }

  std::optional<Outcome> Try(const Workload& workload, const Plan& plan, const Reference* reference) {
    const auto begin = std::chrono::steady_clock::now();
    const Result<Outcome> outcome = Run(cluster_, workload, plan, options_.program, reference).Carry();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    ++runs_;
    if (!outcome) {
      std::cout << plan.Name() << " FAILED: " << outcome.error().message << std::endl;
      failed_.push_back((plan.fault == Fault::kNone ? "--workload=" : "--plan=") + plan.Name());
      return std::nullopt;
    }
    if (plan.fault != Fault::kNone && outcome->reached) ++reached_;
    std::cout << plan.Name() << (outcome->reached ? " ok, " : " made fewer writes, ")
              << outcome->seen.deeds.stored << " writes, " << took.count() << " s" << std::endl;
    return *outcome;
  }

  Cluster* const cluster_;
  const Options options_;
  int runs_ = 0, reached_ = 0;
  std::vector<std::string> failed_;
};

int Main(int argc, char** argv) {
  Options options{FAIRLEAD_BINARY_DIR "/bin/fairlead-operator", argv[0]};
  std::string workload_name, plan_name;
  bool list = false;
  CLI::App app("fault_crash: crashes the operator at each of its writes and compares what comes of it");
  app.add_option("--workload", workload_name, "This workload only");
  app.add_option("--plan", plan_name, "This plan only: <workload>/<n>[.after|.before|.lost|.failed|.paused]");
  app.add_option("--max", options.max,
                 "At most so many writes of each workload and fault; 0: as the workload says");
  app.add_option("--operator", options.program, "The program")->capture_default_str();
  app.add_flag("--list", list, "Print the workloads");
  CLI11_PARSE(app, argc, argv);
  if (list) {
    for (const Workload& workload : Workloads()) std::cout << workload.name << "\t" << workload.what << "\n";
    return 0;
  }
  std::optional<Plan> plan;
  if (!plan_name.empty()) {
    const Result<Plan> parsed = Plan::Parse(plan_name);
    if (!parsed) return std::cerr << parsed.error().message << "\n", 2;
    plan = *parsed;
    workload_name = plan->workload;
  }
  if (!workload_name.empty() && FindWorkload(workload_name) == nullptr)
    return std::cerr << "no workload \"" << workload_name << "\"; --list names them\n", 2;
  const Result<std::unique_ptr<Cluster>> cluster = Cluster::Start();
  if (!cluster) return std::cerr << cluster.error().message << "\n", 1;
  Campaign campaign(cluster->get(), options);
  for (const Workload& workload : Workloads()) {
    if (!workload_name.empty() && workload.name != workload_name) continue;
    if (plan) {
      campaign.RunPlan(workload, *plan);
    } else {
      campaign.RunWorkload(workload);
    }
  }
  return campaign.Report();
}

}  // namespace
}  // namespace fairlead::fault

int main(int argc, char** argv) { return fairlead::fault::Main(argc, argv); }
