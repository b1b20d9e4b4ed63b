#include "operator/kube/watcher.h"

#include <algorithm>

namespace fairlead::kube {
namespace {

constexpr size_t kMaxRefusal = 64u << 10;
constexpr std::chrono::seconds kLived{5};
// One 404 may be an API server that is just starting; data that was there is not dropped for it.
constexpr int kAbsencesToBelieve = 3;

}  // namespace

std::string_view ToString(WatchPhase phase) {
  switch (phase) {
    case WatchPhase::kListing:
      return "listing";
    case WatchPhase::kWatching:
      return "watching";
    case WatchPhase::kWaiting:
      return "waiting";
    case WatchPhase::kAbsent:
      return "absent";
    case WatchPhase::kForbidden:
      return "forbidden";
  }
  return "";
}

Watcher::Watcher(WatchTarget target, WatcherOptions options, WatchHandler* handler, const Clock* clock,
                 Jitter jitter)
    : target_(std::move(target)),
      options_(options),
      handler_(handler),
      clock_(clock),
      jitter_(std::move(jitter)) {}

void Watcher::Start() { BeginList(); }

// --- steps

void Watcher::Go(Do what, HttpRequest request, std::chrono::milliseconds until) {
  step_ = Step{what, std::move(request), clock_->Now() + until, step_.number + 1};
}

void Watcher::BeginList() {
  continue_.clear();
  rv_.clear();
  unframed_at_.clear();
  ++status_.lists;
  handler_->BeginList();
  AskPage();
}

void Watcher::AskPage() {
  // Without a resource version the list is consistent: it is never older than what was seen before.
  HttpRequest request{.path = WithQuery(target_.collection, {{"labelSelector", target_.label_selector},
                                                             {"fieldSelector", target_.field_selector},
                                                             {"limit", std::to_string(options_.page_size)},
                                                             {"continue", continue_}}),
                      .accept = target_.accept_list,
                      .timeout = options_.list_timeout};
  Go(Do::kList, std::move(request), options_.list_timeout);
  Report(WatchPhase::kListing);
}

void Watcher::BeginWatch() {
  // Streams end after 5 to 10 minutes, not all at once.
  const int seconds = 300 + static_cast<int>(jitter_() * 300);
  HttpRequest request{.path = WithQuery(target_.collection, {{"labelSelector", target_.label_selector},
                                                             {"fieldSelector", target_.field_selector},
                                                             {"allowWatchBookmarks", "true"},
                                                             {"resourceVersion", rv_},
                                                             {"timeoutSeconds", std::to_string(seconds)},
                                                             {"watch", "true"}}),
                      .accept = target_.accept_watch,
                      .streaming = true};
  stream_status_ = 0;
  stream_headers_ = {};
  refusal_.clear();
  opened_ = clock_->Now();
  ++status_.streams;
  Go(Do::kWatch, std::move(request), options_.open_timeout);
}

void Watcher::Wait(std::chrono::milliseconds delay, After after, const std::string& reason) {
  after_ = after;
  not_before_ = clock_->Now();
  status_.reason = reason;
  Go(Do::kWait, {}, delay);
}

void Watcher::Report(WatchPhase phase) {
  status_.phase = phase;
  handler_->Status(status_);
}

std::chrono::milliseconds Watcher::Backoff(std::chrono::milliseconds base, std::chrono::milliseconds max,
                                           int failures) {
  const auto grown = base * (int64_t{1} << std::clamp(failures - 1, 0, 20));
  const auto delay = std::min<std::chrono::milliseconds>(grown, max);
  return std::chrono::milliseconds(
      static_cast<int64_t>(static_cast<double>(delay.count()) * (0.5 + 0.5 * jitter_())));
}

// --- what went wrong

void Watcher::Failed(const Error& error, After resume) {
  switch (error.error_class) {
    case ErrorClass::kExpired:
      return Expired(error);
    case ErrorClass::kNotFound:
      return Absent(error);
    case ErrorClass::kForbidden:
    case ErrorClass::kInvalid:
      Wait(Backoff(options_.slow_base, options_.slow_max, ++status_.failures), resume, error.message);
      return Report(error.error_class == ErrorClass::kForbidden ? WatchPhase::kForbidden
                                                                : WatchPhase::kWaiting);
    case ErrorClass::kConflict:
    case ErrorClass::kTransient:
    case ErrorClass::kCancelled:
    case ErrorClass::kFatal:
      break;
  }
  const auto backoff = Backoff(options_.backoff_base, options_.backoff_max, ++status_.failures);
  Wait(std::chrono::seconds(error.retry_after_seconds) + backoff, resume, error.message);
  not_before_ = clock_->Now() + std::chrono::seconds(error.retry_after_seconds);
  Report(WatchPhase::kWaiting);
}

void Watcher::Expired(const Error& error) {
  // The first costs a list at once; a server that goes on refusing is not stormed.
  if (++expirations_ <= 1) {
    status_.reason = error.message;
    return BeginList();
  }
  ++status_.failures;
  Wait(Backoff(options_.backoff_base, options_.backoff_max, expirations_ - 1), After::kList, error.message);
  Report(WatchPhase::kWaiting);
}

void Watcher::Absent(const Error& error) {
  ++absences_;
  if (status_.synced && !absent_ && absences_ < kAbsencesToBelieve) {
    Wait(Backoff(options_.backoff_base * 5, options_.backoff_max, ++status_.failures), After::kList,
         error.message);
    return Report(WatchPhase::kWaiting);
  }
  if (!absent_) {  // an absent kind has no objects: nobody waits for it
    absent_ = true;
    handler_->BeginList();
    handler_->Whole();
    status_.synced = true;
  }
  Wait(Backoff(options_.slow_base, options_.slow_max, ++status_.failures), After::kList, error.message);
  Report(WatchPhase::kAbsent);
}

void Watcher::Progress() {
  status_.failures = 0;
  status_.reason.clear();
  expirations_ = 0;
  absences_ = 0;
}

// --- list

void Watcher::OnListReply(const HttpResponse& response) {
  const std::string content_type = response.headers.Get("content-type");
  if (response.status != 200) {
    Error error = ErrorOfReply(response.status, content_type, response.body);
    error.retry_after_seconds = std::max(error.retry_after_seconds, response.headers.RetryAfterSeconds());
    return Failed(error, After::kPage);
  }
  Result<PageInfo> page = handler_->Page(content_type, response.body);
  if (!page) return Failed(page.error(), After::kList);
  absences_ = 0;
  absent_ = false;
  if (!page->continue_token.empty()) {
    continue_ = page->continue_token;
    return AskPage();
  }
  continue_.clear();
  rv_ = page->resource_version;
  handler_->Whole();
  status_.synced = true;
  status_.reason.clear();
  status_.failures = 0;  // not expirations_: a list is what they cost
  BeginWatch();
  Report(WatchPhase::kWatching);
}

void Watcher::OnListFailed(const Error& error) {
  // The same page again: what was kept of the list is good as long as its continue token is.
  Failed(error, After::kPage);
}

// --- watch

void Watcher::OnStreamHeaders(int status, const HttpHeaders& headers) {
  stream_status_ = status;
  stream_headers_ = headers;
  step_.until = clock_->Now() + options_.idle_timeout;
  if (status != 200) return;
  status_.reason.clear();
  Report(WatchPhase::kWatching);
  if (Result<void> begun = handler_->BeginStream(headers.Get("content-type")); !begun) {
    Failed(begun.error(), After::kWatch);
  }
}

void Watcher::OnStreamBytes(std::string_view bytes) {
  step_.until = clock_->Now() + options_.idle_timeout;
  if (stream_status_ != 200) {
    refusal_.append(bytes.substr(0, kMaxRefusal - refusal_.size()));
    return;
  }
  Result<void> error;
  const uint64_t before = status_.events;
  const Result<void, FrameError> read = handler_->Bytes(bytes, [&](const WatchMark& mark) {
    if (!error) return;
    if (!mark.error) {
      error = mark.error;
      return;
    }
    rv_ = mark.resource_version;
    ++status_.events;
  });
  if (status_.events != before) Progress();
  if (!error) return Failed(error.error(), After::kWatch);
  if (!read) Unframed(read.error());
}

void Watcher::Unframed(const FrameError& error) {
  // Once it may be the connection. Twice at the same place it is the object: only a list passes over it.
  const bool again = unframed_at_ == rv_ || error.type == FrameError::Type::kOversized;
  const std::string at = rv_;
  Failed(error.ToError(), again ? After::kList : After::kWatch);
  unframed_at_ = at;
}

bool Watcher::Lived() const { return clock_->Now() - opened_ >= kLived; }

void Watcher::OnStreamEnd(const Result<void>& end) {
  if (stream_status_ != 0 && stream_status_ != 200) {
    Error error = ErrorOfReply(stream_status_, stream_headers_.Get("content-type"), refusal_);
    error.retry_after_seconds = std::max(error.retry_after_seconds, stream_headers_.RetryAfterSeconds());
    return Failed(error, After::kWatch);
  }
  if (!end) return StreamDied(end.error());
  if (Result<void, FrameError> whole = handler_->EndStream(); !whole)
    return StreamDied(whole.error().ToError());
  // Ended in good order, as asked by timeoutSeconds: go on at once, unless that has become a loop.
  if (!Lived() && status_.failures > 0)
    return StreamDied({ErrorClass::kTransient, "the watch ended at once"});
  if (!Lived()) ++status_.failures;
  BeginWatch();
}

void Watcher::StreamDied(const Error& error) {
  if (Lived()) status_.failures = expirations_ = 0;
  Failed(error, After::kWatch);
}

void Watcher::OnTimer() {
  switch (step_.what) {
    case Do::kList:
      return OnListFailed({ErrorClass::kTransient, "no reply to the list"});
    case Do::kWatch:
      if (stream_status_ != 0 && stream_status_ != 200) return OnStreamEnd({});
      return StreamDied(
          {ErrorClass::kTransient, stream_status_ == 0 ? "no reply to the watch" : "the watch fell silent"});
    case Do::kWait:
      break;
  }
  switch (after_) {
    case After::kList:
      return BeginList();
    case After::kPage:
      return AskPage();
    case After::kWatch:
      return BeginWatch();
  }
}

void Watcher::Wake() {
  if (step_.what != Do::kWait) return;
  if (status_.phase == WatchPhase::kWaiting) {
    const auto soon = Backoff(options_.backoff_base, options_.backoff_max, 1);
    step_.until = std::min(step_.until, std::max(not_before_, clock_->Now()) + soon);
    return;
  }
  if (status_.phase != WatchPhase::kAbsent && status_.phase != WatchPhase::kForbidden) return;
  status_.failures = 0;
  BeginList();
}

}  // namespace fairlead::kube
