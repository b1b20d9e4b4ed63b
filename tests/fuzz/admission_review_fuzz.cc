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

namespace {

// One workspace, so that objects of others have something to reach.
class ShopView final : public fairlead::webhooks::NoView {
 public:
  ShopView() {
    using namespace fairlead;
    constexpr char kShop[] =
        R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"Workspace","metadata":{"name":"shop"},
"spec":{"namespaces":[{"names":["shop"]},{"selector":{"matchLabels":{"team":"shop"}}}]}})";
    world_.Apply(ParseObject(Kind::kWorkspace, JsonDocument::Parse(kShop)->root()).object);
    constexpr char kNamespace[] = R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop",
"labels":{"istio.io/dataplane-mode":"ambient"}}})";
    world_.Apply(ParseObject(Kind::kNamespace, JsonDocument::Parse(kNamespace)->root()).object);
    world_.Drain();
  }
  std::optional<fairlead::reconcilers::ForeignRuling> OnForeign(
      const fairlead::reconcilers::ForeignChange& change) const override {
    return fairlead::reconcilers::JudgeForeign(world_.view(), change);
  }

 private:
  fairlead::reconcilers::World world_{fairlead::reconcilers::WorldOptions{}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fairlead;
  static const ShopView view;
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
