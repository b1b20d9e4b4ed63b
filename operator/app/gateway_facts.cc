#include "operator/app/gateway_facts.h"

#include "operator/kube/discovery.h"

namespace fairlead::app {
namespace {

constexpr const char kRead[] = "read";

const kube::Resource& RouteResource() {
  static const kube::Resource kResource = kube::ResourceOf(Kind::kHTTPRoute);
  return kResource;
}

}  // namespace

GatewayFacts::GatewayFacts(kube::Client* client, runtime::Readiness* readiness, runtime::Log* log,
                           const Clock* clock)
    : client_(client),
      log_(log),
      queue_({}, clock),
      pending_(readiness->Wait("facts of the installed Gateway API")) {}

GatewayFacts::~GatewayFacts() { Stop(); }

void GatewayFacts::Start() {
  queue_.Add(kRead);
  worker_ = std::jthread([this](const std::stop_token& stop) {
    while (const std::optional<std::string> key = queue_.Take(stop)) queue_.Done(*key, Read(stop));
  });
}

void GatewayFacts::Stop() {
  queue_.ShutDown();
  worker_ = std::jthread();  // asks it to stop, and waits
}

void GatewayFacts::OnCrd(const std::string& name) {
  if (name == RouteResource().ToString()) queue_.Add(kRead);
}

std::optional<bool> GatewayFacts::route_retry() const {
  const Known known = retry_;
  return known == Known::kNot ? std::nullopt : std::optional(known == Known::kHas);
}

runtime::Outcome GatewayFacts::Read(const std::stop_token& stop) {
  const auto fields =
      kube::ReadCrdFields(*client_, RouteResource(), {"spec.rules[]", "spec.rules[].retry"}, stop);
  if (stop.stop_requested()) return runtime::Outcome::Ok();
  const bool served = fields && (*fields)[0];
  const Known before = retry_.exchange(!served ? Known::kNot : (*fields)[1] ? Known::kHas : Known::kLacks);
  if (served && before != retry_) {
    log_->Info("read what the installed Gateway API can say", {{"retry", (*fields)[1]}});
  }
  const bool absent = !fields && fields.error().error_class == ErrorClass::kNotFound;
  if (!fields && !absent) {
    log_->Warn("CRD of HTTPRoute not read", {{"error", fields.error().message}});
    if (fields.error().error_class != ErrorClass::kForbidden) return runtime::Outcome::Retry();
  }
  pending_.Done();
  return runtime::Outcome::Ok();
}

}  // namespace fairlead::app
