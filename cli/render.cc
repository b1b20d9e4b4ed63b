#include "reconcilers/render.h"

#include "cli/commands.h"
#include "cli/offline.h"
#include "cli/parallel.h"
#include "crds/base/json_write.h"
#include "reconcilers/istio/lower.h"
#include "reconcilers/lint.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/lower.h"
#include "reconcilers/waypoints/gateway.h"
#include "reconcilers/waypoints/plan.h"

namespace fairlead::cli {
namespace {

// A status as if every proxy that needs it had acknowledged: offline there are none that could lag.
Json::Value StatusDocument(const reconcilers::World& world, const ObjectKey& key) {
  api::ProxyCounts proxies;
  proxies.needed = proxies.programmed = static_cast<int>(world.WaypointsOf(key).size());
  const KindInfo& kind = InfoOf(key.kind);
  Json::Value out;
  out["apiVersion"] = std::string(kind.group) + "/" + std::string(kind.version);
  out["kind"] = std::string(kind.name);
  out["metadata"]["name"] = key.name;
  if (!key.ns.empty()) out["metadata"]["namespace"] = key.ns;
  out["status"] = api::ToJson(world.ObjectStatusOf(key, proxies).value_or(api::ObjectStatus()));
  return out;
}

// The effective model as YAML. Piece by piece, since the documents of a large folder would take ten times its
// size.
std::string EffectiveYaml(const reconcilers::World& world) {
  constexpr size_t kServices = 50;  // of a piece
  std::vector<ObjectKey> keys;
  for (const auto& [key, service] : world.services()) keys.push_back(key);
  std::vector<std::string> pieces((keys.size() + kServices - 1) / kServices);
  ForEachIndex(pieces.size(), [&](size_t piece) {
    const size_t end = std::min(keys.size(), (piece + 1) * kServices);
    for (size_t i = piece * kServices; i < end; ++i) {
      for (const Json::Value& document : reconcilers::RenderService(world, keys[i])) {
        pieces[piece] += (i == 0 ? "" : "---\n") + WriteYaml(document);
      }
    }
  });
  std::string out;
  for (const std::string& piece : pieces) out += piece;
  return out;
}

// What workspaces come to in objects of Kubernetes and Istio; a cluster takes these as they are.
std::vector<Json::Value> TenancyDocuments(const reconcilers::World& world) {
  std::vector<Json::Value> out;
  for (reconcilers::OwnedObject& owned : reconcilers::LowerTenancy(world.view()))
    out.push_back(std::move(owned.object));
  return out;
}

// Services get their label when their waypoint is ready; that is no object that one could apply.
void TellMoves(const Offline& offline, const Output& output) {
  for (const auto& [ns, plan] : offline.world.view().waypoint_plans.by_namespace) {
    for (const auto& [service, stand] : plan.services) {
      const std::string what = reconcilers::MoveInWords(service, stand);
      if (!what.empty()) output.err << "note: " << what << "\n";
    }
  }
}

// What is accepted and does nothing has no place in the lowered objects, and most of it no status.
void TellNotCarriedOut(const Offline& offline, const Output& output) {
  for (const reconcilers::Finding& finding : reconcilers::Lint(offline.world)) {
    if (finding.code != reconcilers::LintCode::kNotCarriedOut) continue;
    const LoadedObject* object = offline.loaded.Find(finding.object);
    const std::string place =
        object == nullptr
            ? ""
            : object->file + ":" + std::to_string(object->document.LineOf(finding.field)) + ": ";
    output.err << place << output.PaintErr(StyleOf(finding.severity), reconcilers::ToString(finding.severity))
               << " " << reconcilers::ToString(finding.code) << ": " << finding.object.ToString() << ": "
               << (finding.field.empty() ? "" : finding.field + ": ") << finding.message << "\n";
  }
}

}  // namespace

int Render(const RenderOptions& options, const Output& output) {
  const Result<Offline> read = Read(options.input);
  if (!read) return Fail(read.error(), output);
  const Offline& offline = *read;
  PrintProblems(offline.loaded, output);
  if (!options.input.istio_mode && !options.with_status && options.format == Format::kYaml) {
    std::string text = EffectiveYaml(offline.world);
    for (const Json::Value& document : TenancyDocuments(offline.world))
      text += (text.empty() ? "" : "---\n") + WriteYaml(document);
    output.out << text;
    return offline.loaded.HasErrors() ? kExitFindings : kExitGood;
  }
  std::vector<Json::Value> documents = options.input.istio_mode
                                           ? reconcilers::istiod::LowerToIstio(offline.world)
                                           : reconcilers::RenderEffective(offline.world);
  for (Json::Value& document : TenancyDocuments(offline.world)) documents.push_back(std::move(document));
  for (reconcilers::OwnedObject& gateway : reconcilers::LowerWaypoints(offline.world.view()))
    documents.push_back(std::move(gateway.object));
  TellMoves(offline, output);
  if (options.with_status) {
    for (const auto& keys : {offline.world.policies(), offline.world.TenancyObjects()}) {
      for (const ObjectKey& key : keys) documents.push_back(StatusDocument(offline.world, key));
    }
    TellNotCarriedOut(offline, output);
  }
  if (options.format == Format::kJson) {
    Json::Value list;
    list["apiVersion"] = "v1";
    list["kind"] = "List";
    list["items"] = Json::Value(Json::arrayValue);
    for (Json::Value& document : documents) list["items"].append(std::move(document));
    Print(list, options.format, output);
  } else {
    output.out << WriteYaml(documents);
  }
  return offline.loaded.HasErrors() ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
