// ApiClient: requests to an Api without sockets, for its own tests.
//
// Who calls: tests/unit/support/apiserver. One thread.
//
//   ApiClient client;
//   EXPECT_EQ(client.Post("/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":"a"}})").code,
//   201);
#pragma once

#include <string>

#include "tests/support/apiserver/api.h"

namespace fairlead::apiserver {

class ApiClient {
 public:
  explicit ApiClient(ApiOptions options = {}) : api(std::move(options)) {}

  Response Call(const std::string& method, const std::string& target, const std::string& body = "",
                const std::string& type = "application/json") {
    Request r;
    r.method = method;
    r.target = target;
    r.body = body;
    r.headers = headers;
    r.headers["content-type"] = type;
    return api.Handle(r);
  }
  Response Get(const std::string& target) { return Call("GET", target); }
  Response Post(const std::string& target, const std::string& body) { return Call("POST", target, body); }
  Response Delete(const std::string& target, const std::string& body = "") {
    return Call("DELETE", target, body);
  }
  Response Merge(const std::string& target, const std::string& body) {
    return Call("PATCH", target, body, "application/merge-patch+json");
  }
  Value Json(const Response& r) {
    Result<Value> v = ParseJson(r.body);
    return v ? *v : Value();
  }

  Api api;
  std::map<std::string, std::string> headers;
};

inline const char kWidgets[] = R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
  "metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
  "names":{"plural":"widgets","kind":"Widget"},"versions":[{"name":"v1","served":true,"storage":true,
  "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
  "x-kubernetes-validations":[{"rule":"self.size > 0"}],
  "properties":{"size":{"type":"integer"}}}}}}}]}})";

}  // namespace fairlead::apiserver
