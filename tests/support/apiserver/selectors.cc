#include "tests/support/apiserver/selectors.h"

#include <cstdlib>

#include "tests/support/apiserver/names.h"

namespace fairlead::apiserver {

// A small scanner over "a=b, c!=d, e in (f,g), !h".
class LabelParser {
 public:
  explicit LabelParser(const std::string& text) : text_(text) {}

  Outcome<LabelQuery> Run() {
    LabelQuery out;
    Spaces();
    while (at_ < text_.size()) {
      Outcome<LabelQuery::Term> term = OneTerm();
      if (!term) return Unexpected(term.error());
      out.terms_.push_back(std::move(*term));
      Spaces();
      if (at_ == text_.size()) break;
      if (text_[at_] != ',') return Fail("found '" + Word() + "', expected: ',' or 'end of string'");
      ++at_;
      Spaces();
      if (at_ == text_.size()) return Fail("found '', expected: identifier after ','");
    }
    return out;
  }

 private:
  Unexpected<Failure> Fail(const std::string& why) {
    return Unexpected(BadRequest("unable to parse requirement: " + why));
  }

  void Spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  std::string Word() {
    const size_t from = at_;
    while (at_ < text_.size() && std::string_view(" \t,=!()<>").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return text_.substr(from, at_ - from);
  }
  bool Take(std::string_view token) {
    if (text_.compare(at_, token.size(), token) != 0) return false;
    at_ += token.size();
    return true;
  }

  Outcome<LabelQuery::Term> OneTerm() {
    LabelQuery::Term term;
    const bool negated = Take("!");
    if (negated) Spaces();
    term.key = Word();
    if (term.key.empty()) {
      return Fail("found '" + text_.substr(at_, 1) + "', expected: !, identifier, or 'end of string'");
    }
    if (const std::string why = QualifiedNameFault(term.key); !why.empty()) {
      return Fail("<nil>: Invalid value: " + QuoteJson(term.key) + ": " + why);
    }
    if (negated) {
      term.op = LabelQuery::Op::kAbsent;
      return term;
    }
    Spaces();
    if (at_ == text_.size() || text_[at_] == ',') return term;
    return Values(std::move(term));
  }

  Outcome<LabelQuery::Term> Values(LabelQuery::Term term) {
    using Op = LabelQuery::Op;
    if (Take("!=")) {
      term.op = Op::kNotIn;
      return Single(std::move(term));
    }
    if (Take("==") || Take("=")) {
      term.op = Op::kIn;
      return Single(std::move(term));
    }
    if (Take(">")) {
      term.op = Op::kGreater;
      return Single(std::move(term));
    }
    if (Take("<")) {
      term.op = Op::kLess;
      return Single(std::move(term));
    }
    const std::string word = Word();
    if (word != "in" && word != "notin") {
      return Fail("found '" + word + "', expected: in, notin, =, ==, !=, gt, lt");
    }
    term.op = word == "in" ? Op::kIn : Op::kNotIn;
    Spaces();
    if (!Take("(")) return Fail("found '" + Word() + "' expected: '('");
    do {
      Spaces();
      term.values.insert(Word());
      Spaces();
    } while (Take(","));
    if (!Take(")")) return Fail("found '" + Word() + "', expected: ',' or ')'");
    return term;
  }

  Outcome<LabelQuery::Term> Single(LabelQuery::Term term) {
    Spaces();
    if (at_ < text_.size() && std::string_view("=!<>(").find(text_[at_]) != std::string_view::npos) {
      return Fail("found '" + text_.substr(at_, 1) + "', expected: identifier");
    }
    const std::string value = Word();
    if (const std::string why = LabelValueFault(value); !why.empty()) {
      return Fail("values[0][" + term.key + "]: Invalid value: " + QuoteJson(value) + ": " + why);
    }
    term.values.insert(value);
    return term;
  }

  const std::string& text_;
  size_t at_ = 0;
};

Outcome<LabelQuery> LabelQuery::Parse(const std::string& text) { return LabelParser(text).Run(); }

bool LabelQuery::Matches(const Value& object) const {
  const Value& labels = At(object, {"metadata", "labels"});
  for (const Term& term : terms_) {
    const Value* have = Find(labels, term.key);
    const std::string value = have && have->isString() ? have->asString() : "";
    switch (term.op) {
      case Op::kIn:
        if (!have || !term.values.contains(value)) return false;
        break;
      case Op::kNotIn:
        if (have && term.values.contains(value)) return false;
        break;
      case Op::kExists:
        if (!have) return false;
        break;
      case Op::kAbsent:
        if (have) return false;
        break;
      case Op::kGreater:
        if (!have || atoll(value.c_str()) <= atoll(term.values.begin()->c_str())) return false;
        break;
      case Op::kLess:
        if (!have || atoll(value.c_str()) >= atoll(term.values.begin()->c_str())) return false;
        break;
    }
  }
  return true;
}

namespace {

// Besides metadata.name and metadata.namespace, by resource.
const std::map<std::string, std::set<std::string>>& SelectableFields() {
  static const std::map<std::string, std::set<std::string>> fields = {
      {"/pods",
       {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"}},
      {"/nodes", {"spec.unschedulable"}},
      {"/namespaces", {"status.phase"}},
      {"/secrets", {"type"}},
      {"/services", {"spec.clusterIP", "spec.type"}},
      {"/events",
       {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type"}},
  };
  return fields;
}

}  // namespace

std::string TextAtPath(const Value& object, const std::string& dotted) {
  const Value* at = &object;
  size_t from = 0;
  while (at != nullptr && from <= dotted.size()) {
    size_t to = dotted.find('.', from);
    if (to == std::string::npos) to = dotted.size();
    at = Find(*at, std::string_view(dotted).substr(from, to - from));
    from = to + 1;
  }
  if (at == nullptr || at->isNull()) return "";
  return at->isString() ? at->asString() : Print(*at);
}

Outcome<FieldQuery> FieldQuery::Parse(const std::string& text, const Resource& resource) {
  FieldQuery out;
  size_t from = 0;
  while (from < text.size()) {
    size_t to = text.find(',', from);
    if (to == std::string::npos) to = text.size();
    const std::string part = text.substr(from, to - from);
    from = to + 1;
    if (part.empty()) continue;
    const size_t eq = part.find('=');
    if (eq == std::string::npos || eq == 0) {
      return Unexpected(BadRequest("invalid selector: '" + text + "'; can't understand '" + part + "'"));
    }
    Term term;
    term.equal = part[eq - 1] != '!';
    term.field = part.substr(0, term.equal ? eq : eq - 1);
    term.value = part.substr(part[eq + 1] == '=' ? eq + 2 : eq + 1);
    const auto more = SelectableFields().find(resource.Type());
    const bool known = term.field == "metadata.name" ||
                       (term.field == "metadata.namespace" && resource.namespaced) ||
                       (more != SelectableFields().end() && more->second.contains(term.field));
    if (!known) {
      const char* what =
          resource.builtin
              ? "\"%s\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
              : "field label not supported: %s";
      std::string message = what;
      message.replace(message.find("%s"), 2, term.field);
      return Unexpected(BadRequest(message));
    }
    out.terms_.push_back(std::move(term));
  }
  return out;
}

bool FieldQuery::Matches(const Value& object) const {
  for (const Term& term : terms_) {
    std::string have = TextAtPath(object, term.field);
    if (have.empty() && (term.field == "spec.unschedulable" || term.field == "spec.hostNetwork"))
      have = "false";
    if ((have == term.value) != term.equal) return false;
  }
  return true;
}

std::string FieldQuery::Name() const {
  for (const Term& term : terms_) {
    if (term.equal && term.field == "metadata.name") return term.value;
  }
  return "";
}

}  // namespace fairlead::apiserver
