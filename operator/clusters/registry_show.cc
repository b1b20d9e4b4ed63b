// What the registry shows: to people, by metrics and by Events.
#include <array>

#include "operator/clusters/registry.h"

namespace fairlead::clusters {
namespace {

using reconcilers::RemoteStatus;

constexpr std::array kStates = {"connecting", "fresh", "stale", "expired", "refused"};

}  // namespace

void Registry::ShowRefused(const std::string& name, const ClusterEntry& entry, const std::string& why) {
  const Timestamp now = parts_.clock->WallNow();
  {
    const std::lock_guard lock(mutex_);
    ClusterReport& report = shown_[name].report;
    report.secret = entry.secret;
    report.reason = why;
    if (report.state == "refused") return;
    report.state = "refused";
    report.since = now;
  }
  SetState(name, "refused", now);
}

void Registry::Say(const ClusterProblem& problem, const char* reason) {
  if (parts_.events == nullptr) return;
  parts_.events->Record({.regarding = {"v1", "Secret", options_.ns, problem.secret, problem.uid},
                         .reason = reason,
                         .action = "Connect",
                         .note = problem.message,
                         .warning = true});
}

// An empty state: it is none of ours any more.
void Registry::SetState(const std::string& name, const std::string& state, Timestamp since, bool kept) {
  for (const char* each : kStates) {
    parts_.metrics
        ->AddGauge("fairlead_cluster_state", "1 for the state that another cluster is in.",
                   {{"cluster", name}, {"state", each}})
        .Set(state == each ? 1 : 0);
  }
  parts_.metrics
      ->AddGauge("fairlead_cluster_state_since_seconds", "Unix time since when it is in that state; 0: gone.",
                 {{"cluster", name}})
      .Set(static_cast<double>(since.seconds));
  parts_.metrics
      ->AddGauge("fairlead_cluster_kept",
                 "1 while it is known by the copy that was kept of it before the start.", {{"cluster", name}})
      .Set(kept ? 1 : 0);
}

// --- for people

std::map<std::string, ClusterReport> Registry::clusters() const {
  std::map<std::string, ClusterReport> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, shown] : shown_) {
    ClusterReport& report = out[name] = shown.report;
    if (shown.unusable) report.copy = shown.unusable->message;
    if (!shown.health) continue;
    const RemoteStatus& status = shown.health->status();
    report.state = ToString(status.state);
    report.since = status.since;
    report.reason = status.reason;
    report.policies = status.policies;
    report.kept = status.kept;
  }
  return out;
}

std::vector<ClusterProblem> Registry::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

Json::Value Registry::Dump() const {
  Json::Value out(Json::objectValue);
  out["clusters"] = Json::objectValue;
  for (const auto& [name, report] : clusters()) {
    Json::Value& cluster = out["clusters"][name];
    cluster["state"] = report.state;
    cluster["since"] = report.since.ToString();
    cluster["ageSeconds"] = Json::Int64(parts_.clock->WallNow().seconds - report.since.seconds);
    cluster["reason"] = report.reason;
    cluster["kept"] = report.kept;
    if (!report.copy.empty()) cluster["copy"] = report.copy;
    cluster["policies"] = report.policies;
    cluster["secret"] = report.secret;
    cluster["server"] = report.server;
  }
  out["copies"] = Json::objectValue;
  if (parts_.copies != nullptr) {
    for (const auto& [name, heard] : parts_.copies->copies()) out["copies"][name] = heard.ToString();
  }
  out["refused"] = Json::arrayValue;
  for (const ClusterProblem& problem : problems()) out["refused"].append(problem.message);
  return out;
}

}  // namespace fairlead::clusters
