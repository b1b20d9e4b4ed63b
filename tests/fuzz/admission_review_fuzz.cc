// Any bytes as the body of a webhook call: the reply is an AdmissionReview within its limits, and the same
// each time; what can be read as a review is answered with its UID.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "crds/base/json.h"
#include "reconcilers/world.h"
#include "webhooks/review/review.h"
#include "webhooks/review/verdict.h"
#include "webhooks/verdict/gate.h"
#include "webhooks/verdict/world_view.h"

namespace {

// What is there: a workspace with roles that have every kind of limit, another one, and what their objects
// may name.
constexpr const char* kObjects[] = {
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"Workspace","metadata":{"name":"shop","annotations":
{"fairlead.dev/owner":"ann"}},"spec":{"namespaces":[{"names":["shop","shop-*"]},{"selector":{"matchLabels":{"team":
"shop"}}}],"roles":[{"name":"developers","subjects":[{"kind":"Group","name":"devs"},{"kind":"ServiceAccount","name":
"deployer","namespace":"shop-ci"}],"allow":[{"kinds":["RetryTimeoutPolicy"],"fields":["spec.timeouts",
"spec.retries.attempts","spec.retries.on"],"targets":{"matchLabels":{"tier":"web"}},"namespaces":["shop"],"bounds":
{"spec.retries.attempts":{"max":3},"spec.timeouts.request":{"min":"100ms","max":"30s"}}}]},{"name":"leads","subjects":
[{"kind":"User","name":"lena"}],"allow":[{"kinds":["RetryTimeoutPolicy","FailoverPolicy"],"scopes":["Workspace"],
"overrideMode":true,"bounds":{"spec.minHealthyPercent":{"min":50},"spec.outlierDetection.interval":{"max":"1m"}}},
{"kinds":["WorkspaceSettings"],"fields":["spec.importFrom","spec.defaults"]}]}]}})",
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"Workspace","metadata":{"name":"pay"},
"spec":{"namespaces":[{"names":["pay"]}]}})",
    R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"istio.io/dataplane-mode":
"ambient"}}})",
    R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"ratings","namespace":"shop","labels":{"tier":"web"}},
"spec":{"clusterIP":"10.0.0.1","ports":[{"port":80,"name":"http"}]}})",
    R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"charge","namespace":"pay"},
"spec":{"clusterIP":"10.0.0.2","ports":[{"port":80,"name":"http"}]}})",
    R"({"apiVersion":"networking.istio.io/v1","kind":"ServiceEntry","metadata":{"name":"bank","namespace":"pay"},
"spec":{"hosts":["bank.example","*.bank.example"],"ports":[{"number":443,"name":"https"}]}})"};

fairlead::reconcilers::World MadeWorld() {
  using namespace fairlead;
  reconcilers::World world{reconcilers::WorldOptions{}};
  for (const char* object : kObjects) {
    const auto json = JsonDocument::Parse(object);
    const auto kind = json ? KindOf(json->root()) : std::nullopt;
    if (!kind) std::abort();
    const AnyObject parsed = ParseObject(*kind, json->root()).object;
    if (IsInvalid(parsed)) std::abort();
    world.Apply(parsed);
  }
  world.Drain();
  return world;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fairlead;
  static const reconcilers::World world = MadeWorld();
  static const webhooks::WorldView view(world);
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const webhooks::Answer answer = webhooks::AnswerReview(body, view);
  if (answer.body != webhooks::AnswerReview(body, view).body) std::abort();
  const auto reply = JsonDocument::Parse(answer.body);
  if (!reply) std::abort();
  const auto response = reply->root().Find("response");
  if (!response || !response->Find("allowed") || !response->Find("uid")) std::abort();
  const std::string_view uid = response->StringAt("uid");
  if (uid.size() > webhooks::kMaxUid || (answer.status == 200) != !uid.empty()) std::abort();
  const auto review = webhooks::ReadReview(body);
  if (uid != (review ? review->uid : review.error().uid)) std::abort();
  size_t total = 0;
  if (const auto warnings = response->Find("warnings")) {
    for (JsonNode warning : warnings->Items()) total += warning.AsString().size();
  }
  if (total > webhooks::kMaxWarnings) std::abort();
  return 0;
}
