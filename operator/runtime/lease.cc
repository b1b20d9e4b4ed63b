#include "operator/runtime/lease.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::runtime {

Result<std::chrono::milliseconds> Fence::Open() {
  const Clock::TimePoint until = until_.load();
  const Clock::TimePoint now = clock_->Now();
  if (now >= until) {
    return Unexpected(Error{ErrorClass::kCancelled, "not the leader: nothing is written"});
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(until - now) + std::chrono::milliseconds(1);
}

std::string MicroTime(Timestamp now) {
  std::string text = now.ToString();
  text.insert(text.size() - 1, ".000000");
  return text;
}

Result<LeaseRecord> ParseLease(const std::string& json) {
  Result<JsonDocument> doc = JsonDocument::Parse(json);
  if (!doc) return Unexpected(doc.error());
  LeaseRecord record;
  if (const std::optional<JsonNode> meta = doc->root().Find("metadata")) {
    record.resource_version = meta->StringAt("resourceVersion");
  }
  const std::optional<JsonNode> spec = doc->root().Find("spec");
  if (!spec) return record;
  record.holder = spec->StringAt("holderIdentity");
  record.acquire_time = spec->StringAt("acquireTime");
  record.renew_time = spec->StringAt("renewTime");
  if (const auto node = spec->Find("leaseDurationSeconds"))
    record.duration_seconds = node->AsInt().value_or(0);
  if (const auto node = spec->Find("leaseTransitions")) record.transitions = node->AsInt().value_or(0);
  return record;
}

std::string LeaseJson(const std::string& ns, const std::string& name, const LeaseRecord& record) {
  Json::Value lease;
  lease["apiVersion"] = "coordination.k8s.io/v1";
  lease["kind"] = "Lease";
  lease["metadata"]["name"] = name;
  lease["metadata"]["namespace"] = ns;
  if (!record.resource_version.empty()) lease["metadata"]["resourceVersion"] = record.resource_version;
  Json::Value& spec = lease["spec"];
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = Json::Int64(record.duration_seconds);
  spec["leaseTransitions"] = Json::Int64(record.transitions);
  if (!record.acquire_time.empty()) spec["acquireTime"] = record.acquire_time;
  if (!record.renew_time.empty()) spec["renewTime"] = record.renew_time;
  return WriteJson(lease);
}

Elector::Elector(LeaseOptions options, const Clock* clock, Fence* fence)
    : options_(std::move(options)), clock_(clock), fence_(fence) {
  step_.until = clock_->Now() + options_.renew_deadline;
}

void Elector::Wait() {
  auto until = clock_->Now() + options_.retry_period;
  // A leader never sleeps past the end of its term.
  if (leading_) until = std::min(until, renewed_at_ + options_.renew_deadline);
  step_ = Step{Do::kWait, {}, until};
}

void Elector::StepDown() {
  leading_ = false;
  fence_->Close();
}

// Another record than before: its holder is alive. The candidate's own clock counts, not the times in it.
void Elector::Observe(const LeaseRecord& record) {
  if (observed_ == record) return;
  observed_ = record;
  observed_at_ = clock_->Now();
}

void Elector::Write(Do what) {
  const bool mine = observed_.holder == options_.identity;
  LeaseRecord record{
      .holder = releasing_ ? "" : options_.identity,
      .duration_seconds =
          releasing_ ? 1 : std::chrono::ceil<std::chrono::seconds>(options_.lease_duration).count(),
      .acquire_time = mine ? observed_.acquire_time : MicroTime(clock_->WallNow()),
      .renew_time = MicroTime(clock_->WallNow()),
      .transitions = observed_.transitions + (mine || what == Do::kCreate ? 0 : 1),
      .resource_version = what == Do::kCreate ? "" : observed_.resource_version};
  sent_at_ = clock_->Now();
  auto until = sent_at_ + options_.renew_deadline;
  if (leading_) until = std::min(until, renewed_at_ + options_.renew_deadline);
  step_ = Step{what, std::move(record), until};
}

void Elector::TryTake() {
  const auto theirs = std::chrono::seconds(observed_.duration_seconds);
  const bool held = !observed_.holder.empty() && observed_.holder != options_.identity;
  if (held &&
      clock_->Now() < observed_at_ + std::max<std::chrono::milliseconds>(theirs, options_.lease_duration)) {
    if (leading_) StepDown();
    return Wait();
  }
  Write(Do::kUpdate);
}

void Elector::OnRead(const Result<LeaseRecord>& record) {
  if (record) {
    Observe(*record);
    return TryTake();
  }
  if (record.error().error_class == ErrorClass::kNotFound) {
    observed_ = {};
    return Write(Do::kCreate);
  }
  Wait();
}

void Elector::OnWritten(const Result<LeaseRecord>& written) {
  if (releasing_) return;  // whatever came of it: this process leads no more
  if (!written) {
    // Somebody wrote meanwhile, perhaps an attempt of ours whose reply was lost: see who. The term that was
    // granted last stands until then.
    if (written.error().error_class == ErrorClass::kConflict ||
        written.error().error_class == ErrorClass::kNotFound) {
      step_ = Step{Do::kRead, {}, clock_->Now() + options_.renew_deadline};
      return;
    }
    return Wait();
  }
  Observe(*written);
  leading_ = true;
  renewed_at_ = sent_at_;
  fence_->Extend(sent_at_ + options_.renew_deadline);
  Wait();
}

void Elector::OnTimer() {
  const bool over = leading_ && clock_->Now() >= renewed_at_ + options_.renew_deadline;
  if (over) StepDown();
  // A leader renews what it wrote last; whether that was changed, the precondition says.
  if (leading_) return Write(Do::kUpdate);
  step_ = Step{Do::kRead, {}, clock_->Now() + options_.renew_deadline};
}

bool Elector::Release() {
  const bool was_leading = leading_ && fence_->Leading();
  StepDown();
  releasing_ = true;
  if (was_leading) Write(Do::kUpdate);
  return was_leading;
}

}  // namespace fairlead::runtime
