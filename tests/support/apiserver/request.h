// What a client asks, and what it gets: requests and responses without sockets.
//
// Who calls: the HTTP server and tests build a Request and hand it to Api::Handle. Values.
//
//   Request r{.method = "GET", .target = "/api/v1/namespaces/shop/services?limit=5"};
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/apiserver/failure.h"

namespace fairlead::apiserver {

struct User {
  std::string name = "system:admin";
  std::vector<std::string> groups = {"system:masters"};
};

struct Request {
  std::string method = "GET";
  std::string target;                          // path and query, as on the wire
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string Header(const std::string& name) const;
};

// How a stream stands once Next() has nothing more to give.
enum class StreamState {
  kOpen,      // more may come; the wake-up will tell
  kFinished,  // ends as it should
  kAborted,   // the connection is cut in the middle
  kStalled,   // the connection stays open and silent for ever
};

// A stream of events that goes on after the response has begun. One thread takes from it.
class EventStream {
 public:
  virtual ~EventStream() = default;
  virtual std::optional<std::string> Next() = 0;  // the next frame to send
  virtual StreamState state() const = 0;
  virtual void SetWakeup(std::function<void()> wakeup) = 0;  // called from any thread; must only post
  virtual std::string Bookmark() = 0;       // a frame, "" where the client did not ask for bookmarks
  virtual int timeout_seconds() const = 0;  // 0: none
};

// What a fault does to the connection instead of, or while, sending the response.
enum class Wire { kNormal, kDropBeforeHeaders, kDropAfterHeaders, kDropInBody, kStall };

struct Response {
  int code = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<EventStream> stream;  // null: body is all
  Wire wire = Wire::kNormal;
};

Response JsonResponse(int code, const Value& body);
Response FailureResponse(const Failure& failure);
Response TextResponse(int code, std::string text);

// What a target means.
struct RequestInfo {
  std::string path;                          // decoded
  std::map<std::string, std::string> query;  // decoded; the last of the same name
  bool is_resource = false;
  std::string group, version, plural, ns, name, subresource;
  std::string verb;  // "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"

  std::string Query(const std::string& key) const;
  bool QueryIs(const std::string& key) const;  // "true" or "1"
};
RequestInfo ParseTarget(const std::string& method, const std::string& target);
std::string UrlDecode(std::string_view text, bool plus_is_space);
std::string UrlEncode(std::string_view text);

}  // namespace fairlead::apiserver
