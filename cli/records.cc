#include "cli/records.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <tuple>

#include "cli/offline.h"
#include "crds/api/policy_common.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::cli {
namespace {

using api::PolicyChange;

const kube::Resource kRecords{std::string(api::kGroup), std::string(api::kVersion), "policychanges"};

void Add(const JsonNode& object, const std::string& place, RecordSource* out, const Output& output) {
  Result<PolicyChange> change = api::ParsePolicyChange(object);
  if (change) {
    out->records.push_back(*std::move(change));
  } else {
    output.err << place << ": " << output.PaintErr(Style::kYellow, "warning") << ": "
               << change.error().message << "\n";
  }
}

// All pages of a namespace, or of all where it is empty.
Result<void> ReadFrom(kube::Client& client, const std::string& ns, RecordSource* out, const Output& output) {
  std::string token;
  do {
    const Result<std::string> body = client.GetJson(
        kube::WithQuery(kube::CollectionPath(kRecords, ns), {{"limit", "500"}, {"continue", token}}));
    if (!body) return Unexpected(body.error());
    const Result<JsonDocument> page = JsonDocument::Parse(*body, kMaxListPage);
    if (!page) return Unexpected(page.error());
    if (const auto items = page->root().Find("items")) {
      for (const JsonNode item : items->Items()) Add(item, "cluster", out, output);
    }
    const auto meta = page->root().Find("metadata");
    token = meta ? std::string(meta->StringAt("continue")) : "";
  } while (!token.empty());
  return {};
}

Result<void> ReadCluster(const InputOptions& input, const std::string& ns, bool all, RecordSource* out,
                         const Output& output) {
  kube::Client& client = out->cluster->client();
  Error refused;
  if (all) {
    const Result<void> read = ReadFrom(client, "", out, output);
    if (read || read.error().error_class != ErrorClass::kForbidden) return read;
    out->records.clear();
    output.err << "cluster: " << output.PaintErr(Style::kYellow, "warning")
               << ": records may not be read in all namespaces; what follows is of " << ns << " and "
               << input.root_namespace << " as far as those may be read\n";
  }
  bool any = false;
  for (const std::string& here : std::set<std::string>{ns, input.root_namespace}) {
    const Result<void> read = ReadFrom(client, here, out, output);
    if (!read && read.error().error_class != ErrorClass::kForbidden) return read;
    if (!read && (here == ns || refused.message.empty())) refused = read.error();
    any = any || read.has_value();
  }
  if (!any) return Unexpected(refused);
  return {};
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

constexpr std::pair<std::string_view, Kind> kKinds[] = {{"rtp", Kind::kRetryTimeoutPolicy},
                                                        {"fop", Kind::kFailoverPolicy},
                                                        {"ws", Kind::kWorkspace},
                                                        {"wss", Kind::kWorkspaceSettings}};

// "kinds: retrytimeoutpolicy (rtp), …"
std::string KindsInWords() {
  std::string out = "kinds: ";
  for (const auto& [brief, kind] : kKinds)
    out += (out.ends_with(' ') ? "" : ", ") + Lower(ToString(kind)) + " (" + std::string(brief) + ")";
  return out;
}

std::optional<Kind> KindNamed(const std::string& word) {
  const std::string lower = Lower(word);
  for (const auto& [brief, kind] : kKinds) {
    if (lower == brief || lower == Lower(ToString(kind)) || lower == InfoOf(kind).plural) return kind;
  }
  return std::nullopt;
}

}  // namespace

Result<RecordSource> OpenRecords(const InputOptions& input, const std::string& ns, bool all,
                                 const Output& output) {
  RecordSource out;
  if (input.paths.empty()) {
    Result<std::unique_ptr<Cluster>> cluster =
        Cluster::Connect({.kubeconfig = input.kubeconfig, .context = input.context});
    if (!cluster) {
      return Unexpected(Error{cluster.error().error_class,
                              "no -f is given, and there is no cluster to read: " + cluster.error().message});
    }
    out.cluster = std::move(*cluster);
    out.ns = input.ns.empty() ? out.cluster->default_namespace() : input.ns;
    const Result<void> read = ReadCluster(input, ns.empty() ? out.ns : ns, all, &out, output);
    if (!read) return Unexpected(OfServer(*out.cluster, read.error()));
  } else {
    out.ns = input.ns.empty() ? "default" : input.ns;
    out.files = Load(input.paths, {.default_namespace = out.ns});
    PrintProblems(out.files, output);
    for (const LoadedForeign& record : out.files.records) {
      const Result<JsonDocument> document = JsonDocument::Parse(record.document.json, 16u << 20);
      if (document) Add(document->root(), record.file, &out, output);
    }
  }
  std::stable_sort(out.records.begin(), out.records.end(), [](const PolicyChange& a, const PolicyChange& b) {
    const auto age = [](const PolicyChange& c) {
      const bool deletion = c.operation == PolicyChange::Operation::kDelete;
      return std::tuple(c.at, c.object.generation, deletion, c.meta.created);
    };
    return age(b) < age(a);
  });
  return out;
}

Result<Json::Value> FindObject(RecordSource& source, const ObjectKey& key) {
  std::string text;
  if (source.cluster) {
    Result<std::string> body =
        source.cluster->client().GetJson(kube::ObjectName{kube::ResourceOf(key.kind), key.ns, key.name});
    if (!body && body.error().error_class == ErrorClass::kNotFound) return Json::Value();
    if (!body) return Unexpected(OfServer(*source.cluster, body.error()));
    text = *std::move(body);
  } else {
    const LoadedObject* found = source.files.Find(key);
    if (found == nullptr) return Json::Value();
    text = found->document.json;
  }
  const Result<JsonDocument> document = JsonDocument::Parse(text, 16u << 20);
  if (!document) return Unexpected(document.error());
  return ToJsonValue(document->root());
}

NoRecord WhyNoRecord(RecordSource& source, const std::string& what, const std::vector<ObjectKey>& objects) {
  std::string there;
  bool hidden = false;
  for (const ObjectKey& key : objects) {
    const Result<Json::Value> found = FindObject(source, key);
    hidden = hidden || !found;
    if (found && !found->isNull()) there += (there.empty() ? "" : " and ") + key.ToString();
  }
  const std::string in = source.cluster ? "in the cluster" : "in the input";
  const std::string none =
      source.records.empty() && !source.cluster ? "and no record at all" : "and no record of it";
  if (there.empty() && !hidden) return {true, "there is no " + what + " " + in + ", " + none};
  std::string message = "no change is recorded for " + (there.empty() ? what : there);
  if (there.empty()) message += ", and whether it exists cannot be read";
  if (source.records.empty())
    message += source.cluster ? ": there is no record at all where it would be; the operator keeps them with "
                                "--ledger"
                              : ": there is no record at all in the input";
  return {false, message};
}

std::string NoSuchKind(RecordSource& source, const PolicyName& policy) {
  const std::string& ns = policy.name.ns;
  if (policy.kind || ns.empty()) return "";
  if (source.cluster) {
    const Result<Json::Value> found = FindObject(source, {Kind::kNamespace, "", ns});
    if (!found || !found->isNull()) return "";
  }
  const auto in = [&ns](const std::string& other) { return other == ns; };
  for (const LoadedObject& object : source.files.objects) {
    const ObjectKey key = KeyOf(object.object);
    if (in(key.kind == Kind::kNamespace ? key.name : key.ns)) return "";
  }
  for (const PolicyChange& record : source.records) {
    if (in(record.object.ns)) return "";
  }
  return "\"" + ns + "/" + policy.name.name + "\": there is no kind " + ns + ", and no namespace " + ns +
         (source.cluster ? " in the cluster; " : " in the input; ") + KindsInWords();
}

Result<PolicyName> ParsePolicyName(const std::string& text, bool kindless) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  const bool whole = std::none_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); });
  PolicyName out;
  out.kind = parts.size() > 1 ? KindNamed(parts[0]) : std::nullopt;
  if (out.kind) parts.erase(parts.begin());
  const bool scoped = !out.kind || InfoOf(*out.kind).namespaced;
  if (!whole || parts.size() > (scoped ? 2 : 1) || (!out.kind && !kindless)) {
    return Unexpected(Error{ErrorClass::kInvalid, "\"" + text + "\" is not " +
                                                      (kindless ? "a name or " : "") +
                                                      "KIND/NAME or KIND/NAMESPACE/NAME; " + KindsInWords()});
  }
  out.name = {parts.size() == 2 ? parts[0] : "", parts.back()};
  return out;
}

