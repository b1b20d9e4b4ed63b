#include "reconcilers/native/rights_cel.h"

#include "reconcilers/native/field_cel.h"
#include "reconcilers/rights/rights.h"

namespace fairlead::reconcilers {
namespace {

using api::FieldType;
using cel::Fill;
using cel::Joined;
using cel::Quoted;
using cel::Requirements;

constexpr int kMaxSelectors = 32;  // of the old and the new object
constexpr int kMaxPairs = 1500;    // of a selector and a grant

std::string List(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(Quoted(text));
  return "[" + Joined(quoted, ", ") + "]";
}

std::vector<std::string> Indices() {
  std::vector<std::string> out;
  for (int i = 0; i < kMaxSelectors; ++i) out.push_back(std::to_string(i));
  return out;
}

// Whether the bound `b` of the field `p` has room for the size `v`. No timeout is the longest.
std::string HasRoom(const std::string& convert, const std::string& endless) {
  return Fill("((!('max' in b) || (!($1) && v <= $0(b.max))) && (!('min' in b) || $1 || v >= $0(b.min)))",
              {convert, endless});
}

// Whether each bound of a grant has room for what begins to hold without being written.
std::string HasRoomForDefaults(Kind kind) {
  const bool retries = kind == Kind::kRetryTimeoutPolicy;
  const auto value = [&](const std::string& maps) {
    return "variables.new" + maps + "[?p]" + (retries ? ".or(variables.default" + maps + "[?p])" : "");
  };
  return "!variables.fresh || dyn(g[?'bounds'].orValue({})).all(p, p in variables.touched || "
         "[g.bounds[p]].all(b, " +
         value("Durations") + ".optMap(v, " +
         HasRoom("duration", "p.startsWith('spec.timeouts.') && v == duration('0s')") +
         ").orValue(true) && " + value("Numbers") + ".optMap(v, " + HasRoom("int", "false") +
         ").orValue(true)))";
}

constexpr char kIsCaller[] =
    "r.subjects.exists(s, s.kind == 'User' ? request.userInfo.username == s.name : s.kind == 'Group' ? "
    "s.name in "
    "request.userInfo.groups : request.userInfo.username == 'system:serviceaccount:' + s.namespace + ':' + "
    "s.name)";

// `p` is covered by the fields of `g`.
constexpr char kCovers[] =
    "(size(g[?'fields'].orValue([])) == 0 || g.fields.exists(f, p == f || p.startsWith(f + '.')))";

// What the new object says of the field `p` is within the bound of `g`; a field that is taken away has no
// size.
std::string InBounds() {
  return "(object == null || !(p in g[?'bounds'].orValue({})) || [g.bounds[p]].all(b, "
         "variables.newDurations[?p].optMap(v, " +
         HasRoom("duration", "p.startsWith('spec.timeouts.') && v == duration('0s')") +
         ").orValue(true) && variables.newNumbers[?p].optMap(v, " + HasRoom("int", "false") +
         ").orValue(true)))";
}

// Whatever the requirements `s` match, the targets of the offer `o` match too.
std::string TargetsHold() {
  return "o.targets.all(w, variables.selectors[i].exists(a, a.key == w.key && (w.operator == 'In' ? "
         "a.operator == 'In' && "
         "sets.contains(w.values, a.values) : w.operator == 'NotIn' ? (a.operator == 'DoesNotExist' || "
         "(a.operator "
         "== 'In' && !sets.intersects(a.values, w.values)) || (a.operator == 'NotIn' && "
         "sets.contains(a.values, "
         "w.values))) : w.operator == 'Exists' ? a.operator in ['Exists', 'In'] : a.operator == "
         "'DoesNotExist')))";
}

std::string Grants(Kind kind) {
  std::string fits = Quoted(InfoOf(kind).name) +
                     " in g.kinds && (size(g[?'namespaces'].orValue([])) == 0 || g.namespaces.exists(x, x == "
                     "request.namespace || "
                     "(x.contains('*') && request.namespace.matches('^' + x.replace('*', '.*') + '$'))))";
  if (kind != Kind::kWorkspaceSettings) {
    fits +=
        " && variables.scopes.all(x, x in g[?'scopes'].orValue([])) && (!variables.overrides || "
        "g[?'overrideMode'].orValue(false))";
  }
  return "variables.roles.filter(r, " + std::string(kIsCaller) + ").map(r, r.allow.filter(g, " + fits +
         " && (" + HasRoomForDefaults(kind) + ")))";
}

// What each grant gives of the changes, with the requirements of its targets.
std::string Offers() {
  return "variables.grants.map(gs, gs.map(g, {'fields': dyn(variables.changes.filter(p, " +
         std::string(kCovers) + " && " + InBounds() +
         ")), 'targeted': dyn('targets' in g), 'targets': dyn('targets' in g ? " + Requirements("g.targets") +
         " : [])}).filter(o, size(o.fields) > 0))";
}

// The offers with targets that still matter, with the selectors that are within them.
std::string Reach() {
  return "!variables.selecting ? [] : variables.offers.map(os, os.filter(o, o.targeted && o.fields.exists(p, "
         "p in "
         "variables.left)).map(o, {'fields': dyn(o.fields), 'hits': dyn(variables.indices.filter(i, " +
         TargetsHold() + "))}))";
}

// Of the field `p`: " (at most 3)", by each grant that has it with a bound.
std::string Limits() {
  return std::string("[variables.grants.map(gs, gs.filter(g, ") + kCovers +
         " && p in g[?'bounds'].orValue({})).map(g, [g.bounds[p]].map(b, ('min' in b ? 'at least ' + "
         "string(b.min) : '') + ('min' in b && 'max' in b ? ' and ' : '') + ('max' in b ? 'at most ' + "
         "string(b.max) : ''))[0]).join(', or ')).filter(x, x != '').join(', or ')].map(x, x == '' ? '' : ' "
         "(' + x "
         "+ ')')[0]";
}

std::string Message(Kind kind) {
  const std::string name(InfoOf(kind).name);
  return "'workspace \"' + params.metadata.name + '\" does not let \"' + request.userInfo.username + '\" ' + "
         "(oldObject == null ? 'create' : object == null ? 'delete' : 'update') + ' " +
         name +
         " ' + request.namespace + '/' + (object == null ? oldObject : object).metadata[?'name'].orValue('') "
         "+ "
         "': ' + variables.lacking.map(p, p + (variables.grants.exists(gs, gs.exists(g, " +
         kCovers + ")) ? ' is granted within bounds or for targets that this is beyond' + " + Limits() +
         " : ' is not granted')).join('; ') + "
         "'.' + (size(variables.having) == 0 ? '' : ' Roles that have it, maybe with such limits: ' + "
         "variables.having.join(', ') + '.') + "
         "params.metadata[?'annotations'].orValue({})[?'" +
         kOwner + "'].optMap(w, ' Its owner is ' + w + '.').orValue('')";
}

// The roles of which some grant has every field that is lacking.
std::string Having(Kind kind) {
  return "variables.roles.filter(r, variables.lacking.all(p, r.allow.exists(g, " + Quoted(InfoOf(kind).name) +
         " in g.kinds && " + kCovers + "))).map(r, r.name)";
}
}  // namespace

RightsCel CelOfRights(Kind kind, const std::vector<std::string>& administrators) {
  const bool targets = kind != Kind::kWorkspaceSettings;
  RightsCel out;
  const auto add = [&out](std::string name, std::string text) {
    out.variables.emplace_back(std::move(name), std::move(text));
  };
  add("roles", "params.spec[?'roles'].orValue([])");
  add("old", "oldObject == null ? {} : oldObject[?'spec'].orValue({})");
  add("new", "object == null ? {} : object[?'spec'].orValue({})");
  add("moved", cel::Moved(kind));
  add("oldDurations", cel::Sizes(kind, "variables.old", FieldType::kDuration));
  add("newDurations", cel::Sizes(kind, "variables.new", FieldType::kDuration));
  add("oldNumbers", cel::Sizes(kind, "variables.old", FieldType::kInteger));
  add("newNumbers", cel::Sizes(kind, "variables.new", FieldType::kInteger));
  add("touched", cel::Touched(kind));
  // A policy that sets nothing and begins or ends to be touches its whole spec.
  add("changes", "size(variables.touched) == 0 && variables.moved ? ['spec'] : variables.touched");
  if (kind == Kind::kRetryTimeoutPolicy) {
    add("defaultDurations", cel::RetryDefaults(FieldType::kDuration));
    add("defaultNumbers", cel::RetryDefaults(FieldType::kInteger));
    add("fresh", "'retries' in variables.new && (variables.moved || !('retries' in variables.old))");
  } else {
    add("fresh", "object != null && variables.moved");
  }
  if (targets) {
    add("scopes",
        "['Workspace', 'Mesh'].filter(x, x in [variables.old[?'scope'].orValue(''), "
        "variables.new[?'scope'].orValue('')])");
    add("overrides",
        "'Override' in [variables.old[?'mode'].orValue(''), variables.new[?'mode'].orValue('')]");
    add("selectors",
        "(variables.old[?'targetSelectors'].orValue([]) + "
        "variables.new[?'targetSelectors'].orValue([])).map(t, " +
            Requirements("t") + ")");
  }
  add("grants", Grants(kind));
  add("offers", Offers());
  // A workspace that has lost its roles is bound only until what they gave is taken back: it grants nothing.
  add("left",
      "variables.changes.filter(p, !variables.offers.exists(os, os.exists(o, !o.targeted && p in "
      "o.fields)))");
  if (targets) {
    // So many that to judge them is beyond what an API server spends on an expression: left to the webhook.
    add("selecting",
        "size(variables.left) > 0 && size(variables.selectors) > 0 && size(variables.selectors) * "
        "variables.offers.map(os, size(os)).sum() <= " +
            std::to_string(kMaxPairs));
    add("indices", "[" + Joined(Indices(), ", ") + "].filter(i, i < size(variables.selectors))");
    add("reach", Reach());
  }
  const std::string offered = "variables.offers.exists(os, os.exists(o, p in o.fields))";
  add("lacking", "variables.left.filter(p, !(" +
                     (targets ? "variables.selecting ? variables.indices.all(i, variables.reach.exists(rs, "
                                "rs.exists(r, p in "
                                "r.fields && i in r.hits))) : " +
                                    offered
                              : offered) +
                     "))");
  add("having", Having(kind));
  add("reason", std::string("(object == null ? oldObject : object).metadata[?'annotations'].orValue({})[?'") +
                    kBreakGlass + "'].orValue('').trim()");
  add("administrator", "request.userInfo.groups.exists(x, x in " + List(administrators) + ")");
  add("collector", "object == null && request.userInfo.username in " + List(Collectors()));
  out.allowed =
      "variables.collector || size(variables.lacking) == 0 || (variables.administrator && variables.reason "
      "!= '')";
  out.message = Message(kind);
  out.broken_glass =
      "!variables.collector && size(variables.lacking) > 0 && variables.administrator && variables.reason != "
      "'' ? "
      "variables.reason : ''";
  return out;
}

}  // namespace fairlead::reconcilers
