#include "reconcilers/native/field_cel.h"

#include <algorithm>

#include "crds/api/failover_policy.h"
#include "crds/api/retry_timeout_policy.h"

namespace fairlead::reconcilers::cel {
namespace {

using api::FieldType;

// "spec.retries.on" of `spec` as an optional value. kubectl sends the key `on` without quotes as "true".

std::string Get(const std::string& spec, std::string_view path) {
  if (path == "spec.retries.on") return "$r[?'on'].or($r[?'true'])";
  std::string out = spec;
  path.remove_prefix(std::string_view("spec").size());
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t dot = std::min(path.find('.'), path.size());
    out += "[?" + Quoted(path.substr(0, dot)) + "]";
    path.remove_prefix(dot);
  }
  return out;
}

std::string Optional(const std::string& spec, std::string_view path) {
  std::string out = Get(spec, path);
  for (size_t at = out.find("$r"); at != std::string::npos; at = out.find("$r"))
    out.replace(at, 2, spec + "[?'retries']");
  return out;
}

// What the field is where nothing is written; "": it is not set.

std::string DefaultOf(std::string_view path) {
  const api::FailoverPolicy unset;
  const api::OutlierDetection& outlier = unset.outlier_detection;
  if (path == "spec.minHealthyPercent") return std::to_string(unset.min_healthy_percent);
  if (path == "spec.outlierDetection.consecutiveErrors") return std::to_string(outlier.consecutive_errors);
  if (path == "spec.outlierDetection.interval") return Quoted(outlier.interval.ToString());
  if (path == "spec.outlierDetection.baseEjectionTime") return Quoted(outlier.base_ejection_time.ToString());
  if (path == "spec.outlierDetection.maxEjectionPercent") return std::to_string(outlier.max_ejection_percent);
  return "";
}

// What begins to hold with retries that leave the field out.

std::string RetryDefaultOf(std::string_view path) {
  using D = api::RetryDefaults;
  if (path == "spec.retries.attempts") return std::to_string(D::kAttempts);
  if (path == "spec.retries.backoff.base") return Quoted(D::kBackoffBase.ToString());
  if (path == "spec.retries.backoff.max") return Quoted(D::kBackoffMax.ToString());
  if (path == "spec.retries.budget.percent") return std::to_string(D::kBudgetPercent);
  if (path == "spec.retries.budget.minPerSecond") return std::to_string(D::kBudgetMinPerSecond);
  return "";
}

// A map of the fields of one type that are set, by path: durations or integers.

// A selector as a list of requirements.

// A field of no size in a form in which equal means the same: what may be left out is there.

std::string Normal(const std::string& spec, std::string_view path) {
  const std::string value = Optional(spec, path);
  if (path == "spec.localities") return value + ".orValue([])";
  if (path == "spec.priorityLabels" || path == "spec.drill.services" || path == "spec.clusters.names")
    return value + ".orValue([])";
  if (path == "spec.clusters.join") return value + ".orValue('All')";
  if (path == "spec.importFrom" || path == "spec.exportTo") {
    return "dyn(" + value +
           ".orValue([])).map(x, [dyn(x.workspaces), dyn(dyn(x[?'resources'].orValue([])).map(y, "
           "[dyn(y[?'kind'].orValue('Service')), dyn(y[?'name'].orValue('')), "
           "dyn(y[?'namespace'].orValue('')), "
           "dyn('selector' in y), dyn(dyn(y[?'selector'].orValue({}))[?'matchLabels'].orValue({})), "
           "dyn(dyn(y[?'selector'].orValue({}))[?'matchExpressions'].orValue([]).map(e, [dyn(e.key), "
           "dyn(e.operator), "
           "dyn(e[?'values'].orValue([]))]))]))])";
  }
  return value;
}

bool IsSet(std::string_view path) { return path == "spec.retries.on" || path == "spec.retries.codes"; }

bool IsList(std::string_view path) {
  return path == "spec.localities" || path == "spec.priorityLabels" || path == "spec.drill.services" ||
         path == "spec.importFrom" || path == "spec.exportTo";
}

bool IsParent(const api::PolicyField& field) {
  const auto fields = api::PolicyFields();
  return std::any_of(fields.begin(), fields.end(), [&](const api::PolicyField& other) {
    return other.kind == field.kind && other.path != field.path && api::IsWithin(other.path, field.path);
  });
}

bool IsPlacement(std::string_view path) {
  return path == "spec.targetRefs" || path == "spec.targetSelectors" || path == "spec.scope" ||
         path == "spec.mode";
}

std::string If(const std::string& condition, std::string_view path) {
  return "(" + condition + " ? [" + Quoted(path) + "] : [])";
}

// Whether a change touches the field.

std::string Touches(const api::PolicyField& field) {
  const std::string o = "variables.old", n = "variables.new", path = Quoted(field.path);
  if (field.type != FieldType::kOther) {
    const bool duration = field.type == FieldType::kDuration;
    const std::string maps = duration ? "Durations" : "Numbers";
    const std::string was = "variables.old" + maps + "[?" + path + "]";
    const std::string is = "variables.new" + maps + "[?" + path + "]";
    const std::string unset = DefaultOf(field.path);
    const std::string none =
        unset.empty() ? "optional.none()"
                      : "optional.of(" + std::string(duration ? "duration" : "int") + "(" + unset + "))";
    return was + " != " + is + " || (variables.moved && " + was + " != " + none + ")";
  }
  const std::string was = Normal(o, field.path), is = Normal(n, field.path);
  if (field.path == "spec.retries.methods") {
    // All, Idempotent, or a list whose order and repeats say nothing.
    return Fill(
        "$0.hasValue() != $1.hasValue() || ($0.hasValue() && (variables.moved || type($0.value()) != "
        "type($1.value()) || (type($0.value()) == list ? !sets.equivalent($0.value(), $1.value()) : "
        "$0.value() != "
        "$1.value())))",
        {was, is});
  }
  if (field.path == "spec.clusters.join") return Fill("$0 != $1", {was, is});
  if (field.path == "spec.clusters.names") return Fill("!sets.equivalent($0, $1)", {was, is});
  if (IsSet(field.path)) {
    return Fill(
        "$0.hasValue() != $1.hasValue() || ($0.hasValue() && (variables.moved || "
        "!sets.equivalent($0.value(), "
        "$1.value())))",
        {was, is});
  }
  return Fill(IsList(field.path) ? "$0 != $1 || (variables.moved && size($0) > 0)"
                                 : "$0 != $1 || (variables.moved && $0.hasValue())",
              {was, is});
}

// Retries that are there without anything in them.

std::string TouchesBareRetries() {
  const auto bare = [](const std::string& spec) {
    return "variables." + spec +
           "[?'retries'].optMap(r, r.all(k, k in ['backoff', 'budget'] && size(r[k]) == 0)).orValue(false)";
  };
  return "(('retries' in variables.old) != ('retries' in variables.new) || variables.moved) && (" +
         bare("old") + " || " + bare("new") + ")";
}

}  // namespace

