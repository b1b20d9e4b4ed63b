#include "operator/app/ledger.h"

#include <utility>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "reconcilers/ledger/also_asked.h"
#include "reconcilers/ledger/canonical.h"
#include "reconcilers/ledger/record.h"
#include "reconcilers/ledger/services.h"

namespace fairlead::app {
namespace {

using Evidence = api::PolicyChange::Evidence;
using Services = std::optional<api::PolicyChange::Services>;

constexpr int kWorkers = 2;
constexpr const char kManager[] = "fairlead/ledger";
constexpr const char kController[] = "fairlead.dev/ledger";
constexpr std::chrono::seconds kFinish{10};      // for what is known when the process ends
constexpr std::chrono::seconds kAside{30};       // between looks at what the leader is to record
constexpr std::chrono::minutes kAsideAtMost{5};  // then the sweep of a new leader finds it
constexpr std::chrono::milliseconds kForServices{2000};
constexpr size_t kRemovedAtOnce = 200;
constexpr size_t kMaxListed = 16u << 20;

std::vector<runtime::Counter> WrittenBy(runtime::Metrics* metrics) {
  std::vector<runtime::Counter> out;
  for (const Evidence evidence : {Evidence::kAdmission, Evidence::kWatch, Evidence::kComparison}) {
    out.push_back(metrics->AddCounter("fairlead_ledger_records_total", "Changes of policies recorded.",
                                      {{"evidence", std::string(ToString(evidence))}}));
  }
  return out;
}

// Who wrote the object itself last, as far as its managed fields tell.
std::string ManagerOf(const JsonNode& object) {
  std::string out, newest;
  const auto fields = object.FindPath({"metadata", "managedFields"});
  if (!fields) return out;
  for (JsonNode entry : fields->Items()) {
    if (!entry.StringAt("subresource").empty() || entry.StringAt("time") < newest) continue;
    newest = entry.StringAt("time");
    out = entry.StringAt("manager");
  }
  return out;
}

// Of a list that one object at most is in.
std::optional<JsonNode> FirstOf(const JsonDocument& list) {
  const auto items = list.root().Find("items");
  if (!items) return std::nullopt;
  for (JsonNode item : items->Items()) return item;
  return std::nullopt;
}

// By the policy as it is now. False: it was not deleted after all, since a watch that cannot be opened for a
// while looks as if all had gone.
bool CompleteFrom(const std::optional<JsonNode>& policy, reconcilers::Intent* intent) {
  const auto meta = policy ? policy->Find("metadata") : std::nullopt;
  const bool there = meta && meta->StringAt("uid") == intent->uid;
  if (intent->operation == api::PolicyChange::Operation::kDelete) {
    return !there || meta->Find("deletionTimestamp").has_value();
  }
  const auto generation = there ? meta->Find("generation") : std::nullopt;
  if (generation && generation->AsInt() == intent->generation) {
    intent->through = ManagerOf(*policy);
    if (const auto spec = policy->Find("spec")) intent->after = spec->Print();
  }
  return true;
}

}  // namespace

Ledger::Ledger(LedgerRules rules, const LedgerParts& parts)
    : parts_(parts),
      book_(std::move(rules), parts.clock),
      writer_(parts.transport),
      events_(&writer_, kController, parts.identity, {}, parts.clock),
      queue_({}, parts.clock),
      records_(
          std::make_unique<kube::Reflector>(parts.transport, RecordStream::Target(),
                                            std::make_unique<RecordStream>(static_cast<RecordSink*>(this)),
                                            kube::WatcherOptions{}, parts.clock)),
      written_(WrittenBy(parts.metrics)),
      lost_(parts.metrics->AddCounter("fairlead_ledger_lost_total",
                                      "Changes of policies that could not be recorded.")),
      removed_(parts.metrics->AddCounter("fairlead_ledger_removed_total",
                                         "Records removed, since there were too many.")),
      refused_(parts.metrics->AddCounter("fairlead_ledger_refused_total",
                                         "Writes of records that did not come to pass.")) {
  parts.metrics->BeforeText([this,
                             stored = parts.metrics->AddGauge("fairlead_ledger_records", "Records kept."),
                             waiting = parts.metrics->AddGauge(
                                 "fairlead_ledger_pending", "Changes that are not recorded yet.")]() mutable {
    stored.Set(static_cast<double>(book_.records()));
    waiting.Set(static_cast<double>(book_.drafts()));
    lost_.RaiseTo(static_cast<double>(book_.lost() + given_up_));
  });
}

Ledger::~Ledger() { Stop(); }

void Ledger::Start() {
  events_.Start();
  for (int i = 0; i < kWorkers; ++i) {
    workers_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
  records_->Start();
}

void Ledger::Stop() {
  if (workers_.empty()) return;
  book_.AwaitShown();
  give_up_at_ = parts_.clock->Now() + kFinish;
  queue_.ShutDown();
  for (std::jthread& worker : workers_) worker.join();
  workers_.clear();
  events_.Stop();
  records_->Stop();
  if (const size_t left = book_.drafts(); left > 0) {
    parts_.log->Warn("changes are left to the next leader, who does not know by whom they are",
                     {{"changes", left}});
  }
}

void Ledger::OnReplace(Kind kind, const std::vector<AnyObject>& objects) {
  LedgerJobs jobs;
  book_.OnReplace(kind, objects, &jobs);
  Enqueue(jobs);
}

void Ledger::OnUpsert(const AnyObject& object) {
  LedgerJobs jobs;
  book_.OnUpsert(object, &jobs);
  Enqueue(jobs);
}

void Ledger::OnDelete(const ObjectKey& key) {
  LedgerJobs jobs;
  book_.OnDelete(key, &jobs);
  Enqueue(jobs);
}

void Ledger::OnLeadership(bool gained) {
  LedgerJobs jobs;
  book_.SetLeading(gained, &jobs);
  Enqueue(jobs);
}

void Ledger::OnCrd(const std::string& name) {
  if (name == RecordResource().ToString()) records_->Wake();
}

void Ledger::OnRecords(All all) {
  LedgerJobs jobs;
  book_.OnRecords(all, &jobs);
  Enqueue(jobs);
}

void Ledger::OnRecord(const NamespacedName& record, const reconcilers::RecordEntry& entry) {
  LedgerJobs jobs;
  book_.OnRecord(record, entry, &jobs);
  Enqueue(jobs);
}

void Ledger::OnRecordGone(const NamespacedName& record) { book_.OnRecordGone(record); }

void Ledger::OnRecordWatch(const kube::WatchStatus& status) {
  if (status.reason.empty()) return;
  parts_.log->Warn("the watch of the ledger's records waits",
                   {{"phase", kube::ToString(status.phase)}, {"reason", status.reason}});
}

void Ledger::Enqueue(const LedgerJobs& jobs) {
  for (const LedgerJob& job : jobs) {
    if (job.after.count() > 0) {
      queue_.AddAfter(job.key, job.after);
    } else {
      queue_.Add(job.key);
    }
  }
}

void Ledger::Work(const std::stop_token& stop) {
  while (const std::optional<std::string> job = queue_.Take(stop)) queue_.Done(*job, Process(*job));
}

runtime::Outcome Ledger::Process(const std::string& job) {
  if (parts_.clock->Now() > give_up_at_.load()) return runtime::Outcome::Ok();
  if (job == LedgerBook::kTrim) return Trim();
  if (job != LedgerBook::kSweep) return Record(job);
  LedgerJobs jobs;
  book_.Sweep(&jobs);
  Enqueue(jobs);
  return runtime::Outcome::Ok();
}

runtime::Outcome Ledger::Record(const std::string& job) {
  std::optional<LedgerDraft> draft = book_.DraftOf(job);
  if (!draft) return runtime::Outcome::Ok();
  const bool known = draft->change.evidence == Evidence::kAdmission;
  if (!known && !parts_.fence->Leading()) {
    if (parts_.clock->Now() < draft->since + kAsideAtMost) return runtime::Outcome::After(kAside);
    book_.Close(job);
    return runtime::Outcome::Ok();
  }
  if (!known) {
    const Result<bool> change = Complete(&*draft);
    if (!change) return runtime::Outcome::Retry();
    if (!*change) {
      book_.Close(job);
      return runtime::Outcome::Ok();
    }
  }
  kube::Client& client = known ? writer_ : *parts_.client;
  return Settle(job, *draft,
                client.Create({RecordResource(), draft->record.ns, draft->record.name},
                              WriteJson(RecordFrom(*draft)), kManager));
}

// By a list, so that no further right is needed.
Result<JsonDocument> Ledger::ListOne(const kube::Resource& resource, const NamespacedName& name) {
  const Result<std::string> body = parts_.client->GetJson(kube::WithQuery(
      kube::CollectionPath(resource, name.ns), {{"fieldSelector", "metadata.name=" + name.name}}));
  if (!body) return Unexpected(body.error());
  return JsonDocument::Parse(*body, kMaxListed);
}

Result<bool> Ledger::Complete(LedgerDraft* draft) {
  reconcilers::Intent& intent = draft->change.intent;
  if (draft->previous) {
    const Result<JsonDocument> list = ListOne(RecordResource(), *draft->previous);
    if (!list) return Unexpected(list.error());
    const auto record = FirstOf(*list);
    const auto after = record ? record->FindPath({"spec", "after"}) : std::nullopt;
    if (after) intent.before = after->Print();
    const Kind kind = intent.policy.kind;
    if (after && !intent.after.empty() &&
        reconcilers::CanonicalSpec(kind, intent.before) == reconcilers::CanonicalSpec(kind, intent.after)) {
      return false;
    }
  }
  const Result<JsonDocument> list = ListOne(kube::ResourceOf(intent.policy.kind), intent.policy.nn());
  if (!list) return Unexpected(list.error());
  return CompleteFrom(FirstOf(*list), &intent);
}

Json::Value Ledger::RecordFrom(const LedgerDraft& draft) const {
  const reconcilers::Intent& intent = draft.change.intent;
  const auto side = [&](const std::string& spec) {
    return spec.empty() ? std::optional<AnyObject>()
                        : std::optional(reconcilers::PolicyFrom(intent.policy, spec));
  };
  const auto services = parts_.engine->ReadWithin(
      kForServices, [before = side(intent.before), after = side(intent.after)](const reconcilers::World& w) {
        const auto named = [&w](const std::optional<AnyObject>& policy) {
          return policy ? Services(reconcilers::NamedServices(reconcilers::ServicesOf(w.view(), *policy)))
                        : Services();
        };
        return std::pair(named(before), named(after));
      });
  reconcilers::RecordInput input{.change = draft.change,
                                 .ns = draft.record.ns,
                                 .before = {},
                                 .after = {},
                                 .last_reason = draft.last_reason};
  if (services) std::tie(input.before, input.after) = *services;
  return api::ToJson(reconcilers::RecordOf(input));
}

runtime::Outcome Ledger::Settle(const std::string& job, const LedgerDraft& draft,
                                const Result<kube::Written>& written) {
  const bool known = draft.change.evidence == Evidence::kAdmission;
  if (!written && written.error().http_status == 409 && known) return Join(job, draft);
  if (!written && written.error().http_status != 409) return Refused(job, draft, written.error());
  if (written) written_[static_cast<size_t>(draft.change.evidence)].Add();
  book_.Close(job);
  return runtime::Outcome::Ok();
}

// The record is there: this replica wrote it and did not hear of it, or another one admitted the very same.
runtime::Outcome Ledger::Join(const std::string& job, const LedgerDraft& draft) {
  const Result<JsonDocument> list = ListOne(RecordResource(), draft.record);
  if (!list) return runtime::Outcome::Retry();
  const auto record = FirstOf(*list);
  const auto there = record ? api::ParsePolicyChange(*record) : Unexpected(Error{});
  const auto patch = there ? reconcilers::AlsoAskedPatch(*there, draft.change) : std::nullopt;
  if (patch) {
    const Result<kube::Written> told =
        writer_.MergePatch({RecordResource(), draft.record.ns, draft.record.name}, WriteJson(*patch),
                           there->meta.resource_version, kManager);
    if (!told) return Refused(job, draft, told.error());
  }
  book_.Close(job);
  return runtime::Outcome::Ok();
}

// By a quota, another webhook, or since nobody answers. Nothing is dropped without a word.
runtime::Outcome Ledger::Refused(const std::string& job, const LedgerDraft& draft, const Error& error) {
  if (error.message.find("being terminated") != std::string::npos) {  // its namespace goes, and all in it
    book_.Close(job);
    return runtime::Outcome::Ok();
  }
  if (error.error_class == ErrorClass::kConflict) return runtime::Outcome::Retry();  // of two that join
  const bool final = error.error_class == ErrorClass::kInvalid || error.error_class == ErrorClass::kNotFound;
  refused_.Add();
  parts_.log->Warn("a change is not recorded",
                   {{"record", draft.record.ToString()}, {"error", error.message}, {"final", final}});
  if (error.error_class != ErrorClass::kTransient) {
    const reconcilers::Intent& intent = draft.change.intent;
    const KindInfo& kind = InfoOf(intent.policy.kind);
    events_.Record({.regarding = {std::string(kind.group) + "/" + std::string(kind.version),
                                  std::string(kind.name), intent.policy.ns, intent.policy.name, intent.uid},
                    .reason = "ChangeNotRecorded",
                    .action = "Record",
                    .note = "the record " + draft.record.name + " of a change cannot be written" +
                            (final ? "" : ", and is tried again") + ": " + error.message,
                    .warning = true});
  }
  if (!final) return runtime::Outcome::Retry();
  ++given_up_;
  book_.Close(job);
  return runtime::Outcome::Ok();
}

runtime::Outcome Ledger::Trim() {
  size_t removed = 0;
  for (const reconcilers::Surplus& old : book_.SurplusNow()) {
    if (removed++ == kRemovedAtOnce) return runtime::Outcome::After(std::chrono::milliseconds(1));
    const Result<void> gone =
        parts_.client->Delete({RecordResource(), old.record.ns, old.record.name}, {.uid = old.uid});
    if (!gone && gone.error().error_class != ErrorClass::kConflict) return runtime::Outcome::Retry();
    book_.OnRecordGone(old.record);
    removed_.Add();
  }
  return runtime::Outcome::Ok();
}

}  // namespace fairlead::app
