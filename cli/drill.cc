// fairleadctl failover drill: takes a locality out for a time, at the proxies alone.
//
// The drill is a field of the policy, so who may start one is who may write that field, and nothing here has
// to live on for it to end. What it would do is rehearsed first, by the judgement of the operator itself.
#include "cli/drill.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/offline.h"
#include "cli/remotes.h"
#include "crds/base/clock.h"
#include "crds/base/duration.h"
#include "crds/base/json_write.h"
#include "reconcilers/failover/rehearsal.h"

namespace fairlead::cli {
namespace {

namespace failover = reconcilers::failover;

constexpr char kManager[] = "fairleadctl";

Result<Duration> ReadLength(const std::string& text) {
  const Result<Duration> length = Duration::Parse(text);
  if (!length) return length;
  if (*length < Duration::Seconds(1) || Duration::Seconds(api::FailoverDrill::kLongest) < *length)
    return Unexpected(Error{ErrorClass::kInvalid, "a drill takes 1s to 24h"});
  return length;
}

Ptr<api::FailoverPolicy> PolicyOf(const reconcilers::World& world, const ObjectKey& key) {
  const auto object = world.Find(key);
  const auto* policy = object ? std::get_if<Ptr<api::FailoverPolicy>>(&*object) : nullptr;
  return policy == nullptr ? nullptr : *policy;
}

// With null for what is not asked for, so that nothing of another drill is left.
std::string PatchOf(const api::FailoverDrill& drill) {
  Json::Value patch;
  Json::Value& to = patch["spec"]["drill"] = api::ToJson(drill);
  for (const char* member : {"cluster", "region", "zone"}) {
    if (!to["down"].isMember(member)) to["down"][member] = Json::Value();
  }
  if (!to.isMember("services")) to["services"] = Json::Value();
  return WriteJson(patch);
}

std::string NameOf(const api::FailoverSource& source) {
  std::string out = std::string(ToString(source.kind)) + " " + source.ns + "/" + source.name;
  for (size_t i = 0; i < source.ports.size(); ++i)
    out += (i == 0 ? ":" : ",") + std::to_string(source.ports[i]);
  return out;
}

bool SameShares(const api::FailoverSource& a, const api::FailoverSource& b) {
  return a.unserved == b.unserved &&
         std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                    [](const auto& x, const auto& y) { return x.percent == y.percent; });
}

// Where it changes something, seen from each place.
void PrintShares(const std::vector<api::FailoverSource>& before, const std::vector<api::FailoverSource>& then,
                 const Output& output) {
  constexpr size_t kMost = 32;
  size_t changed = 0;
  for (const api::FailoverSource& source : then) {
    const auto was = std::find_if(before.begin(), before.end(),
                                  [&](const api::FailoverSource& other) { return SameView(other, source); });
    if (was == before.end() || SameShares(*was, source) || ++changed > kMost) continue;
    output.out << NameOf(source) << " from " << failover::ToString(source.from) << "\n";
    for (size_t s = 0; s < source.steps.size() && s < was->steps.size(); ++s) {
      output.out << "  " << s + 1 << ". " << source.steps[s].to << ": " << was->steps[s].percent << " % -> "
                 << source.steps[s].percent << " %\n";
    }
    if (source.unserved > 0)
      output.out << "  " << source.unserved << " % of the requests would be answered 503\n";
  }
  if (changed > kMost) output.out << "and " << changed - kMost << " more\n";
  if (changed == 0) output.out << "no request goes there now\n";
}

// The operator's words name fields, which are flags here.
std::string WithFlag(const std::string& message) {
  constexpr std::pair<const char*, const char*> kFlags[] = {
      {"spec.drill.force", "--force"}, {"spec.drill.services", "--service"}, {"spec.drill.until", "--for"}};
  for (const auto& [field, flag] : kFlags) {
    if (message.find(field) != message.npos) return message + " (on the command line: " + flag + ")";
  }
  return message;
}

// True: it would run. What it would do is printed.
bool Rehearse(const ObjectKey& key, const api::FailoverPolicy& policy, const api::FailoverDrill& drill,
              Timestamp now, reconcilers::World* world, const Output& output) {
  const std::vector<api::FailoverSource> before = world->FailoverSources(key);
  auto drilled = std::make_shared<api::FailoverPolicy>(policy);
  drilled->drill = drill;
  drilled->status.reset();
  ++drilled->meta.generation;
  world->SetNow(now);
  world->Apply(Ptr<api::FailoverPolicy>(std::move(drilled)));
  world->Drain();
  const std::optional<api::DrillStatus> status = world->StatusOf(key, {}).failover.drill;
  if (!status || status->state != "Running") {
    output.err << "fairleadctl: refused: "
               << (status ? WithFlag(status->message) : "the policy has no effect") << "\n";
    TellUnread(*world, key, output);
    return false;
  }
  output.out << status->message << "\n";
  PrintShares(before, world->FailoverSources(key), output);
  return true;
}

Result<kube::Written> Patch(const DrillOptions& options, Cluster& cluster, const NamespacedName& policy,
                            const std::string& patch, const Output& output) {
  const kube::ObjectName name{kube::ResourceOf(Kind::kFailoverPolicy), policy.ns, policy.name};
  Result<kube::Written> written = cluster.client().MergePatch(name, patch, "", kManager);
  if (written) {
    for (const std::string& warning : written->warnings)
      output.err << output.PaintErr(Style::kYellow, "warning") << ": " << warning << "\n";
  } else if (written.error().error_class == ErrorClass::kNotFound) {
    return Unexpected(
        Error{ErrorClass::kNotFound,
              "there is no FailoverPolicy " + policy.ToString() +
                  (options.policy.find('/') == std::string::npos ? ": give its namespace by -n" : "")});
  } else {
    return Unexpected(OfServer(cluster, written.error()));
  }
  return written;
}

int TellMissing(const reconcilers::World& world, const ObjectKey& key, const Output& output) {
  if (world.Find(key)) return Fail(Error{ErrorClass::kInvalid, key.ToString() + " cannot be read"}, output);
  return Fail(Error{ErrorClass::kNotFound, "there is no " + key.ToString()}, output);
}

// The cluster that is written to, and the namespace of names without one.
Result<std::unique_ptr<Cluster>> ConnectTo(const InputOptions& input) {
  return Cluster::Connect({.kubeconfig = input.kubeconfig, .context = input.context});
}

}  // namespace

