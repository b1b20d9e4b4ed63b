#include <algorithm>

#include "cli/commands.h"
#include "cli/offline.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/rights/change.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/words.h"

namespace fairlead::cli {
namespace {

using reconcilers::Caller;
using reconcilers::Ruling;

Unexpected<Error> Wrong(std::string what) { return Unexpected(Error{ErrorClass::kInvalid, std::move(what)}); }

// "spec.retries.attempts=5"; nothing behind the sign takes the field away.
struct Assignment {
  std::string text, path;
  std::optional<Json::Value> value;
};

Result<Assignment> ParseAssignment(const std::string& text) {
  const auto wrong = [&](const std::string& what) { return Wrong("--field " + text + ": " + what); };
  const size_t sign = text.find('=');
  if (sign == std::string::npos || !text.starts_with("spec.")) return wrong("must be spec.PATH=VALUE");
  Assignment out{text, text.substr(0, sign), {}};
  if (sign + 1 == text.size()) return out;
  const Result<std::vector<YamlDocument>> documents = ParseYaml("value: " + text.substr(sign + 1));
  if (!documents) return wrong(documents.error().message);
  if (documents->size() != 1) return wrong("must be one value, as in YAML");
  const Result<JsonDocument> value = JsonDocument::Parse(documents->front().json);
  if (!value) return wrong(value.error().message);
  out.value = ToJsonValue(value->root())["value"];
  return out;
}

Result<void> SetField(const Assignment& field, Json::Value* object) {
  Json::Value* at = object;
  std::string path = field.path;
  for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
    at = &(*at)[path.substr(0, dot)];
    if (!at->isNull() && !at->isObject())
      return Wrong("--field " + field.text + ": \"" + path.substr(0, dot) + "\" is not an object");
    path = path.substr(dot + 1);
  }
  if (field.value) {
    (*at)[path] = *field.value;
  } else if (at->isObject()) {
    at->removeMember(path);
  }
  return {};
}

struct Question {
  Kind kind;
  NamespacedName name;
  std::vector<Assignment> fields;

  ObjectKey key() const { return {kind, name.ns, name.name}; }
};

// "rtp/ratings", "retrytimeoutpolicies/ratings", "RetryTimeoutPolicy/shop/ratings"
Result<Question> ParseObjectOf(const std::string& text) {
  static const std::pair<const char*, Kind> names[] = {
      {"rtp", Kind::kRetryTimeoutPolicy}, {"fop", Kind::kFailoverPolicy}, {"wss", Kind::kWorkspaceSettings}};
  const size_t slash = std::min(text.find('/'), text.size());
  std::string word = text.substr(0, slash);
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& [brief, kind] : names) {
    std::string singular(ToString(kind));
    for (char& c : singular) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (word != brief && word != singular && word != InfoOf(kind).plural) continue;
    if (slash + 1 >= text.size()) break;
    return Question{kind, ParseName(text.substr(slash + 1), ""), {}};
  }
  return Wrong("\"" + text +
               "\" is not KIND/NAME with a kind whose fields roles grant: "
               "retrytimeoutpolicy (rtp), failoverpolicy (fop), workspacesettings (wss)");
}

constexpr const char kSayWhat[] = "say by --field what is to change, as in spec.retries.attempts=5";

// What is asked; nullopt: for the list. An error: the command line is wrong.
Result<std::optional<Question>> ParseQuestion(const CanIOptions& options) {
  if (options.list) {
    if (!options.verb.empty() || !options.fields.empty())
      return Wrong("--list is of all that is granted: it takes no verb, no object and no --field");
    return std::optional<Question>();
  }
  if (options.verb.empty() || options.object.empty())
    return Wrong("can-i needs a verb and an object, as in `can-i update rtp/ratings`, or --list");
  Result<Question> question = ParseObjectOf(options.object);
  if (!question) return Unexpected(question.error());
  for (const std::string& text : options.fields) {
    Result<Assignment> field = ParseAssignment(text);
    if (!field) return Unexpected(field.error());
    question->fields.push_back(*std::move(field));
  }
  if (options.verb == "update" && options.fields.empty()) return Wrong(kSayWhat);
  if (options.verb == "delete" && !options.fields.empty())
    return Wrong("--field is for create and update: a deletion takes the whole object");
  return std::optional<Question>(*std::move(question));
}

