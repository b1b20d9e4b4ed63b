#include "tests/support/apiserver/faults.h"

#include <algorithm>
#include <map>

#include "tests/support/apiserver/watch_stream.h"

namespace fairlead::apiserver {
namespace {

const std::map<std::string, FaultKind>& Names() {
  static const std::map<std::string, FaultKind> names = {
      {"Status", FaultKind::kStatus},
      {"DropBeforeHeaders", FaultKind::kDropBeforeHeaders},
      {"DropAfterHeaders", FaultKind::kDropAfterHeaders},
      {"DropInBody", FaultKind::kDropInBody},
      {"Stall", FaultKind::kStall},
      {"WatchExpire", FaultKind::kWatchExpire},
      {"WatchDrop", FaultKind::kWatchDrop},
      {"WatchStall", FaultKind::kWatchStall},
      {"TruncatedFrame", FaultKind::kTruncatedFrame},
      {"OversizedFrame", FaultKind::kOversizedFrame},
      {"DuplicateEvent", FaultKind::kDuplicateEvent},
      {"LoseEvent", FaultKind::kLoseEvent},
      {"DelayEvent", FaultKind::kDelayEvent},
  };
  return names;
}

bool Fits(const std::string& wanted, const std::string& have) { return wanted.empty() || wanted == have; }

// A watch that goes wrong at one event.
class FaultyStream : public EventStream {
 public:
  FaultyStream(std::shared_ptr<EventStream> inner, FaultRule rule)
      : inner_(std::move(inner)), rule_(std::move(rule)) {}

  std::optional<std::string> Next() override {
    if (state_ != StreamState::kOpen) return std::nullopt;
    if (!again_.empty()) return std::exchange(again_, "");
    if (sent_ < rule_.after_events || fired_) return Count(inner_->Next());
    return Spoilt();
  }
  StreamState state() const override { return state_ == StreamState::kOpen ? inner_->state() : state_; }
  void SetWakeup(std::function<void()> wakeup) override { inner_->SetWakeup(std::move(wakeup)); }
  std::string Bookmark() override { return state_ == StreamState::kOpen ? inner_->Bookmark() : ""; }
  int timeout_seconds() const override { return inner_->timeout_seconds(); }

 private:
  std::optional<std::string> Count(std::optional<std::string> frame) {
    if (frame) ++sent_;
    return frame;
  }

  std::optional<std::string> Spoilt() {
    switch (rule_.kind) {
      case FaultKind::kWatchExpire:
        fired_ = true;
        state_ = StreamState::kFinished;
        if (auto* watch = dynamic_cast<WatchStream*>(inner_.get())) {
          return watch->ErrorFrame(Gone("too old resource version: told to by a fault rule"));
        }
        return std::nullopt;
      case FaultKind::kWatchDrop:
        state_ = StreamState::kAborted;
        return std::nullopt;
      case FaultKind::kWatchStall:
        state_ = StreamState::kStalled;
        return std::nullopt;
      case FaultKind::kOversizedFrame:
        fired_ = true;
        return "{\"type\":\"MODIFIED\",\"object\":{\"padding\":\"" + std::string(rule_.bytes, 'x') + "\"}}\n";
      default:
        return SpoiltEvent();
    }
  }

  std::optional<std::string> SpoiltEvent() {
    std::optional<std::string> frame = inner_->Next();
    if (!frame) return frame;
    fired_ = rule_.kind != FaultKind::kDelayEvent;
    if (rule_.kind == FaultKind::kTruncatedFrame) {
      state_ = StreamState::kAborted;
      return frame->substr(0, frame->size() / 2);
    }
    if (rule_.kind == FaultKind::kDuplicateEvent) again_ = *frame;
    if (rule_.kind == FaultKind::kLoseEvent) return Count(inner_->Next());
    if (rule_.kind == FaultKind::kDelayEvent) {
      if (held_.empty()) {
        held_ = *frame;
        frame = inner_->Next();
        if (!frame) return frame;
      }
      again_ = std::exchange(held_, "");
      fired_ = true;
    }
    return Count(frame);
  }