int StartDrill(const DrillOptions& options, const Output& output) {
  const Result<failover::Outage> outage = failover::ParseOutage(options.down);
  if (!outage) return Misused("--down: " + outage.error().message, output);
  if (outage->of == failover::Outage::Of::kService)
    return Misused("--down: a drill takes out a zone, a region or a cluster", output);
  const Result<Duration> length = ReadLength(options.length);
  if (!length) return Misused("--for: " + length.error().message, output);
  if (const auto good = CheckRemotes(options.input); !good) return Misused(good.error().message, output);

  Result<Offline> read = Read(options.input, {.name = options.policy, .kinds = {}});
  if (!read) return Fail(read.error(), output);
  PrintProblems(read->loaded, output);
  const NamespacedName name = ParseName(options.policy, read->ns);
  const ObjectKey key{Kind::kFailoverPolicy, name.ns, name.name};
  const Ptr<api::FailoverPolicy> policy = PolicyOf(read->world, key);
  if (policy == nullptr) return TellMissing(read->world, key, output);
  if (const std::string problem = failover::ProblemOf(read->world, *outage); !problem.empty()) {
    output.err << "fairleadctl: --down: " << problem << "\n";
    return kExitFindings;
  }
  // Files have no time: what is printed of them is always the same.
  const Timestamp now = read->cluster ? Clock::System().WallNow() : Timestamp{1};
  api::FailoverDrill drill{outage->place, options.services, options.weight,
                           Timestamp{now.seconds + length->milliseconds() / 1000}, options.force};
  if (!Rehearse(key, *policy, drill, now, &read->world, output)) return kExitFindings;
  if (!read->cluster) {
    output.out << "files are only rehearsed: without -f it is started in the cluster\n";
    return read->loaded.HasErrors() ? kExitFindings : kExitGood;
  }
  drill.until.seconds = Clock::System().WallNow().seconds + length->milliseconds() / 1000;
  const Result<kube::Written> written = Patch(options, *read->cluster, name, PatchOf(drill), output);
  if (!written) return Fail(written.error(), output);
  output.out << "started, until " << drill.until.ToString()
             << "; ends by itself, or by: fairleadctl failover drill stop " << name.ToString() << std::endl;
  if (!options.watch) return kExitGood;
  return FollowDrill(*read->cluster, name, written->generation, drill.until, output);
}

int StopDrill(const DrillOptions& options, const Output& output) {
  Result<std::unique_ptr<Cluster>> cluster = ConnectTo(options.input);
  if (!cluster) return Fail(cluster.error(), output);
  const std::string ns = options.input.ns.empty() ? (*cluster)->default_namespace() : options.input.ns;
  const NamespacedName name = ParseName(options.policy, ns);
  const Result<kube::Written> written = Patch(options, **cluster, name, R"({"spec":{"drill":null}})", output);
  if (!written) return Fail(written.error(), output);
  output.out << "FailoverPolicy " << name.ToString() << " has no drill now\n";
  return kExitGood;
}

int DrillStatus(const DrillOptions& options, const Output& output) {
  const Result<Offline> read =
      Read(options.input, {.name = options.policy, .kinds = {Kind::kFailoverPolicy}});
  if (!read) return Fail(read.error(), output);
  PrintProblems(read->loaded, output);
  const Timestamp now = read->cluster ? Clock::System().WallNow() : Timestamp();
  const NamespacedName name = ParseName(options.policy, read->ns);
  if (const ObjectKey key{Kind::kFailoverPolicy, name.ns, name.name};
      !options.policy.empty() && PolicyOf(read->world, key) == nullptr)
    return TellMissing(read->world, key, output);
  bool any = false, refused = false;
  for (const ObjectKey& key : read->world.policies()) {
    const Ptr<api::FailoverPolicy> policy = PolicyOf(read->world, key);
    if (policy == nullptr || (!options.policy.empty() && key.nn() != name)) continue;
    any = any || policy->drill;
    output.out << DrillText(*policy, now);
    refused = refused || (policy->status && policy->status->failover.drill &&
                          policy->status->failover.drill->state == "Refused");
  }
  const bool errors = read->loaded.HasErrors();
  if (!any) output.out << (errors ? "no drill in what can be read\n" : "no drill\n");
  return refused || errors ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
