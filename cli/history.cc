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

struct Question {
  bool of_service = false;
  PolicyName of;  // the name of a service, too
  Timestamp since;

  std::vector<ObjectKey> ObjectsIn(const std::string& ns) const {
    if (!of_service) return ObjectsOf(of, ns);
    const std::string& own = of.name.ns.empty() ? ns : of.name.ns;
    return {{Kind::kService, own, of.name.name}, {Kind::kServiceEntry, own, of.name.name}};
  }
  std::string TitleIn(const std::string& ns) const {
    return of_service ? "Service or ServiceEntry " + ObjectsIn(ns).front().nn().ToString() : TitleOf(of, ns);
  }
};

// An error: the command line is wrong.
Result<Question> ParseQuestion(const HistoryOptions& options) {
  const std::optional<Timestamp> since = SinceOf(options.since);
  if (!since) {
    return Unexpected(
        Error{ErrorClass::kInvalid,
              "--since: \"" + options.since +
                  "\" is neither a duration such as 24h nor a time such as 2026-11-21T04:05:06Z"});
  }
  if (options.kind == "service") return Question{true, {std::nullopt, ParseName(options.name, "")}, *since};
  Result<PolicyName> policy = ParsePolicyName(options.name, true);
  if (!policy) return Unexpected(policy.error());
  return Question{false, *std::move(policy), *since};
}

// `newest`: what there was before --since; null: nothing.
int TellNothing(const HistoryOptions& options, const Question& question, const PolicyChange* newest,
                RecordSource& source, const Output& output) {
  NoRecord none;
  if (newest != nullptr) {
    none.message = "no change is recorded for " + question.TitleIn(source.ns) + " with --since " +
                   options.since + ": the newest record is of " + newest->at.ToString();
  } else {
    none = WhyNoRecord(source, question.TitleIn(source.ns), question.ObjectsIn(source.ns));
  }
  if (none.unknown) return Fail(Error{ErrorClass::kNotFound, none.message}, output);
  if (options.format == Format::kText) output.out << none.message << "\n";
  return kExitGood;
}

// A word that is no kind was taken for a namespace; whoever mistyped one is to see it.
int FailToOpen(const Question& question, Error error, const Output& output) {
  const std::string& ns = question.of.name.ns;
  if (error.error_class == ErrorClass::kForbidden && !question.of_service && !question.of.kind && !ns.empty())
    error.message += "; " + ns + " is taken for a namespace, since it is no kind";
  return Fail(error, output);
}

}  // namespace

int History(const HistoryOptions& options, const Output& output) {
  const Result<Question> question = ParseQuestion(options);
  if (!question) return Misused(question.error().message, output);
  Result<RecordSource> source =
      OpenRecords(options.input, question->of.name.ns, question->of_service, output);
  if (!source) return FailToOpen(*question, source.error(), output);
  const NamespacedName service = question->ObjectsIn(source->ns).front().nn();
  Json::Value list(Json::arrayValue);
  const PolicyChange* newest = nullptr;
  bool any = false;
  for (const PolicyChange& change : source->records) {
    const Hit hit = question->of_service                     ? HitsService(change, service)
                    : IsOf(change, question->of, source->ns) ? Hit::kYes
                                                             : Hit::kNo;
    if (hit == Hit::kNo) continue;
    if (newest == nullptr) newest = &change;
    if (change.at < question->since) continue;
    if (options.format != Format::kText) {
      list.append(ToJson(change));
    } else {
      if (any) output.out << "\n";
      PrintOne(change, hit, output);
    }
    any = true;
  }
  if (newest == nullptr && !question->of_service) {
    const std::string problem = NoSuchKind(*source, question->of);
    if (!problem.empty()) return Misused(problem, output);
  }
  if (options.format != Format::kText) {
    Json::Value all(Json::objectValue);
    all["changes"] = list;
    Print(all, options.format, output);
  }
  const int code = any ? kExitGood : TellNothing(options, *question, newest, *source, output);
  return source->files.HasErrors() ? kExitFindings : code;
}

}  // namespace fairlead::cli
