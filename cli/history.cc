// fairleadctl history: who changed a policy, or the policies of a service, newest first.
#include <algorithm>

#include "cli/offline.h"
#include "cli/records.h"
#include "crds/base/clock.h"
#include "crds/base/duration.h"
#include "reconcilers/ledger/services.h"

namespace fairlead::cli {
namespace {

using api::PolicyChange;

// A time, or how long ago; nullopt: neither.
std::optional<Timestamp> SinceOf(const std::string& text) {
  Timestamp out;
  if (text.empty() || Timestamp::Parse(text, &out)) return out;
  const Result<Duration> ago = Duration::Parse(text);
  if (!ago) return std::nullopt;
  return Timestamp{Clock::System().WallNow().seconds - ago->milliseconds() / 1000};
}

enum class Hit : unsigned char { kNo, kMaybe, kYes };

// Maybe: it is among services that the record counts and does not name.
Hit HitsService(const PolicyChange& change, const NamespacedName& service) {
  const std::string plain = service.ToString();
  const std::string entry = reconcilers::ServiceName({Kind::kServiceEntry, service.ns, service.name});
  Hit out = Hit::kNo;
  for (const auto& side : {change.services_before, change.services_after}) {
    if (!side) continue;
    const auto& names = side->names;
    if (std::count(names.begin(), names.end(), plain) + std::count(names.begin(), names.end(), entry) > 0) {
      return Hit::kYes;
    }
    if (static_cast<size_t>(side->count) > names.size()) out = Hit::kMaybe;
  }
  return out;
}

std::string InWords(const PolicyChange::Services& services) {
  if (services.count == 0) return "none";
  std::string out;
  constexpr size_t kShown = 4;
  for (size_t i = 0; i < std::min(kShown, services.names.size()); ++i) {
    out += (out.empty() ? "" : ", ") + services.names[i];
  }
  const size_t rest = static_cast<size_t>(services.count) - std::min(kShown, services.names.size());
  return rest == 0 ? out : out + " and " + std::to_string(rest) + " more";
}

void PrintServices(const PolicyChange& change, const Output& output) {
  const auto& before = change.services_before;
  const auto& after = change.services_after;
  if (!before && !after) return;
  output.out << "  services  " << InWords(after ? *after : *before);
  if (before && after && *before != *after) output.out << " (before: " << InWords(*before) << ")";
  output.out << "\n";
}

void PrintOne(const PolicyChange& change, Hit hit, const Output& output) {
  output.out << change.at.ToString() << " " << output.Paint(Style::kBold, ToString(change.operation)) << " "
             << TitleOf(change.object) << " by " << WhoInWords(change) << "\n";
  output.out << "  record  " << change.meta.name << "\n";
  PrintChanges(change.changes, output);
  if (change.changes.empty()) output.out << "  " << change.summary << "\n";
  if (change.more_changes > 0) output.out << "  and " << change.more_changes << " more fields\n";
  if (!change.reason.empty()) output.out << "  reason  " << change.reason << "\n";
  if (!change.break_glass.empty()) output.out << "  break-glass  " << change.break_glass << "\n";
  PrintServices(change, output);
  if (hit == Hit::kMaybe)
    output.out << "  the record does not name all services: this one may be among them\n";
}

}  // namespace

int History(const HistoryOptions& options, const Output& output) {
  const std::optional<Timestamp> since = SinceOf(options.since);
  if (!since) {
    return Misused("--since: \"" + options.since +
                       "\" is neither a duration such as 24h nor a time such as 2026-11-21T04:05:06Z",
                   output);
  }
  const bool of_service = options.kind == "service";
  PolicyName policy;
  if (of_service) {
    policy.name = ParseName(options.name, "");
  } else {
    Result<PolicyName> parsed = ParsePolicyName(options.name, true);
    if (!parsed) return Misused(parsed.error().message, output);
    policy = std::move(*parsed);
  }
  Result<RecordSource> source = OpenRecords(options.input, policy.name.ns, of_service, output);
  if (!source) return Fail(source.error(), output);
  const NamespacedName service{policy.name.ns.empty() ? source->ns : policy.name.ns, policy.name.name};
  Json::Value list(Json::arrayValue);
  bool any = false;
  for (const PolicyChange& change : source->records) {
    const Hit hit = of_service                         ? HitsService(change, service)
                    : IsOf(change, policy, source->ns) ? Hit::kYes
                                                       : Hit::kNo;
    if (hit == Hit::kNo || change.at < *since) continue;
    if (options.format != Format::kText) {
      list.append(ToJson(change));
      continue;
    }
    if (any) output.out << "\n";
    any = true;
    PrintOne(change, hit, output);
  }
  if (options.format != Format::kText) {
    Json::Value all(Json::objectValue);
    all["changes"] = list;
    Print(all, options.format, output);
  } else if (!any) {
    output.out << "no change is recorded\n";
  }
  return source->files.HasErrors() ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
