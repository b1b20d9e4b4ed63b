// fairleadctl revert: takes the newest change of a policy back, or puts the policy as a record left it.
#include <algorithm>

#include "cli/offline.h"
#include "cli/records.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/ledger/canonical.h"
#include "reconcilers/ledger/differences.h"
#include "reconcilers/ledger/intent.h"

namespace fairlead::cli {
namespace {

using api::PolicyChange;

constexpr const char kManager[] = "fairleadctl-revert";

Unexpected<Error> Wrong(std::string what) { return Unexpected(Error{ErrorClass::kInvalid, std::move(what)}); }

struct Plan {
  ObjectKey policy;
  Json::Value now;     // the object; null: it is not there
  Json::Value wanted;  // the object; null: it is to go
  std::string reason;
  std::string title;  // of what is done
  std::vector<PolicyChange::Field> changes;
  std::string bare;  // why nothing is known of the labels and annotations of what is made again
};

// The record that is to be undone, or restored; there is one at least.
Result<const PolicyChange*> Choose(const RevertOptions& options, const std::vector<PolicyChange>& records) {
  if (options.to.empty()) return &records.front();
  for (const PolicyChange& record : records) {
    if (record.meta.name == options.to) return &record;
  }
  return Wrong("no record of " + options.name + " has the name " + options.to +
               ": fairleadctl history policy " + options.name + " lists them");
}

// The spec that is wanted; null: none. An error: the record does not have it.
Result<Json::Value> Former(const PolicyChange& record, bool undo) {
  const char* const side = undo ? "before" : "after";
  const bool cut = std::count(record.cut.begin(), record.cut.end(), side) > 0;
  const auto none = undo ? PolicyChange::Operation::kCreate : PolicyChange::Operation::kDelete;
  const Json::Value& spec = undo ? record.before : record.after;
  if (!spec.isNull() || record.operation == none) return spec;
  return Wrong("record " + record.meta.name + " does not hold the spec " + (undo ? "before" : "after") +
               " the change: " + (cut ? "it was too large to be kept" : "it was not known"));
}

Json::Value Canonical(Kind kind, const Json::Value& spec) {
  return spec.isNull() ? spec : reconcilers::CanonicalSpec(kind, WriteJson(spec));
}

// Made again with the labels and annotations that it went with.
void AddMetadata(const PolicyChange& deletion, Json::Value* meta) {
  for (const char* member : {"labels", "annotations"}) {
    const Json::Value& kept = deletion.metadata[member];
    if (kept.isObject()) (*meta)[member] = kept;
  }
}

// `deletion`: the record of it, where the policy is not there any more.
Json::Value Wanted(const Plan& plan, const Json::Value& spec, const PolicyChange* deletion) {
  Json::Value out = plan.now;
  if (out.isNull()) {
    const KindInfo& info = InfoOf(plan.policy.kind);
    out["apiVersion"] = std::string(info.group) + "/" + std::string(info.version);
    out["kind"] = std::string(info.name);
    out["metadata"]["name"] = plan.policy.name;
    if (!plan.policy.ns.empty()) out["metadata"]["namespace"] = plan.policy.ns;
    if (deletion != nullptr) AddMetadata(*deletion, &out["metadata"]);
  }
  out["metadata"].removeMember("managedFields");
  out["metadata"]["annotations"][reconcilers::kReason] = plan.reason;
  out["spec"] = spec;
  out.removeMember("status");
  return out;
}

Result<Plan> PlanOf(const RevertOptions& options, const std::vector<PolicyChange>& records,
                    RecordSource& source) {
  const Result<const PolicyChange*> chosen = Choose(options, records);
  if (!chosen) return Unexpected(chosen.error());
  const PolicyChange& record = **chosen;
  const bool undo = options.to.empty();
  Plan plan;
  plan.policy = {FindKind(api::kGroup, record.object.kind)->kind, record.object.ns, record.object.name};
  plan.reason = (undo ? "reverts " : "back to ") + record.meta.name;
  plan.title = TitleOf(record.object) + (undo ? ": takes back the " : ": back to the ") +
               std::string(ToString(record.operation)) + " of " + record.at.ToString() + " by " +
               WhoInWords(record) + " (" + record.meta.name + ")";
  Result<Json::Value> former = Former(record, undo);
  if (!former) return Unexpected(former.error());
  Result<Json::Value> now = FindObject(source, plan.policy);
  if (!now) return Unexpected(now.error());
  plan.now = std::move(*now);
  const Json::Value& current = plan.now;
  const Json::Value is = Canonical(plan.policy.kind, current["spec"]);
  const bool missing = plan.now.isNull() && records.front().operation != PolicyChange::Operation::kDelete;
  if (undo && missing) {
    return Wrong(TitleOf(record.object) +
                 (source.cluster ? " is not there, and no record says that it went"
                                 : " is not in the input: give the file that it is in, too") +
                 ", or say by --to which record's state is wanted");
  }
  if (undo && is != Canonical(plan.policy.kind, record.after)) {
    return Wrong(TitleOf(record.object) + " is not as its newest record " + record.meta.name +
                 " left it: say by --to which record's state is wanted");
  }
  plan.changes = reconcilers::Differences(is, Canonical(plan.policy.kind, *former));
  const PolicyChange& newest = records.front();
  const bool gone = plan.now.isNull() && newest.operation == PolicyChange::Operation::kDelete;
  const PolicyChange* deletion = gone && !newest.metadata.isNull() ? &newest : nullptr;
  if (gone && deletion == nullptr && newest.evidence == PolicyChange::Evidence::kComparison)
    plan.bare = "nobody saw it go";
  if (missing) plan.bare = source.cluster ? "no record says that it went" : "it is not in the input";
  if (!former->isNull()) plan.wanted = Wanted(plan, *former, deletion);
  return plan;
}

Result<kube::Written> Write(kube::Client& client, const Plan& plan, bool dry_run) {
  const auto mode = dry_run ? kube::Client::Mode::kDryRun : kube::Client::Mode::kStore;
  const kube::ObjectName name{kube::ResourceOf(plan.policy.kind), plan.policy.ns, plan.policy.name};
  if (plan.now.isNull()) return client.Create(name, WriteJson(plan.wanted), kManager, mode);
  if (!plan.wanted.isNull()) return client.Update(name, WriteJson(plan.wanted), kManager, "", mode);
  const Json::Value& meta = plan.now["metadata"];
  const Result<void> gone = client.Delete(name, {.uid = meta["uid"].asString(),
                                                 .resource_version = meta["resourceVersion"].asString(),
                                                 .dry_run = dry_run});
  if (!gone) return Unexpected(gone.error());
  return kube::Written();
}

int CarryOut(const RevertOptions& options, const Plan& plan, RecordSource& source, const Output& output) {
  if (!plan.bare.empty() && !plan.wanted.isNull()) {
    output.err << plan.policy.ToString() << ": " << plan.bare
               << ", so its labels and annotations are not known\n";
  }
  if (!source.cluster) {  // what to apply, or what to delete
    if (!plan.wanted.isNull()) output.out << WriteYaml(plan.wanted);
    if (plan.wanted.isNull())
      output.err << plan.policy.ToString() << " was made by it: delete the manifest\n";
    return kExitGood;
  }
  output.out << plan.title << "\n";
  PrintChanges(plan.changes, output);
  const Result<kube::Written> written = Write(source.cluster->client(), plan, options.dry_run);
  if (!written) return Fail(OfServer(*source.cluster, written.error()), output);
  for (const std::string& warning : written->warnings) {
    output.err << output.PaintErr(Style::kYellow, "warning") << ": " << warning << "\n";
  }
  if (options.dry_run) {
    output.out << "dry run: the API server would take it; nothing is written\n";
    return kExitGood;
  }
  output.out << (plan.now.isNull()      ? "created"
                 : plan.wanted.isNull() ? "deleted"
                                        : "written, generation " + std::to_string(written->generation))
             << "\n";
  return kExitGood;
}

}  // namespace

int Revert(const RevertOptions& options, const Output& output) {
  const Result<PolicyName> policy = ParsePolicyName(options.name, false);
  if (!policy) return Misused(policy.error().message, output);
  Result<RecordSource> source = OpenRecords(options.input, policy->name.ns, false, output);
  if (!source) return Fail(source.error(), output);
  std::vector<PolicyChange> records;
  for (PolicyChange& record : source->records) {
    if (IsOf(record, *policy, source->ns)) records.push_back(std::move(record));
  }
  if (records.empty()) {
    const std::string title = TitleOf(*policy, source->ns);
    const NoRecord none = WhyNoRecord(*source, title, ObjectsOf(*policy, source->ns));
    return Fail(Error{ErrorClass::kNotFound, none.message}, output);
  }
  const Result<Plan> plan = PlanOf(options, records, *source);
  if (!plan) return Fail(plan.error(), output);
  if (plan->changes.empty() && plan->now.isNull() == plan->wanted.isNull()) {
    output.err << plan->policy.ToString() << " is as it is wanted already\n";
    return kExitGood;
  }
  return CarryOut(options, *plan, *source, output);
}

}  // namespace fairlead::cli