std::vector<ObjectKey> ObjectsOf(const PolicyName& policy, const std::string& ns) {
  std::vector<ObjectKey> out;
  for (const auto& [brief, kind] : kKinds) {
    if (policy.kind && *policy.kind != kind) continue;
    const bool scoped = InfoOf(kind).namespaced;
    if (!scoped && !policy.name.ns.empty()) continue;
    out.push_back({kind, !scoped ? "" : policy.name.ns.empty() ? ns : policy.name.ns, policy.name.name});
  }
  return out;
}

std::string TitleOf(const PolicyName& policy, const std::string& ns) {
  const ObjectKey first = ObjectsOf(policy, ns).front();
  return policy.kind ? first.ToString() : "policy " + first.nn().ToString();
}

bool IsOf(const PolicyChange& change, const PolicyName& policy, const std::string& ns) {
  const KindInfo* kind = FindKind(api::kGroup, change.object.kind);
  if (kind == nullptr || (policy.kind && *policy.kind != kind->kind)) return false;
  if (change.object.name != policy.name.name) return false;
  if (!kind->namespaced) return policy.name.ns.empty();
  return change.object.ns == (policy.name.ns.empty() ? ns : policy.name.ns);
}

std::string TitleOf(const PolicyChange::Object& object) {
  return object.kind + " " + NamespacedName{object.ns, object.name}.ToString();
}

std::string WhoInWords(const PolicyChange& change) {
  std::string out = change.by.name;
  for (const std::string& user : change.also_asked) out += " or " + user;
  if (out.empty()) {
    out = change.evidence == PolicyChange::Evidence::kComparison ? "somebody (found later)"
                                                                 : "somebody (no webhook was asked)";
  }
  return change.through.empty() ? out : out + " through " + change.through;
}

void PrintChanges(const std::vector<PolicyChange::Field>& changes, const Output& output) {
  const auto shown = [](const std::string& value) { return value.empty() ? "(not set)" : value; };
  for (const PolicyChange::Field& change : changes) {
    output.out << "  " << change.field << "  " << output.Paint(Style::kRed, shown(change.from)) << " -> "
               << output.Paint(Style::kGreen, shown(change.to)) << "\n";
  }
}

}  // namespace fairlead::cli
