#include "cli/remotes.h"

#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "crds/base/names.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/store/remotes.h"

namespace fairlead::cli {
namespace {

constexpr size_t kMaxClusters = 32;  // as the operator joins

Unexpected<Error> Wrong(const std::string& text, const std::string& why) {
  return Unexpected(Error{ErrorClass::kInvalid, "--remote " + text + ": " + why});
}

// By name, where each is; the values of one that was given without are empty.
using Places = std::map<std::string, std::vector<std::string>>;

Result<Places> PlacesOf(const InputOptions& input) {
  Places out;
  for (const std::string& text : input.remotes) {
    const size_t sign = text.find('=');
    const std::string name = text.substr(0, sign);
    const std::string where = sign == std::string::npos ? "" : text.substr(sign + 1);
    if (name == input.cluster_name)
      return Wrong(text, name + " is what this cluster itself is called (--cluster-name)");
    if (const std::string must = CheckDnsLabel(name); !must.empty())
      return Wrong(text, "the name of a cluster " + must);
    if (sign != std::string::npos && where.empty()) return Wrong(text, "nothing follows the sign");
    std::vector<std::string>& places = out[name];
    if (!input.paths.empty()) {
      if (where.empty()) return Wrong(text, "beside -f a file or folder is needed: " + name + "=FILE");
      if (where == "-") return Wrong(text, "standard input is for -f");
    } else if (!places.empty()) {
      return Wrong(text, "the cluster was given before, as context " + places.front());
    }
    places.push_back(where.empty() ? name : where);
    if (out.size() > kMaxClusters)
      return Wrong(text, "at most " + std::to_string(kMaxClusters) + " clusters are joined");
  }
  return out;
}

Result<Loaded> ReadContext(const InputOptions& input, const std::string& context) {
  Result<std::unique_ptr<Cluster>> cluster =
      Cluster::Connect({.kubeconfig = input.kubeconfig, .context = context});
  if (!cluster) return Unexpected(cluster.error());
  std::vector<Kind> kinds;
  for (const Kind kind : {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode, Kind::kNamespace})
    if (reconcilers::Remotes::IsRead(kind)) kinds.push_back(kind);
  Result<Loaded> loaded =
      (*cluster)->Load({.ns = input.ns, .root_namespace = input.root_namespace, .kinds = kinds});
  if (!loaded) return Unexpected(OfServer(**cluster, loaded.error()));
  return loaded;
}

}  // namespace

Result<void> CheckRemotes(const InputOptions& input) {
  const Result<Places> places = PlacesOf(input);
  if (!places) return Unexpected(places.error());
  return {};
}

Result<void> ReadRemotes(const InputOptions& input, Offline* to) {
  const Result<Places> places = PlacesOf(input);
  if (!places) return Unexpected(places.error());
  for (const auto& [name, where] : *places) {
    Result<Loaded> loaded = input.paths.empty() ? ReadContext(input, where.front()) : Load(where, {});
    if (!loaded) return Wrong(name, loaded.error().message);
    for (const LoadedObject& object : loaded->objects) to->world.ApplyRemote(name, object.object);
    to->world.SetRemoteState(name, {reconcilers::RemoteState::kFresh, {}, ""});
    std::move(loaded->problems.begin(), loaded->problems.end(), std::back_inserter(to->loaded.problems));
    for (Unread& unread : loaded->unread) {
      unread.why = "cluster " + name + ": " + unread.why;
      to->loaded.unread.push_back(std::move(unread));
    }
  }
  return {};
}

void TellUnread(const reconcilers::World& world, const ObjectKey& policy, const Output& output) {
  const reconcilers::View& view = world.view();
  const auto in_force = view.tables.Get<api::FailoverPolicy>(policy.nn());
  if (in_force == nullptr) return;
  std::set<std::string> known = {"", view.options.cluster_name};
  for (const auto& [name, cluster] : view.remotes.clusters()) known.insert(name);
  for (const api::Locality& place : reconcilers::failover::KnownPlaces(view)) known.insert(place.cluster);
  std::set<std::string> unread;
  for (const api::LocalityRule& rule : in_force->localities) {
    for (const api::FailoverStep& step : rule.steps) {
      for (const auto& to : step.to) {
        if (!known.contains(to.locality.cluster)) unread.insert(to.locality.cluster);
      }
    }
  }
  if (unread.empty()) return;
  const std::string names = reconcilers::JoinBounded({unread.begin(), unread.end()}, ", ");
  output.err << "fairleadctl: " << policy.ToString() << " names "
             << (unread.size() == 1 ? "cluster " : "clusters ") << names << ", which "
             << (unread.size() == 1 ? "is not read here, and counts" : "are not read here, and count")
             << " as if nothing were there: give each by --remote, as in --remote " << *unread.begin()
             << "\n";
}

}  // namespace fairlead::cli
