#include "operator/app/status_patch.h"

#include "crds/base/json_write.h"
#include "operator/runtime/json_merge.h"

namespace fairlead::app {
namespace {

Json::Value WithoutSources(const api::ObjectStatus& status) {
  const auto* policy = std::get_if<api::PolicyStatus>(&status);
  return policy == nullptr ? api::ToJson(status) : api::WithoutSources(*policy);
}

const std::vector<api::FailoverSource>& SourcesOf(const api::ObjectStatus& status) {
  static const std::vector<api::FailoverSource> kNone;
  const auto* policy = std::get_if<api::PolicyStatus>(&status);
  return policy == nullptr ? kNone : policy->failover.sources;
}

}  // namespace

// A merge patch has a list whole or not at all. The sources of failover are many: they are compared as
// values, and written as text where they are others.
std::string StatusPatch(const std::optional<api::ObjectStatus>& live, const api::ObjectStatus& desired) {
  const Json::Value before = live ? WithoutSources(*live) : Json::Value(Json::objectValue);
  std::string patch = WriteJson(runtime::MergePatchOf(before, WithoutSources(desired)));
  static const api::ObjectStatus kEmpty;
  const auto &was = SourcesOf(live ? *live : kEmpty), &is = SourcesOf(desired);
  if (was != is) {
    patch.pop_back();
    patch += patch.size() > 1 ? "," : "";
    patch += "\"sources\":" + (is.empty() ? "null" : api::WriteSources(is)) + "}";
  }
  return patch;
}

}  // namespace fairlead::app
