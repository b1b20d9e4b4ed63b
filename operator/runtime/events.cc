#include "operator/runtime/events.h"

#include <algorithm>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "operator/runtime/json_merge.h"
#include "operator/runtime/lease.h"

namespace fairlead::runtime {
namespace {

const kube::Resource kEvents{"events.k8s.io", "v1", "events"};

// At most `max` bytes, not cut inside a character.
std::string Cut(std::string text, size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) --max;
  text.resize(max);
  return text;
}

std::string NamespaceOf(const ObjectReference& object) { return object.ns.empty() ? "default" : object.ns; }

std::string EventJson(const EventWrite& write, const std::string& controller, const std::string& instance) {
  const ObjectReference& object = write.note.regarding;
  Json::Value event;
  event["apiVersion"] = "events.k8s.io/v1";
  event["kind"] = "Event";
  event["metadata"]["name"] = write.name;
  event["metadata"]["namespace"] = NamespaceOf(object);
  event["eventTime"] = MicroTime(write.first);
  event["reportingController"] = controller;
  event["reportingInstance"] = instance;
  event["action"] = write.note.action.empty() ? write.note.reason : write.note.action;
  event["reason"] = write.note.reason;
  event["note"] = write.note.note;
  event["type"] = write.note.warning ? "Warning" : "Normal";
  Json::Value& regarding = event["regarding"];
  regarding["apiVersion"] = object.api_version;
  regarding["kind"] = object.kind;
  regarding["name"] = object.name;
  if (!object.ns.empty()) regarding["namespace"] = object.ns;
  if (!object.uid.empty()) regarding["uid"] = object.uid;
  return WriteJson(event);
}

}  // namespace

bool EventBook::Spend(const ObjectReference& object) {
  const Clock::TimePoint now = clock_->Now();
  const auto [it, fresh] = budgets_.try_emplace(object, Budget{static_cast<double>(options_.burst), now});
  Budget& budget = it->second;
  const std::chrono::duration<double> passed = now - budget.at;
  budget.tokens = std::min(static_cast<double>(options_.burst),
                           budget.tokens + passed.count() / static_cast<double>(options_.refill.count()));
  budget.at = now;
  if (budget.tokens < 1) return false;
  budget.tokens -= 1;
  return true;
}

void EventBook::Trim() {
  const Clock::TimePoint old = clock_->Now() - options_.forget;
  std::erase_if(seen_, [&](const auto& entry) { return entry.second.last < old; });
  std::erase_if(budgets_, [&](const auto& entry) { return entry.second.at < old; });
  if (seen_.size() >= options_.max_events) seen_.clear();
  if (budgets_.size() >= options_.max_events) budgets_.clear();
}

std::optional<EventWrite> EventBook::Add(const EventNote& raw) {
  EventNote note = raw;
  note.note = Cut(std::move(note.note), 1024);
  note.reason = Cut(std::move(note.reason), 128);
  note.action = Cut(std::move(note.action), 128);
  const Clock::TimePoint now = clock_->Now();
  if (seen_.size() >= options_.max_events || budgets_.size() >= options_.max_events) Trim();
  auto it = seen_.find(note);
  if (it != seen_.end() && now - it->second.last >= options_.forget) {
    seen_.erase(it);
    it = seen_.end();
  }
  const bool repeat = it != seen_.end();
  if (repeat) {
    ++it->second.count;
    it->second.last = now;
    if (now - it->second.written < options_.series_interval) return std::nullopt;
  }
  if (!Spend(note.regarding)) {
    ++dropped_;
    return std::nullopt;
  }
  if (!repeat) {
    const std::string hash =
        HashOf(note.reason + "\n" + note.action + "\n" + note.note + "\n" + note.regarding.uid);
    const Seen seen{Cut(note.regarding.name, 200) + "." + hash, clock_->WallNow(), now, now, 1};
    it = seen_.emplace(note, seen).first;
  }
  it->second.written = now;
  return EventWrite{note, it->second.name, it->second.first, clock_->WallNow(), it->second.count};
}

EventRecorder::EventRecorder(kube::Client* client, std::string controller, std::string instance,
                             EventOptions options, const Clock* clock)
    : client_(client),
      controller_(std::move(controller)),
      instance_(std::move(instance)),
      book_(options, clock) {}

EventRecorder::~EventRecorder() { Stop(); }

void EventRecorder::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void EventRecorder::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void EventRecorder::Record(EventNote note) {
  std::lock_guard lock(mutex_);
  std::optional<EventWrite> write = book_.Add(note);
  if (!write) return;
  if (queue_.size() >= kQueue) {
    ++overflow_;
    return;
  }
  queue_.push_back(std::move(*write));
  changed_.notify_one();
}

void EventRecorder::RecordNow(EventNote note) {
  std::optional<EventWrite> write;
  {
    std::lock_guard lock(mutex_);
    write = book_.Add(note);
  }
  if (write) SendAndCount(*write);
}

// What fails three times is forgotten, so that it is sent when it is said again.
void EventRecorder::SendAndCount(const EventWrite& write) {
  Result<kube::Written> sent = Send(write);
  for (int tries = 1; !sent && sent.error().error_class == ErrorClass::kTransient && tries < 3; ++tries) {
    sent = Send(write);
  }
  std::lock_guard lock(mutex_);
  ++(sent ? written_ : overflow_);
  if (!sent) book_.Forget(write);
}

Result<kube::Written> EventRecorder::Send(const EventWrite& write) {
  const kube::ObjectName name{kEvents, NamespaceOf(write.note.regarding), write.name};
  if (write.count > 1) {
    Json::Value patch;
    patch["series"]["count"] = write.count;
    patch["series"]["lastObservedTime"] = MicroTime(write.last);
    // The count is absolute, so the patch may be carried out on any version and twice.
    Result<kube::Written> patched = client_->MergePatch(name, WriteJson(patch), "", controller_);
    if (patched || patched.error().error_class != ErrorClass::kNotFound) return patched;
  }
  Result<kube::Written> created =
      client_->Create(name, EventJson(write, controller_, instance_), controller_);
  if (created || created.error().error_class != ErrorClass::kConflict) return created;
  return GoOn(write, name);
}

// It was said before, by a process that has ended: its series goes on.
Result<kube::Written> EventRecorder::GoOn(const EventWrite& write, const kube::ObjectName& name) {
  const Result<std::string> body = client_->GetJson(name);
  if (!body) return Unexpected(body.error());
  const Result<JsonDocument> event = JsonDocument::Parse(*body);
  if (!event) return Unexpected(event.error());
  const std::optional<JsonNode> count = event->root().FindPath({"series", "count"});
  Json::Value patch;
  patch["series"]["count"] = static_cast<Json::Int64>((count ? count->AsInt().value_or(1) : 1) + 1);
  patch["series"]["lastObservedTime"] = MicroTime(write.last);
  return client_->MergePatch(name, WriteJson(patch), "", controller_);
}

void EventRecorder::Run(const std::stop_token& stop) {
  while (true) {
    EventWrite write;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
      write = std::move(queue_.front());
      queue_.pop_front();
    }
    SendAndCount(write);
  }
}

uint64_t EventRecorder::dropped() const {
  std::lock_guard lock(mutex_);
  return overflow_ + book_.dropped();
}

uint64_t EventRecorder::written() const {
  std::lock_guard lock(mutex_);
  return written_;
}

}  // namespace fairlead::runtime