// The text with every "$0", "$1", … replaced.

std::string Fill(std::string_view form, const std::vector<std::string>& parts) {
  std::string out;
  for (size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '$' && i + 1 < form.size()) {
      out += parts[static_cast<size_t>(form[++i] - '0')];
    } else {
      out += form[i];
    }
  }
  return out;
}

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string Joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : std::string(between)) + part;
  return out;
}

std::string Sizes(Kind kind, const std::string& spec, FieldType type) {
  std::vector<std::string> entries;
  for (const api::PolicyField& field : api::PolicyFields()) {
    if (field.kind != kind || field.type != type) continue;
    std::string value = Optional(spec, field.path);
    if (const std::string unset = DefaultOf(field.path); !unset.empty())
      value += ".or(optional.of(dyn(" + unset + ")))";
    entries.push_back("?" + Quoted(field.path) + ": " + value + ".optMap(v, " +
                      (type == FieldType::kDuration ? "duration(string(v))" : "int(v)") + ")");
  }
  return "{" + Joined(entries, ", ") + "}";
}

std::string RetryDefaults(FieldType type) {
  std::vector<std::string> entries;
  for (const api::PolicyField& field : api::PolicyFields()) {
    const std::string value = RetryDefaultOf(field.path);
    if (value.empty() || field.type != type) continue;
    entries.push_back(Quoted(field.path) + ": " + (type == FieldType::kDuration ? "duration" : "int") + "(" +
                      value + ")");
  }
  return "{" + Joined(entries, ", ") + "}";
}

std::string Requirements(const std::string& selector) {
  return Fill(
      "($0[?'matchLabels'].orValue({}).map(k, {'key': dyn(k), 'operator': dyn('In'), 'values': "
      "dyn([$0.matchLabels[k]])}) + $0[?'matchExpressions'].orValue([]).map(e, {'key': dyn(e.key), "
      "'operator': "
      "dyn(e.operator), 'values': dyn(e[?'values'].orValue([]))}))",
      {selector});
}

std::string Touched(Kind kind) {
  std::vector<std::string> parts;
  for (const api::PolicyField& field : api::PolicyFields()) {
    if (field.kind != kind || IsPlacement(field.path)) continue;
    if (field.path == "spec.retries") parts.push_back(If(TouchesBareRetries(), field.path));
    if (!IsParent(field)) parts.push_back(If(Touches(field), field.path));
  }
  return Joined(parts, " + ");
}

std::string Moved(Kind kind) {
  constexpr char kOnce[] = "object == null || oldObject == null";
  if (kind == Kind::kWorkspaceSettings) return kOnce;
  const auto refs = [](const std::string& spec) {
    return spec +
           "[?'targetRefs'].orValue([]).map(t, [t.kind, t.name, dyn('sectionName' in t), "
           "dyn(t[?'sectionName'].orValue(''))])";
  };
  const auto selectors = [](const std::string& spec) {
    return spec +
           "[?'targetSelectors'].orValue([]).map(t, [dyn(t.kind), dyn(t[?'matchLabels'].orValue({})), "
           "dyn(t[?'matchExpressions'].orValue([]).map(e, [dyn(e.key), dyn(e.operator), "
           "dyn(e[?'values'].orValue([]))]))])";
  };
  const auto text = [](const std::string& spec, const std::string& member, const std::string& unset) {
    return spec + "[?'" + member + "'].orValue('" + unset + "')";
  };
  const std::string o = "variables.old", n = "variables.new";
  return Joined({kOnce, refs(o) + " != " + refs(n), selectors(o) + " != " + selectors(n),
                 text(o, "scope", "Namespace") + " != " + text(n, "scope", "Namespace"),
                 text(o, "mode", "Default") + " != " + text(n, "mode", "Default")},
                " || ");
}

}  // namespace fairlead::reconcilers::cel