// The object with the fields set; of one that is not there, a new one.
Result<ParsedObject> WithFields(const Question& question, const AnyObject* base) {
  Json::Value object;
  if (base != nullptr) {
    std::visit(
        [&](const auto& ptr) {
          if constexpr (requires { ToJson(*ptr); }) object = ToJson(*ptr);
        },
        *base);
    object.removeMember("status");
  } else {
    const KindInfo& info = InfoOf(question.kind);
    object["apiVersion"] = std::string(info.group) + "/" + std::string(info.version);
    object["kind"] = std::string(info.name);
    object["metadata"]["name"] = question.name.name;
    object["metadata"]["namespace"] = question.name.ns;
  }
  for (const Assignment& field : question.fields) {
    if (Result<void> r = SetField(field, &object); !r) return Unexpected(r.error());
  }
  const Result<JsonDocument> document = JsonDocument::Parse(WriteJson(object));
  if (!document) return Unexpected(document.error());
  return ParseObject(question.kind, document->root());
}

std::string BoundInWords(const std::string& path, const api::Bound& bound) {
  return path + (bound.min ? " from " + *bound.min : "") + (bound.max ? " up to " + *bound.max : "");
}

template <class T>
std::string Joined(const std::vector<T>& items) {
  std::string out;
  for (const T& item : items) out += (out.empty() ? "" : ", ") + std::string(item);
  return out;
}

std::string InWords(const api::Grant& grant) {
  std::string out =
      Joined(grant.kinds) + ": " + (grant.fields.empty() ? "every field" : Joined(grant.fields));
  if (grant.targets) out += "; targets that match " + reconcilers::InWords(*grant.targets);
  if (!grant.namespaces.empty()) out += "; in " + Joined(grant.namespaces);
  for (const auto& [path, bound] : grant.bounds) out += "; " + BoundInWords(path, bound);
  for (const api::Scope scope : grant.scopes) out += "; scope " + std::string(api::ToString(scope));
  return out + (grant.override_mode ? "; mode Override" : "");
}

Json::Value ListAsJson(const api::Workspace& workspace, const Caller& caller) {
  Json::Value out(Json::objectValue);
  out["workspace"] = workspace.meta.name;
  out["roles"] = Json::Value(Json::arrayValue);
  const Json::Value roles = api::ToJson(workspace)["spec"]["roles"];
  for (Json::ArrayIndex i = 0; i < roles.size(); ++i) {
    const auto& subjects = workspace.roles[i].subjects;
    if (std::any_of(subjects.begin(), subjects.end(), [&](const auto& s) { return IsSubject(s, caller); }))
      out["roles"].append(roles[i]);
  }
  return out;
}

int List(const api::Workspace& workspace, const Caller& caller, Format format, const Output& output) {
  if (format != Format::kText) {
    Print(ListAsJson(workspace, caller), format, output);
    return kExitGood;
  }
  output.out << "workspace " << workspace.meta.name << "\n";
  if (workspace.roles.empty()) output.out << "  it has no roles: Kubernetes' RBAC alone decides\n";
  bool any = workspace.roles.empty();
  for (const api::WorkspaceRole& role : workspace.roles) {
    if (std::none_of(role.subjects.begin(), role.subjects.end(),
                     [&](const auto& s) { return IsSubject(s, caller); }))
      continue;
    any = true;
    output.out << "  " << output.Paint(Style::kBold, role.name) << "\n";
    for (const api::Grant& grant : role.allow) output.out << "    " << InWords(grant) << "\n";
  }
  if (!any) output.out << "  no role has " << caller.user << " or one of the groups as subject\n";
  return kExitGood;
}

int Answer(const Ruling& ruling, Format format, const Output& output) {
  if (format == Format::kText) {
    output.out << (ruling.allowed ? output.Paint(Style::kGreen, "yes") : output.Paint(Style::kRed, "no"));
    if (ruling.allowed) output.out << ": " << ruling.rule;
    if (!ruling.message.empty())
      output.out << (ruling.allowed ? " (" + ruling.message + ")" : ": " + ruling.message);
    output.out << "\n";
  } else {
    Json::Value value;
    value["allowed"] = ruling.allowed;
    value["rule"] = ruling.rule;
    if (!ruling.message.empty()) value["message"] = ruling.message;
    Print(value, format, output);
  }
  return ruling.allowed ? kExitGood : kExitFindings;
}

