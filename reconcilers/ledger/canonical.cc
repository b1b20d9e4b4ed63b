#include "reconcilers/ledger/canonical.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::reconcilers {

Json::Value CanonicalSpec(const AnyObject& policy) {
  return std::visit(
      [](const auto& object) -> Json::Value {
        if constexpr (requires { ToJson(*object)["spec"]; }) {
          return ToJson(*object)["spec"];
        } else {
          return {};
        }
      },
      policy);
}

AnyObject PolicyFrom(const ObjectKey& policy, const std::string& spec) {
  Json::Value frame(Json::objectValue);
  frame["name"] = policy.name;
  if (!policy.ns.empty()) frame["namespace"] = policy.ns;
  const Result<JsonDocument> document =
      JsonDocument::Parse(R"({"metadata":)" + WriteJson(frame) + R"(,"spec":)" + spec + "}");
  if (document) return ParseObject(policy.kind, document->root()).object;
  return std::make_shared<const Invalid>(Invalid{.key = policy, .meta = {}, .errors = {}, .status = {}});
}

Json::Value CanonicalSpec(Kind kind, const std::string& spec) {
  if (spec.empty()) return {};
  const AnyObject policy = PolicyFrom({kind, "", "x"}, spec);
  if (!IsInvalid(policy)) return CanonicalSpec(policy);
  const Result<JsonDocument> document = JsonDocument::Parse(spec);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

}  // namespace fairlead::reconcilers
