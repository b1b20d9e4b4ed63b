#include <algorithm>
#include <set>

#include "cli/commands.h"
#include "cli/drill.h"
#include "cli/offline.h"
#include "cli/remotes.h"
#include "crds/base/clock.h"
#include "crds/base/nearest.h"
#include "reconcilers/failover/rehearsal.h"
#include "reconcilers/failover/report.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/preview/rehearsal_svg.h"
#include "reconcilers/status/losses.h"

namespace fairlead::cli {
namespace {

namespace failover = reconcilers::failover;

// What --down names is there; else one line for each that is not.
bool AllKnown(const reconcilers::World& world, const std::vector<failover::Outage>& outages,
              const Output& output) {
  bool good = true;
  for (const failover::Outage& outage : outages) {
    const std::string problem = failover::ProblemOf(world, outage);
    if (problem.empty()) continue;
    output.err << "fairleadctl: --down: " << problem << "\n";
    good = false;
  }
  return good;
}

// Every policy, or the one that is named.
std::vector<ObjectKey> PoliciesOf(const Offline& offline, const std::string& name) {
  std::vector<ObjectKey> out;
  for (const ObjectKey& key : offline.world.policies()) {
    if (key.kind != Kind::kFailoverPolicy) continue;
    if (name.empty() || key.nn() == ParseName(name, offline.ns)) out.push_back(key);
  }
  return out;
}

// Why a target gets nothing of the policy.
std::string WithoutEffect(const api::PolicyStatus& status) {
  std::string out;
  for (const api::TargetStatus& target : status.targets) {
    if (target.state == "Effective") continue;
    const ObjectKey key{target.kind, target.ns, target.name};
    out +=
        key.ToString() + ": " + target.state + (target.message.empty() ? "" : ": " + target.message) + "\n";
  }
  return out;
}

// Why there is nothing to rehearse; empty: there is.
std::string NothingToDo(const Offline& offline, const std::optional<NamespacedName>& only) {
  std::vector<std::string> targets;
  for (const ObjectKey& service : failover::ServicesWithPolicy(offline.world.view())) {
    if (only && service.nn() == *only) return "";
    targets.push_back(service.nn().ToString());
  }
  if (!targets.empty()) {
    return !only ? ""
                 : "no FailoverPolicy targets " + only->ToString() +
                       "; there is one for: " + reconcilers::JoinBounded(targets, ", ", 8);
  }
  std::string out;
  for (const ObjectKey& policy : PoliciesOf(offline, "")) {
    const std::string why = WithoutEffect(offline.world.StatusOf(policy, {}));
    out += "\n  " + policy.ToString() + ": " +
           (why.empty() ? "none of its targets is there" : why.substr(0, why.size() - 1));
  }
  if (!out.empty()) return "no FailoverPolicy is in force at a Service or ServiceEntry:" + out;
  return offline.loaded.HasErrors() ? "no FailoverPolicy that can be read targets a Service or ServiceEntry"
                                    : "no FailoverPolicy targets a Service or ServiceEntry";
}

// What the rehearsal could not know: clusters that were not read, and endpoints.
void TellUnknown(const Offline& offline, const failover::Rehearsal& rehearsal, const Output& output) {
  std::set<ObjectKey> policies, bare;
  for (const failover::TargetForecast& target : rehearsal.targets) {
    policies.insert(target.policy);
    if (target.places.empty()) bare.insert(target.service);
  }
  for (const ObjectKey& policy : policies) TellUnread(offline.world, policy, output);
  for (const ObjectKey& service : bare) {
    output.err << "fairleadctl: " << service.ToString() << " has no endpoints, whatever is down"
               << (offline.cluster != nullptr ? ""
                                              : ": its EndpointSlices are not in the input; give them by -f")
               << "\n";
  }
}

// As it is stored; null: it cannot be read.
Ptr<api::FailoverPolicy> StoredAt(const Offline& read, const ObjectKey& key) {
  const auto object = read.world.Find(key);
  const auto* policy = object ? std::get_if<Ptr<api::FailoverPolicy>>(&*object) : nullptr;
  return policy == nullptr ? nullptr : *policy;
}

// As they are now, and since when as far as the stored status tells.
std::vector<api::FailoverSource> SourcesOf(const Offline& read, const ObjectKey& key) {
  api::FailoverStatus now;
  now.sources = read.world.FailoverSources(key);
  const Ptr<api::FailoverPolicy> stored = StoredAt(read, key);
  if (stored != nullptr && stored->status) api::StampTimes(&now, &stored->status->failover, Timestamp());
  return std::move(now.sources);
}

std::string DrillOf(const Offline& read, const ObjectKey& key) {
  const Ptr<api::FailoverPolicy> policy = StoredAt(read, key);
  return policy == nullptr ? "" : DrillText(*policy, read.cluster ? Clock::System().WallNow() : Timestamp());
}

}  // namespace

int FailoverStatus(const FailoverOptions& options, const Output& output) {
  if (const auto good = CheckRemotes(options.input); !good) return Misused(good.error().message, output);
  Result<Offline> read = Read(options.input, {.name = "", .kinds = {}});
  if (!read) return Fail(read.error(), output);
  PrintProblems(read->loaded, output);
  const std::vector<ObjectKey> policies = PoliciesOf(*read, options.policy);
  if (policies.empty()) {
    output.err << "fairleadctl: there is no FailoverPolicy"
               << (options.policy.empty() ? "" : " " + ParseName(options.policy, read->ns).ToString())
               << "\n";
    return kExitFindings;
  }
  bool stranded = false;
  std::vector<Json::Value> documents;
  for (const ObjectKey& key : policies) {
    const std::vector<api::FailoverSource> sources = SourcesOf(*read, key);
    TellUnread(read->world, key, output);
    stranded = stranded || std::any_of(sources.begin(), sources.end(),
                                       [](const api::FailoverSource& source) { return source.unserved > 0; });
    const api::PolicyStatus status = read->world.StatusOf(key, {});
    if (options.format == Format::kText) {
      output.out << output.Paint(Style::kBold, key.ToString()) << "\n"
                 << DrillOf(*read, key) << WithoutEffect(status) << failover::ToText(sources);
      continue;
    }
    Json::Value& document = documents.emplace_back(api::ToJson(status));
    for (const char* member :
         {"conditions", "proxies", "observedGeneration", "steps", "active", "sources", "moreSources"})
      document.removeMember(member);
    document["policy"] = key.nn().ToString();
    std::optional<api::DrillStatus> drill;
    if (const Ptr<api::FailoverPolicy> stored = StoredAt(*read, key); stored != nullptr && stored->status)
      drill = stored->status->failover.drill;
    api::WriteFailoverStatus({sources, 0, status.failover.steps, status.failover.active, drill}, &document);
  }
  if (options.format != Format::kText) {
    Json::Value all(Json::arrayValue);
    for (Json::Value& document : documents) all.append(std::move(document));
    Json::Value out(Json::objectValue);
    out["policies"] = std::move(all);
    Print(out, options.format, output);
  }
  return stranded || read->loaded.HasErrors() ? kExitFindings : kExitGood;
}

int SimulateFailover(const FailoverOptions& options, const Output& output) {
  std::vector<failover::Outage> outages;
  for (const std::string& text : options.down) {
    const Result<failover::Outage> outage = failover::ParseOutage(text);
    if (!outage) return Misused("--down: " + outage.error().message, output);
    outages.push_back(*outage);
  }
  if (const auto good = CheckRemotes(options.input); !good) return Misused(good.error().message, output);
  const Result<Offline> read = Read(options.input, {.name = options.service, .kinds = {}});
  if (!read) return Fail(read.error(), output);
  PrintProblems(read->loaded, output);
  std::optional<NamespacedName> only;
  if (!options.service.empty()) only = ParseName(options.service, read->ns);
  if (!AllKnown(read->world, outages, output)) {
    for (const ObjectKey& policy : PoliciesOf(*read, "")) TellUnread(read->world, policy, output);
    return kExitFindings;
  }
  if (const std::string problem = NothingToDo(*read, only); !problem.empty()) {
    output.err << "fairleadctl: " << problem << "\n";
    return kExitFindings;
  }
  const failover::Rehearsal rehearsal = failover::Rehearse(read->world, outages, only);
  TellUnknown(*read, rehearsal, output);
  if (options.format == Format::kText) {
    output.out << failover::ToText(rehearsal);
  } else if (options.format == Format::kSvg) {
    output.out << reconcilers::preview::ToSvg(rehearsal);
  } else {
    Print(failover::ToJson(rehearsal), options.format, output);
  }
  return rehearsal.stranded || read->loaded.HasErrors() ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