Result<Ruling> Ask(const CanIOptions& options, const reconcilers::View& view, const api::Workspace& workspace,
                   const Caller& caller, const Question& question) {
  const AnyObject* there = view.tables.Find(question.key());
  if (options.verb != "create" && there == nullptr)
    return Wrong("there is no " + question.key().ToString() + " in the input");
  std::optional<ParsedObject> after;
  if (options.verb == "create" && question.fields.empty()) {
    after = ParsedObject{*there, {}};
  } else if (options.verb != "delete") {
    Result<ParsedObject> made = WithFields(question, options.verb == "create" ? nullptr : there);
    if (!made) return Unexpected(made.error());
    if (const auto* invalid = std::get_if<Ptr<Invalid>>(&made->object)) {
      std::string text = "nobody can, since it would not be valid:";
      for (const FieldError& error : (*invalid)->errors) text += "\n  " + error.ToString();
      return Wrong(text);
    }
    after = std::move(*made);
  }
  const auto labels_of = [&view](const ObjectKey& target) {
    const ObjectMeta* meta = view.tables.MetaOf(target);
    return meta == nullptr ? std::nullopt : std::optional(meta->labels);
  };
  return reconcilers::Judge(workspace, caller,
                            reconcilers::ChangeOf(options.verb == "create" ? nullptr : there,
                                                  after ? &after->object : nullptr, labels_of));
}

// What the answer depends on: who is in which workspace, what is there, and the labels of its targets.
const std::vector<Kind> kDecisive = {
    Kind::kWorkspace,      Kind::kWorkspaceSettings, Kind::kRetryTimeoutPolicy,
    Kind::kFailoverPolicy, Kind::kNamespace,         Kind::kService,
    Kind::kServiceEntry,   Kind::kHTTPRoute,         Kind::kGRPCRoute};

// Who asks: --as, or against a cluster whoever the API server takes us for.
Result<Caller> CallerOf(const CanIOptions& options, const Offline& offline) {
  Identity who{options.user, options.groups};
  if (who.user.empty()) {
    Result<Identity> self = offline.cluster->WhoAmI();
    if (!self) return Unexpected(OfServer(*offline.cluster, self.error()));
    who = std::move(*self);
  }
  const bool administrator = reconcilers::IsAdministrator(who.groups, options.input.break_glass_groups);
  return Caller{std::move(who.user), std::move(who.groups), administrator};
}

