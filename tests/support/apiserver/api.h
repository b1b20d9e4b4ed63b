// Api: the Kubernetes REST API over the store, without sockets: one request in, one response out.
//
// Who calls: the HTTP server, and tests directly. Thread-safe: requests are handled one after the other.
//
//   Api api(ApiOptions{});
//   Response r = api.Handle({.method = "GET", .target = "/api/v1/namespaces"});
#pragma once

#include "tests/support/apiserver/audit.h"
#include "tests/support/apiserver/core.h"
#include "tests/support/apiserver/faults.h"
#include "tests/support/apiserver/lifecycle.h"
#include "tests/support/apiserver/request.h"

namespace fairlead::apiserver {

class Api {
 public:
  explicit Api(ApiOptions options);

  Response Handle(const Request& request);

  Store& store() { return core_.store; }
  Faults& faults() { return faults_; }
  Audit& audit() { return audit_; }
  const ApiOptions& options() const { return core_.options; }

  // For tests and the demo, with the rights of an administrator and no fault in the way.
  // `object` is created, or replaces what is there (server-side apply by `manager`).
  Outcome<Value> Apply(const Value& object, const std::string& manager = "test");
  Outcome<Value> ReadObject(const std::string& api_version, const std::string& kind, const std::string& ns,
                            const std::string& name);

 private:
  Response Perform(const RequestInfo& info, const Request& request, const User& user, AuditRecord* record);
  Response Route(const RequestInfo& info, const Request& request, const User& user, AuditRecord* record);
  Outcome<Response> Resource(const RequestInfo& info, const Request& request, const User& user,
                             AuditRecord* record);
  Outcome<Response> Write(const ResourcePtr& resource, const RequestInfo& info, const Request& request);
  Outcome<Response> Delete(const ResourcePtr& resource, const RequestInfo& info, const Request& request);
  Outcome<Response> DeleteCollection(const ResourcePtr& resource, const RequestInfo& info,
                                     const Request& request);
  Outcome<Response> Review(const RequestInfo& info, const Request& request, const User& user);
  Response ControlFaults(const RequestInfo& info, const Request& request);
  Response ControlAudit(const RequestInfo& info, const Request& request);
  std::optional<User> Authenticate(const Request& request) const;

  Core core_;
  Lifecycle lifecycle_;
  Faults faults_;
  Audit audit_;
};

}  // namespace fairlead::apiserver
