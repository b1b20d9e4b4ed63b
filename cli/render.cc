#include "reconcilers/render.h"

#include "cli/commands.h"
#include "cli/offline.h"
#include "crds/base/json_write.h"
#include "reconcilers/istio/lower.h"
#include "reconcilers/lint.h"

namespace fairlead::cli {
namespace {

// A policy's status as if every proxy that needs it had acknowledged: offline there are none that could lag.
Json::Value StatusDocument(const reconcilers::World& world, const ObjectKey& key) {
  api::ProxyCounts proxies;
  proxies.needed = proxies.programmed = static_cast<int>(world.WaypointsOf(key).size());
  const KindInfo& kind = InfoOf(key.kind);
  Json::Value out;
  out["apiVersion"] = std::string(kind.group) + "/" + std::string(kind.version);
  out["kind"] = std::string(kind.name);
  out["metadata"]["name"] = key.name;
  out["metadata"]["namespace"] = key.ns;
  out["status"] = api::ToJson(world.StatusOf(key, proxies));
  return out;
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
  const Offline offline = Read(options.input);
  PrintProblems(offline.loaded, output);
  std::vector<Json::Value> documents = options.input.istio_mode
                                           ? reconcilers::istiod::LowerToIstio(offline.world)
                                           : reconcilers::RenderEffective(offline.world);
  if (options.with_status) {
    for (const ObjectKey& key : offline.world.policies())
      documents.push_back(StatusDocument(offline.world, key));
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
