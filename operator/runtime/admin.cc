#include "operator/runtime/admin.h"

#include "crds/base/json_write.h"

namespace fairlead::runtime {

void DebugDump::Add(const std::string& name, Part part) {
  std::lock_guard lock(mutex_);
  parts_[name] = std::move(part);
}

Json::Value DebugDump::Make(const std::string& only) const {
  std::map<std::string, Part> parts;
  {
    std::lock_guard lock(mutex_);
    parts = parts_;
  }
  if (!only.empty()) {
    const auto it = parts.find(only);
    return it == parts.end() ? Json::Value() : it->second();
  }
  Json::Value out(Json::objectValue);
  for (const auto& [name, part] : parts) out[name] = part();
  return out;
}

void ServeHealth(HttpServer* server, const Readiness* readiness) {
  server->Handle("/healthz", [](const ServerRequest&) { return ServerReply{.body = "ok\n"}; });
  server->Handle("/readyz", [readiness](const ServerRequest&) {
    const std::vector<std::string> pending = readiness->Pending();
    if (pending.empty()) return ServerReply{.body = "ok\n"};
    ServerReply reply{.status = 503, .body = "not ready, waiting for:\n"};
    for (const std::string& what : pending) reply.body += "- " + what + "\n";
    return reply;
  });
}

void ServeMetrics(HttpServer* server, const Metrics* metrics) {
  server->Handle("/metrics", [metrics](const ServerRequest&) {
    return ServerReply{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics->Text()};
  });
}

void ServeDump(HttpServer* server, const DebugDump* dump) {
  server->Handle("/debug/dump", [dump](const ServerRequest& request) {
    const auto part = request.query.find("part");
    const Json::Value value = dump->Make(part == request.query.end() ? "" : part->second);
    if (value.isNull()) return ServerReply{.status = 404, .body = "there is no such part\n"};
    return ServerReply{.content_type = "application/json", .body = WritePrettyJson(value)};
  });
}

}  // namespace fairlead::runtime
