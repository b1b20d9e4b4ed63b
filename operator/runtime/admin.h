// The operator's own pages: /healthz, /readyz, /metrics, /debug/dump.
//
// Who calls: the composition root, before the servers start. What is given must outlive the server.
#pragma once

#include <json/value.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "operator/runtime/http_server.h"
#include "operator/runtime/metrics.h"
#include "operator/runtime/readiness.h"

namespace fairlead::runtime {

// Parts of a dump by name: a part is made when it is asked for. Thread-safe. Parts hold no secrets.
class DebugDump {
 public:
  using Part = std::function<Json::Value()>;
  void Add(const std::string& name, Part part);
  Json::Value Make(const std::string& only = "") const;  // null: there is no such part

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Part> parts_;
};

void ServeHealth(HttpServer* server, const Readiness* readiness);  // /healthz, /readyz
void ServeMetrics(HttpServer* server, const Metrics* metrics);     // /metrics
void ServeDump(HttpServer* server, const DebugDump* dump);         // /debug/dump[?part=NAME]

}  // namespace fairlead::runtime