  const std::shared_ptr<EventStream> inner_;
  const FaultRule rule_;
  int sent_ = 0;
  bool fired_ = false;
  std::string again_;
  std::string held_;
  StreamState state_ = StreamState::kOpen;
};

}  // namespace

void Faults::Add(FaultRule rule) {
  std::lock_guard lock(mutex_);
  rules_.push_back({std::move(rule)});
}

void Faults::Clear() {
  std::lock_guard lock(mutex_);
  rules_.clear();
  points_.clear();
}

size_t Faults::hits() const {
  std::lock_guard lock(mutex_);
  return hits_;
}

void Faults::AfterWrite(int n, std::function<void()> then, std::string user_agent) {
  std::lock_guard lock(mutex_);
  points_.push_back({n, std::move(then), std::move(user_agent)});
}

void Faults::OnWrite(WriteHook hook) {
  std::lock_guard lock(mutex_);
  on_write_ = std::move(hook);
}

WriteFate Faults::Decide(WritePoint point, const RequestInfo& info, const Request& request) {
  WriteHook hook;
  {
    std::lock_guard lock(mutex_);
    hook = on_write_;
  }
  return hook ? hook(point, info, request) : WriteFate::kGoOn;
}

std::optional<FaultRule> Faults::Match(const RequestInfo& info, const Request& request) {
  std::lock_guard lock(mutex_);
  std::optional<FaultRule> hit;
  for (Armed& armed : rules_) {
    const FaultRule& r = armed.rule;
    const bool fits = Fits(r.verb, info.verb) && Fits(r.resource, info.plural) &&
                      Fits(r.subresource, info.subresource) && Fits(r.ns, info.ns) &&
                      Fits(r.name, info.name) && request.Header("user-agent").starts_with(r.user_agent);
    if (!fits) continue;
    const int number = armed.seen++;
    const bool due = number >= r.skip && (r.times < 0 || number < r.skip + r.times);
    if (due && !hit) hit = r;
  }
  if (hit) ++hits_;
  return hit;
}

void Faults::Wrote(const Request& request) {
  std::vector<std::function<void()>> due;
  {
    std::lock_guard lock(mutex_);
    for (CrashPoint& point : points_) {
      if (!request.Header("user-agent").starts_with(point.user_agent)) continue;
      if (--point.left == 0) due.push_back(point.then);
    }
    std::erase_if(points_, [](const CrashPoint& p) { return p.left <= 0; });
  }
  for (const auto& then : due) then();
}

Value Faults::Describe() const {
  std::lock_guard lock(mutex_);
  Value out = Object();
  out["hits"] = Int(static_cast<int64_t>(hits_));
  out["rules"] = Array();
  for (const Armed& armed : rules_) {
    Value rule = Object();
    for (const auto& [name, kind] : Names()) {
      if (kind == armed.rule.kind) rule["kind"] = name;
    }
    rule["verb"] = armed.rule.verb;
    rule["resource"] = armed.rule.resource;
    rule["name"] = armed.rule.name;
    rule["skip"] = armed.rule.skip;
    rule["times"] = armed.rule.times;
    rule["seen"] = armed.seen;
    out["rules"].append(rule);
  }
  return out;
}

Outcome<FaultRule> Faults::FromJson(const Value& json) {
  FaultRule out;
  const auto kind = Names().find(TextAt(json, "kind"));
  if (kind == Names().end()) {
    std::string known;
    for (const auto& [name, k] : Names()) known += (known.empty() ? "" : ", ") + name;
    return Unexpected(BadRequest("a fault rule needs a kind, one of: " + known));
  }
  out.kind = kind->second;
  out.verb = TextAt(json, "verb");
  out.resource = TextAt(json, "resource");
  out.subresource = TextAt(json, "subresource");
  out.ns = TextAt(json, "namespace");
  out.name = TextAt(json, "name");
  out.user_agent = TextAt(json, "userAgent");
  out.skip = static_cast<int>(IntAt(json, {"skip"}));
  out.times = static_cast<int>(IntAt(json, {"times"}, 1));
  out.after = BoolAt(json, {"after"});
  out.code = static_cast<int>(IntAt(json, {"code"}, 500));
  out.message = TextAt(json, "message");
  out.retry_after_seconds = static_cast<int>(IntAt(json, {"retryAfterSeconds"}, 1));
  out.after_events = static_cast<int>(IntAt(json, {"afterEvents"}));
  out.bytes = static_cast<size_t>(std::clamp<int64_t>(IntAt(json, {"bytes"}, 8 << 20), 0, 256 << 20));
  return out;
}

Failure FaultStatus(const FaultRule& rule) {
  const std::string text = rule.message.empty() ? "told to by a fault rule" : rule.message;
  switch (rule.code) {
    case 409:
      return {409, "Conflict", text};
    case 410:
      return Gone(text);
    case 429:
      return TooManyRequests(text, rule.retry_after_seconds);
    case 500:
      return InternalError(text);
    case 503: {
      Failure out{503, "ServiceUnavailable", text, Object()};
      out.retry_after_seconds = rule.retry_after_seconds;
      return out;
    }
    default:
      return {rule.code, "", text};
  }
}

std::shared_ptr<EventStream> WithFault(std::shared_ptr<EventStream> stream, const FaultRule& rule) {
  return std::make_shared<FaultyStream>(std::move(stream), rule);
}

}  // namespace fairlead::apiserver
