// WatcherTest: the list-and-watch protocol by scripts: no sockets, a fake clock, no jitter.
//
// What the server does is a call (ListReply, Opened, Event, Dropped); what the watcher then does is what()
// and path(); what it handed over is in `sink`.
#pragma once

#include <gtest/gtest.h>

#include "operator/kube/object_stream.h"
#include "operator/kube/watcher.h"
#include "tests/support/fake_clock.h"

namespace fairlead::kube {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Do = Watcher::Do;

inline constexpr char kCollection[] = "/api/v1/namespaces";

inline std::string Namespace(const std::string& name, const std::string& rv) {
  return R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + R"(","resourceVersion":")" +
         rv + R"("}})";
}

// Keeps what the sink saw as text: "replace a b", "upsert c", "delete a", "synced".
class Recorder final : public ObjectSink {
 public:
  void OnReplace(Kind, std::vector<AnyObject> objects) override {
    std::string line = "replace";
    for (const AnyObject& object : objects) line += " " + KeyOf(object).name;
    lines.push_back(line);
  }
  void OnUpsert(Kind, AnyObject object) override { lines.push_back("upsert " + KeyOf(object).name); }
  void OnDelete(Kind, AnyObject object) override { lines.push_back("delete " + KeyOf(object).name); }
  void OnSynced(Kind) override { lines.push_back("synced"); }
  void OnStatus(Kind, const WatchStatus& status) override {
    phases.push_back(std::string(ToString(status.phase)));
  }

  std::vector<std::string> Take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines, phases;
};

using Lines = std::vector<std::string>;

class WatcherTest : public ::testing::Test {
 protected:
  WatcherTest() { watcher.Start(); }

  Do what() const { return watcher.step().what; }
  std::string path() const { return watcher.step().request.path; }
  milliseconds wait() const {
    return std::chrono::duration_cast<milliseconds>(watcher.step().until - clock.Now());
  }
  void PassTime() {
    clock.Advance(wait());
    watcher.OnTimer();
  }

  void ListReply(const Lines& names, const std::string& rv, const std::string& more = "") {
    std::string items;
    for (const std::string& name : names) items += (items.empty() ? "" : ",") + Namespace(name, rv);
    watcher.OnListReply(
        Json(200, R"({"apiVersion":"v1","kind":"NamespaceList","metadata":{"resourceVersion":")" + rv +
                      R"(","continue":")" + more + R"("},"items":[)" + items + "]}"));
  }
  void ListRefused(int code, const std::string& reason, const std::string& retry_after = "") {
    watcher.OnListReply(Json(code, StatusOf(code, reason), retry_after));
  }
  void Opened() { watcher.OnStreamHeaders(200, {{{"content-type", "application/json"}}}); }
  void Event(const std::string& type, const std::string& name, const std::string& rv) {
    watcher.OnStreamBytes(R"({"type":")" + type + R"(","object":)" + Namespace(name, rv) + "}\n");
  }
  void ErrorEvent(int code, const std::string& reason) {
    watcher.OnStreamBytes(R"({"type":"ERROR","object":)" + StatusOf(code, reason) + "}\n");
  }
  void WatchRefused(int code, const std::string& reason, const std::string& retry_after = "") {
    const HttpResponse reply = Json(code, StatusOf(code, reason), retry_after);
    watcher.OnStreamHeaders(code, reply.headers);
    watcher.OnStreamBytes(reply.body);
    watcher.OnStreamEnd({});
  }
  void Dropped() { watcher.OnStreamEnd(Unexpected(Error{ErrorClass::kTransient, "connection reset"})); }

  // Listed and watching at resource version 10, with "a" there.
  void Watching() {
    ListReply({"a"}, "10");
    Opened();
    sink.Take();
  }

  static std::string StatusOf(int code, const std::string& reason) {
    return R"({"apiVersion":"v1","kind":"Status","status":"Failure","reason":")" + reason +
           R"(","message":")" + reason + R"( happened","code":)" + std::to_string(code) + "}";
  }
  static HttpResponse Json(int status, const std::string& body, const std::string& retry_after = "") {
    HttpResponse response{status, {{{"content-type", "application/json"}}}, body};
    if (!retry_after.empty()) response.headers.values["retry-after"] = retry_after;
    return response;
  }

  testing::FakeClock clock;
  Recorder sink;
  ObjectStream stream{Kind::kNamespace, &sink};
  Watcher watcher{ObjectStream::TargetOf(Kind::kNamespace), {}, &stream, &clock, [] { return 1.0; }};
};

}  // namespace fairlead::kube
