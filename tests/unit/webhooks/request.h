// Request: an AdmissionReview as the API server sends it, for tests of webhooks.
//
//   const std::string body = Request{.operation = "UPDATE", .object = fresh, .old_object = stored}.Body();
#pragma once

#include <string>

#include "crds/base/json_write.h"
#include "crds/base/key.h"

namespace fairlead::testing {

struct Request {
  std::string uid = "705ab4f5-6393-11e8-b7cc-42010a800002";
  Kind kind = Kind::kRetryTimeoutPolicy;
  std::string version = "v1alpha1";
  std::string operation = "CREATE";
  std::string subresource = {};
  std::string ns = "shop";
  std::string name = "ratings";
  std::string object = "null";  // JSON
  std::string old_object = "null";
  bool dry_run = false;
  std::string user = "ann";
  std::string groups = R"("devs","system:authenticated")";
  std::string other_group = {}, other_kind = {};  // in place of those of `kind`, which Fairlead does not read

  std::string Body() const {
    const KindInfo& info = InfoOf(kind);
    const std::string group(other_kind.empty() ? info.group : other_group),
        name_of_kind(other_kind.empty() ? info.name : other_kind);
    const std::string group_version = "\"group\":\"" + group + "\",\"version\":\"" + version + "\",";
    std::string out =
        R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":")" + uid;
    out += "\",\"kind\":{" + group_version + "\"kind\":\"" + name_of_kind + "\"}";
    out += ",\"resource\":{" + group_version + "\"resource\":\"" + std::string(info.plural) + "\"}";
    if (!subresource.empty()) out += ",\"subResource\":\"" + subresource + "\"";
    if (!name.empty()) out += ",\"name\":\"" + name + "\"";
    if (info.namespaced) out += ",\"namespace\":\"" + ns + "\"";
    out += ",\"operation\":\"" + operation + "\"";
    out += ",\"userInfo\":{\"username\":\"" + user + "\",\"uid\":\"7\",\"groups\":[" + groups + "]}";
    out += ",\"object\":" + object + ",\"oldObject\":" + old_object;
    return out + ",\"dryRun\":" + (dry_run ? "true" : "false") + R"(,"options":{"kind":"CreateOptions"}}})";
  }
};

// A RetryTimeoutPolicy of the name with these members of spec beside its target, and of metadata.
inline std::string Policy(const std::string& spec, const std::string& meta = "",
                          const std::string& name = "ratings") {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":")" + name +
         R"(","namespace":"shop")" + (meta.empty() ? "" : "," + meta) +
         R"(},"spec":{"targetRefs":[{"group":"","kind":"Service","name":"ratings"}])" +
         (spec.empty() ? "" : "," + spec) + "}}";
}
inline const char kGood[] = R"("timeouts":{"request":"5s"})";
inline const char kBad[] = R"("timeouts":{"request":"5 s"},"retries":{"attempts":99})";

}  // namespace fairlead::testing