// What is broken and could make it another answer, each once. Of files that is everything: nobody knows what
// a broken one was to say. Of a cluster, which holds objects of many, it is what the question is about.
std::vector<std::string> BrokenFor(const Offline& offline, const std::optional<Question>& question,
                                   const std::string& ns) {
  std::vector<std::string> out;
  const auto add = [&out](const std::string& name) {
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  if (!offline.cluster) {
    for (const Problem& p : offline.loaded.problems) {
      if (p.severity() == reconcilers::Severity::kError) add(p.object.empty() ? p.Place() : p.object);
    }
    return out;
  }
  for (const LoadedObject& object : offline.loaded.objects) {
    if (!IsInvalid(object.object)) continue;
    const ObjectKey key = KeyOf(object.object);
    if (key.kind == Kind::kWorkspace || key == ObjectKey{Kind::kNamespace, "", ns} ||
        (question && key == question->key()))
      add(key.ToString());
  }
  return out;
}

// Where something that decides cannot be read, there is no answer rather than a wrong one.
Result<void> EnoughIsKnown(const Offline& offline, const std::optional<Question>& question,
                           const std::string& ns) {
  const std::vector<std::string> broken = BrokenFor(offline, question, ns);
  if (!broken.empty())
    return Wrong("no answer, since " + reconcilers::JoinBounded(broken, ", ") + " cannot be read");
  for (const Unread& unread : offline.loaded.unread) {
    if (unread.kind != Kind::kWorkspace && (unread.kind != Kind::kNamespace || unread.ns != ns)) continue;
    return Unexpected(
        Error{ErrorClass::kForbidden, "no answer, since " + kube::ResourceOf(unread.kind).ToString() +
                                          " may not be read; ask whoever may, or answer from files with -f"});
  }
  return {};
}

// What Kubernetes' own rights say, which count besides the roles of the workspace.
Result<Ruling> NativeRuling(const CanIOptions& options, const Offline& offline, const Caller& caller,
                            const std::optional<Question>& question) {
  if (!offline.cluster || !question) return Ruling{true, "", ""};
  Identity who{caller.user, caller.groups};
  if (std::find(who.groups.begin(), who.groups.end(), "system:authenticated") == who.groups.end())
    who.groups.emplace_back("system:authenticated");  // as the API server adds it to whoever is impersonated
  const ObjectKey key = question->key();
  const Result<Cluster::Access> access =
      offline.cluster->MayDo(options.user.empty() ? nullptr : &who, options.verb, key);
  if (!access) return Unexpected(access.error());
  if (access->allowed) return Ruling{true, "rbac", access->reason};
  return Ruling{false, "rbac",
                "Kubernetes' own rights (RBAC) do not let " + caller.user + " " + options.verb + " " +
                    std::string(InfoOf(key.kind).plural) + " in namespace " + key.ns +
                    (access->reason.empty() ? "" : ": " + access->reason)};
}

// The workspace's roles, after Kubernetes' own rights had nothing against it.
int Decide(const CanIOptions& options, const Offline& offline, const Caller& caller,
           const std::optional<Question>& question, const Output& output) {
  const reconcilers::View& view = offline.world.view();
  const std::string& ns = question ? question->name.ns : offline.ns;
  const Ptr<api::Workspace> workspace =
      view.tables.Get<api::Workspace>({"", view.membership.WorkspaceOf(ns)});
  if (workspace == nullptr) {
    if (!question) {
      output.out << "namespace " << ns << " is in no workspace: Kubernetes' RBAC alone decides\n";
      return kExitGood;
    }
    return Answer({true, "no-workspace", "namespace " + ns + " is in none: Kubernetes' RBAC alone decides"},
                  options.format, output);
  }
  if (!question) return List(*workspace, caller, options.format, output);
  const Result<Ruling> ruling = Ask(options, view, *workspace, caller, *question);
  return ruling ? Answer(*ruling, options.format, output) : Fail(ruling.error(), output);
}

}  // namespace

int CanI(const CanIOptions& options, const Output& output) {
  Result<std::optional<Question>> parsed = ParseQuestion(options);
  if (!parsed) return Misused(parsed.error().message, output);
  std::optional<Question> question = *std::move(parsed);
  if (options.user.empty() && !options.input.paths.empty())
    return Misused("--as is required with -f: files do not say who asks", output);
  if (options.user.empty() && !options.groups.empty()) return Misused("--as-group needs --as", output);
  const Result<Offline> read =
      Read(options.input, {.name = question ? question->name.ToString() : "", .kinds = kDecisive});
  if (!read) return Fail(read.error(), output);
  const Offline& offline = *read;
  PrintProblems(offline.loaded, output);
  if (question && question->name.ns.empty()) question->name.ns = offline.ns;
  const Result<Caller> caller = CallerOf(options, offline);
  if (!caller) return Fail(caller.error(), output);
  const Result<Ruling> native = NativeRuling(options, offline, *caller, question);
  if (!native) {
    output.err << "cluster: " << output.PaintErr(Style::kYellow, "warning")
               << ": Kubernetes' own rights were not asked: " << native.error().message << "\n";
  } else if (!native->allowed) {
    return Answer(*native, options.format, output);
  }
  const std::string& ns = question ? question->name.ns : offline.ns;
  if (const Result<void> known = EnoughIsKnown(offline, question, ns); !known)
    return Fail(known.error(), output);
  if (question && options.verb == "create" && options.fields.empty() &&
      offline.world.view().tables.Find(question->key()) == nullptr)
    return Misused(std::string(kSayWhat) + ", or give the object by -f", output);
  return Decide(options, offline, *caller, question, output);
}

}  // namespace fairlead::cli
