// Audit: what was asked and what was answered, kept so that tests and the demo can count writes.
//
// Who calls: Api records; tests read. Thread-safe, bounded.
//
//   server->audit().Writes("fairlead-operator").size();
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace fairlead::apiserver {

struct AuditRecord {
  std::string verb;  // "create", …; "" for what is no resource
  std::string group, resource, subresource, ns, name;
  std::string path;
  std::string user;
  std::string user_agent;
  std::string field_manager;
  int code = 0;
  bool dry_run = false;
  bool changed = false;  // something was stored

  bool IsWrite() const {
    return verb == "create" || verb == "update" || verb == "patch" || verb == "delete" ||
           verb == "deletecollection";
  }
};

class Audit {
 public:
  static constexpr size_t kLimit = 200'000;

  // Called for each record, on the server's thread; must not call the server.
  void OnRecord(std::function<void(const AuditRecord&)> hook) {
    std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
  }
  std::vector<AuditRecord> Records() const {
    std::lock_guard lock(mutex_);
    return {records_.begin(), records_.end()};
  }
  // Requests that write, of clients whose user agent begins so ("": all), dry runs left out.
  std::vector<AuditRecord> Writes(const std::string& user_agent = "") const {
    std::lock_guard lock(mutex_);
    std::vector<AuditRecord> out;
    for (const AuditRecord& r : records_) {
      if (r.IsWrite() && !r.dry_run && r.user_agent.starts_with(user_agent)) out.push_back(r);
    }
    return out;
  }
  // How often what was asked, by clients whose user agent begins so: "patch retrytimeoutpolicies/status"
  // → 12.
  std::map<std::string, int> Count(const std::string& user_agent = "") const {
    std::lock_guard lock(mutex_);
    std::map<std::string, int> out;
    for (const AuditRecord& r : records_) {
      if (r.verb.empty() || r.dry_run || !r.user_agent.starts_with(user_agent)) continue;
      ++out[r.verb + " " + r.resource + (r.subresource.empty() ? "" : "/" + r.subresource)];
    }
    return out;
  }
  void Clear() {
    std::lock_guard lock(mutex_);
    records_.clear();
  }
  void Record(AuditRecord record) {
    std::function<void(const AuditRecord&)> hook;
    {
      std::lock_guard lock(mutex_);
      hook = hook_;
      records_.push_back(record);
      if (records_.size() > kLimit) records_.pop_front();
    }
    if (hook) hook(record);
  }

 private:
  mutable std::mutex mutex_;
  std::deque<AuditRecord> records_;
  std::function<void(const AuditRecord&)> hook_;
};

}  // namespace fairlead::apiserver
