// A preview as text for a terminal and as JSON for machines.
#include <algorithm>

#include "crds/base/meta_json.h"
#include "reconcilers/preview/preview.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr size_t kMaxFields = 40;     // of one object, in text
constexpr size_t kMaxObjects = 300;   // told one by one, in text
constexpr size_t kMaxServices = 100;  // told in full, in text
constexpr size_t kMaxNames = 1'000;   // of a line of access, in JSON

std::string Line(size_t indent, Sign sign, const std::string& text) {
  return std::string(indent, ' ') + CharOf(sign) + " " + text + "\n";
}

std::string Joined(const std::vector<std::string>& items, size_t count) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return count > items.size() ? out + " and " + std::to_string(count - items.size()) + " more" : out;
}

std::string Counted(size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

void Refused(const Preview& preview, std::string* out) {
  if (preview.refused.empty()) return;
  *out += "Refused at admission, so left out below: " + Counted(preview.refused.size(), "finding") + "\n";
  for (const Refusal& refusal : preview.refused) {
    *out += "  ! " + refusal.object + (refusal.place.empty() ? "" : " (" + refusal.place + ")") + ": " +
            refusal.rule + "\n      " + Printable(refusal.message) + "\n";
  }
}

std::string Counts(const std::vector<ObjectChange>& changes) {
  std::string out;
  for (const auto& [sign, word] : {std::pair(Sign::kAdded, "added"), std::pair(Sign::kChanged, "changed"),
                                   std::pair(Sign::kRemoved, "removed")}) {
    const auto count = std::count_if(changes.begin(), changes.end(),
                                     [s = sign](const ObjectChange& change) { return change.sign == s; });
    if (count > 0) out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + word;
  }
  return out;
}

void Objects(const std::string& title, const std::vector<ObjectChange>& changes, std::string* out) {
  if (changes.empty()) return;
  *out += title + ": " + Counts(changes) + "\n";
  size_t shown = 0;
  for (const ObjectChange& change : changes) {
    if (shown++ == kMaxObjects) {
      *out += "  and " + Counted(changes.size() - kMaxObjects, "more object") + "\n";
      break;
    }
    *out += Line(2, change.sign, change.id.ToString());
    for (size_t i = 0; i < change.fields.size(); ++i) {
      if (i == kMaxFields) {
        *out += "      and " + Counted(change.fields.size() - i, "more field") + "\n";
        break;
      }
      const FieldDelta& field = change.fields[i];
      *out += "      " + Printable(field.path) + ": " + InWords(field.before) + " → " + InWords(field.after) +
              "\n";
    }
  }
}

void Value(size_t indent, const ValueChange& value, std::string* out) {
  const std::string space(indent, ' ');
  if (value.before.empty() || value.after.empty()) {
    const bool begins = value.before.empty();
    const std::string& by = begins ? value.after_by : value.before_by;
    *out += space + value.path + ": " + (begins || value.path != "without effect" ? "" : "no longer: ") +
            (begins ? value.after : value.before) + (by.empty() ? "" : ", by " + by) + "\n";
    return;
  }
  *out += space + value.path + ": " +
          (value.before == value.after ? value.after + " as before" : value.before + " → " + value.after) +
          "\n";
  if (value.before_by.empty() && value.after_by.empty()) return;
  *out += space + "  by ";
  if (value.before_by == value.after_by) {
    *out += value.after_by;
  } else {
    *out += (value.before_by.empty() ? "nothing" : value.before_by) + " → " +
            (value.after_by.empty() ? "nothing" : value.after_by);
  }
  *out += "\n";
}

// Rules that change alike are told together.
void Rules(const std::vector<RuleChange>& rules, std::string* out) {
  std::vector<std::pair<const RuleChange*, std::string>> told;
  for (const RuleChange& rule : rules) {
    const std::string title = ":" + std::to_string(rule.port) + " " + rule.rule;
    const auto at = std::find_if(told.begin(), told.end(), [&](const auto& one) {
      return one.first->sign == rule.sign && one.first->values == rule.values;
    });
    if (at == told.end()) {
      told.push_back({&rule, title});
    } else {
      at->second += ", " + title;
    }
  }
  for (const auto& [rule, title] : told) {
    *out += Line(4, rule->sign, title);
    for (const ValueChange& value : rule->values) Value(8, value, out);
  }
}

void Services(const Preview& preview, std::string* out) {
  if (preview.services.empty()) return;
  *out += "Services: " + std::to_string(preview.services.size()) + " of " +
          std::to_string(preview.service_count) + " do something else\n";
  size_t shown = 0;
  for (const ServiceChange& service : preview.services) {
    if (shown++ == kMaxServices) {
      *out += "  and " + Counted(preview.services.size() - kMaxServices, "more service") + "\n";
      break;
    }
    *out += Line(2, service.sign, service.service.ToString());
    for (const ValueChange& value : service.values) Value(6, value, out);
    Rules(service.rules, out);
  }
}

Sign SignOf(AccessLine::What what) {
  using What = AccessLine::What;
  if (what == What::kDepends) return Sign::kChanged;
  return what == What::kGained || what == What::kMayGain ? Sign::kAdded : Sign::kRemoved;
}

void Access(const Preview& preview, std::string* out) {
  if (preview.objects.empty()) return;
  if (preview.access.empty()) {
    *out += "Access: nobody gains or loses any\n";
    return;
  }
  *out += "Access, as if all callers and pods were in the mesh:\n";
  for (const AccessLine& line : preview.access) {
    std::string text = std::string(ToString(line.what)) + ": " + line.caller + " → " + line.to;
    if (line.around) text += ", straight to the pods";
    *out += Line(2, SignOf(line.what), text);
    if (line.what != AccessLine::What::kLost || line.after != Answer::kNo || line.before != Answer::kYes) {
      if (line.what != AccessLine::What::kGained || line.before != Answer::kNo || line.after != Answer::kYes)
        *out +=
            "      " + std::string(ToString(line.before)) + " → " + std::string(ToString(line.after)) + "\n";
    }
    if (!line.except.empty()) {
      const size_t shown = std::min<size_t>(line.except.size(), 6);
      *out += "      but for " +
              Joined({line.except.begin(), line.except.begin() + static_cast<std::ptrdiff_t>(shown)},
                     line.except.size()) +
              "\n";
    }
    if (line.known_count > 0)
      *out += "      of the input: namespaces " + Joined(line.known, line.known_count) + "\n";
    if (!line.because.empty()) {
      const size_t shown = std::min<size_t>(line.because.size(), 3);
      *out += "      by " +
              Joined({line.because.begin(), line.because.begin() + static_cast<std::ptrdiff_t>(shown)},
                     line.because.size()) +
              "\n";
    }
  }
}

void Touches(const Touched& touched, std::string* out) {
  if (touched.services == 0) return;
  *out += "Reaches " + Counted(touched.services, "service") + "\n";
  const auto line = [out](size_t count, const std::string& what, const std::vector<std::string>& names) {
    if (count > 0) *out += "      " + what + ": " + Joined(names, count) + "\n";
  };
  line(touched.workload_count, Counted(touched.workload_count, "workload"), touched.workloads);
  line(touched.proxy_count,
       std::to_string(touched.proxy_count) + (touched.proxy_count == 1 ? " proxy" : " proxies") +
           " of waypoints",
       touched.proxies);
  line(touched.node_count, Counted(touched.node_count, "ztunnel") + " with other rules, on", touched.nodes);
}

Json::Value List() { return Json::Value(Json::arrayValue); }

std::string Name(Sign sign) {
  return sign == Sign::kAdded ? "added" : sign == Sign::kRemoved ? "removed" : "changed";
}

Json::Value ToJson(const ObjectChange& change) {
  Json::Value out(Json::objectValue);
  out["change"] = Name(change.sign);
  out["group"] = change.id.group;
  out["kind"] = change.id.kind;
  out["name"] = change.id.name.name;
  if (!change.id.name.ns.empty()) out["namespace"] = change.id.name.ns;
  for (const FieldDelta& field : change.fields) {
    Json::Value one(Json::objectValue);
    one["path"] = field.path;
    one["before"] = field.before;
    one["after"] = field.after;
    out["fields"].append(one);
  }
  return out;
}

Json::Value ToJson(const std::vector<ValueChange>& values) {
  Json::Value out = List();
  for (const ValueChange& value : values) {
    Json::Value one(Json::objectValue);
    one["field"] = value.path;
    one["before"] = value.before;
    one["after"] = value.after;
    if (!value.before_by.empty()) one["beforeBy"] = value.before_by;
    if (!value.after_by.empty()) one["afterBy"] = value.after_by;
    out.append(one);
  }
  return out;
}

Json::Value ToJson(const ServiceChange& service) {
  Json::Value out(Json::objectValue);
  out["change"] = Name(service.sign);
  out["service"] = service.service.ToString();
  if (!service.values.empty()) out["values"] = ToJson(service.values);
  for (const RuleChange& rule : service.rules) {
    Json::Value one(Json::objectValue);
    one["change"] = Name(rule.sign);
    one["port"] = rule.port;
    one["rule"] = rule.rule;
    one["values"] = ToJson(rule.values);
    out["rules"].append(one);
  }
  return out;
}

Json::Value ToJson(const AccessLine& line) {
  Json::Value out(Json::objectValue);
  out["what"] = std::string(ToString(line.what));
  out["caller"] = line.caller;
  out["to"] = line.to;
  out["services"] = fairlead::ToJson(std::vector<std::string>(
      line.services.begin(),
      line.services.begin() + static_cast<std::ptrdiff_t>(std::min(line.services.size(), kMaxNames))));
  out["serviceCount"] = static_cast<Json::UInt64>(line.services.size());
  out["before"] = std::string(ToString(line.before));
  out["after"] = std::string(ToString(line.after));
  if (line.around) out["aroundWaypoint"] = true;
  if (!line.except.empty()) out["except"] = fairlead::ToJson(line.except);
  if (!line.known.empty()) out["namespaces"] = fairlead::ToJson(line.known);
  if (line.known_count > 0) out["namespaceCount"] = static_cast<Json::UInt64>(line.known_count);
  if (!line.because.empty()) out["because"] = fairlead::ToJson(line.because);
  return out;
}

Json::Value ToJson(const Touched& touched) {
  Json::Value out(Json::objectValue);
  const auto put = [&out](const char* name, size_t count, const std::vector<std::string>& names) {
    out[name]["count"] = static_cast<Json::UInt64>(count);
    out[name]["names"] = fairlead::ToJson(names);
  };
  out["services"] = static_cast<Json::UInt64>(touched.services);
  put("workloads", touched.workload_count, touched.workloads);
  put("proxies", touched.proxy_count, touched.proxies);
  put("nodes", touched.node_count, touched.nodes);
  return out;
}

template <class T>
Json::Value ToJsonList(const std::vector<T>& items) {
  Json::Value out = List();
  for (const T& item : items) out.append(ToJson(item));
  return out;
}

}  // namespace

std::string ToText(const Preview& preview) {
  std::string out;
  Refused(preview, &out);
  if (preview.objects.empty()) return out + "Nothing changes\n";
  Objects("Objects", preview.objects, &out);
  Services(preview, &out);
  Objects("Fairlead would write", preview.written, &out);
  Access(preview, &out);
  Touches(preview.touched, &out);
  return out;
}

Json::Value ToJson(const Preview& preview) {
  Json::Value out(Json::objectValue);
  out["refused"] = List();
  for (const Refusal& refusal : preview.refused) {
    Json::Value one(Json::objectValue);
    one["object"] = refusal.object;
    if (!refusal.place.empty()) one["place"] = refusal.place;
    one["rule"] = refusal.rule;
    one["message"] = refusal.message;
    out["refused"].append(one);
  }
  out["objects"] = ToJsonList(preview.objects);
  out["services"] = ToJsonList(preview.services);
  out["serviceCount"] = static_cast<Json::UInt64>(preview.service_count);
  out["written"] = ToJsonList(preview.written);
  out["access"] = ToJsonList(preview.access);
  out["touched"] = ToJson(preview.touched);
  return out;
}

}  // namespace fairlead::reconcilers::preview
