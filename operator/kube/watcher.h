// Watcher: list with paging and watch with bookmarks, for one kind, as a state machine without sockets.
//
// Who calls: a Reflector (threads and sockets) or a test (a script and a fake clock). One thread. Events go
// in by the On… methods; after each, step() says what to do next; values go to the WatchHandler. What is
// promised:
//  - a list is handed over whole (Whole) or not at all; nothing is handed over twice;
//  - a stream that ends, is cut or falls silent is resumed where it was, without a list;
//  - a resource version that is too old (410) costs one list at once, however long the server was away;
//    further ones wait, longer each time;
//  - a kind that is not served (404) or not allowed (403) is a state, looked at again slowly and by Wake;
//  - every wait is jittered, grows, and respects Retry-After.
//
//   Watcher w({.collection = "/api/v1/pods", …}, {}, &handler, &clock, jitter);
//   while (true) switch (w.step().what) { case Watcher::Do::kList: …
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "crds/base/clock.h"
#include "crds/base/kube_frames.h"
#include "crds/base/kube_wire.h"
#include "crds/base/result.h"
#include "operator/kube/resource.h"
#include "operator/kube/transport.h"

namespace fairlead::kube {

struct PageInfo {
  std::string resource_version;
  std::string continue_token;  // empty: the last page
};

// What the protocol needs to know of one event of a stream.
struct WatchMark {
  std::string resource_version;
  Result<void> error;  // of an ERROR event
};

enum class WatchPhase : unsigned char { kListing, kWatching, kWaiting, kAbsent, kForbidden };
std::string_view ToString(WatchPhase phase);  // "listing"

// What /readyz, /debug/dump and metrics tell of a kind.
struct WatchStatus {
  WatchPhase phase = WatchPhase::kListing;
  bool synced = false;  // a first list was handed over (of an absent kind: an empty one)
  std::string reason;   // of the last failure; empty while all is well
  int failures = 0;     // in a row
  uint64_t lists = 0;   // begun, the first included
  uint64_t streams = 0, events = 0, bookmarks = 0;
  friend bool operator==(const WatchStatus&, const WatchStatus&) = default;
};

// The side of the values. Calls come from the thread that drives the Watcher.
class WatchHandler {
 public:
  using Marks = std::function<void(const WatchMark&)>;
  virtual ~WatchHandler() = default;
  virtual void BeginList() = 0;  // forget the pages that were kept
  virtual Result<PageInfo> Page(std::string_view content_type, std::string_view body) = 0;  // keep
  virtual void Whole() = 0;  // hand over what was kept, in place of all that was there
  virtual Result<void> BeginStream(std::string_view content_type) = 0;
  // Hands over the events in these bytes, and marks each after it was handed over. Stops after an error.
  virtual Result<void, FrameError> Bytes(std::string_view bytes, const Marks& marks) = 0;
  virtual Result<void, FrameError> EndStream() = 0;  // kTruncated: it ended inside an event
  virtual void Status(const WatchStatus& status) = 0;
};

struct WatchTarget {
  std::string collection;  // CollectionPath
  std::string accept_list = "application/json";
  std::string accept_watch = "application/json";
  std::string label_selector, field_selector;
};

struct WatcherOptions {
  int page_size = 500;
  std::chrono::milliseconds list_timeout{60'000};
  std::chrono::milliseconds open_timeout{30'000};
  // The API server sends a bookmark a minute; a stream that says nothing for longer is dead.
  std::chrono::milliseconds idle_timeout{100'000};
  std::chrono::milliseconds backoff_base{100};
  std::chrono::milliseconds backoff_max{30'000};
  std::chrono::milliseconds slow_base{5'000};  // of an absent or forbidden kind
  std::chrono::milliseconds slow_max{300'000};
};

class Watcher {
 public:
  enum class Do : unsigned char { kList, kWatch, kWait };
  struct Step {
    Do what = Do::kList;
    HttpRequest request;     // of kList and kWatch
    Clock::TimePoint until;  // call OnTimer then
    uint64_t number = 0;     // another number: leave what is under way and begin this
  };
  using Jitter = std::function<double()>;  // in [0, 1)

  Watcher(WatchTarget target, WatcherOptions options, WatchHandler* handler, const Clock* clock,
          Jitter jitter);

  void Start();  // once; the first step is the list
  const Step& step() const { return step_; }
  const WatchStatus& status() const { return status_; }

  void OnListReply(const HttpResponse& response);
  void OnListFailed(const Error& error);  // no reply

  void OnStreamHeaders(int status, const HttpHeaders& headers);
  void OnStreamBytes(std::string_view bytes);
  void OnStreamEnd(const Result<void>& end);
  void OnTimer();  // step().until has come
  // The kind may be there or allowed now: look at once. Where the server failed: it may answer again, look
  // soon, but not before the time that it asked for.
  void Wake();

 private:
  enum class After : unsigned char { kList, kPage, kWatch };

  void BeginList();
  void AskPage();
  void BeginWatch();
  void Wait(std::chrono::milliseconds delay, After after, const std::string& reason);
  void Go(Do what, HttpRequest request, std::chrono::milliseconds until);
  void Report(WatchPhase phase);

  void Failed(const Error& error, After resume);
  void Expired(const Error& error);
  void Absent(const Error& error);
  void Unframed(const FrameError& error);
  void StreamDied(const Error& error);
  void Progress();
  bool Lived() const;
  std::chrono::milliseconds Backoff(std::chrono::milliseconds base, std::chrono::milliseconds max,
                                    int failures);

  const WatchTarget target_;
  const WatcherOptions options_;
  WatchHandler* const handler_;
  const Clock* const clock_;
  const Jitter jitter_;

  Step step_;
  After after_ = After::kList;
  WatchStatus status_;
  std::string rv_;           // where to resume; empty: list first
  std::string continue_;     // of the list under way
  int expirations_ = 0;      // since the last progress
  int absences_ = 0;         // in a row
  bool absent_ = false;      // and handed over as empty
  std::string unframed_at_;  // the resource version at which a frame could not be read
  int stream_status_ = 0;    // HTTP status of the stream; 0: no headers yet
  HttpHeaders stream_headers_;
  std::string refusal_;  // the body of a refused watch
  Clock::TimePoint opened_;
  Clock::TimePoint not_before_;  // of a wait: by Retry-After
};

}  // namespace fairlead::kube
