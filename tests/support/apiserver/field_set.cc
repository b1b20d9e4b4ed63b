#include "tests/support/apiserver/field_set.h"

#include "tests/support/apiserver/schema.h"

namespace fairlead::apiserver {
namespace {

// Other programs may write the JSON in a key or a value with spaces or in another order.
std::string Canonical(const std::string& element) {
  if (element.size() < 2 || (element[0] != 'k' && element[0] != 'v')) return element;
  Result<Value> parsed = ParseJson("[" + element.substr(2) + "]");
  return parsed && parsed->size() == 1 ? element.substr(0, 2) + Print((*parsed)[0]) : element;
}

}  // namespace

std::string ShowElement(const std::string& element) {
  const std::string rest = element.size() > 2 ? element.substr(2) : "";
  if (element.starts_with("f:")) return "." + rest;
  if (element.starts_with("v:")) return "[=" + rest + "]";
  if (!element.starts_with("k:")) return "[" + rest + "]";
  std::string out;
  const Result<Value> key = ParseJson(rest);
  if (!key || !key->isObject()) return "[" + rest + "]";
  for (auto at = key->begin(); at != key->end(); ++at)
    out += (out.empty() ? "" : ",") + at.name() + "=" + Print(*at);
  return "[" + out + "]";
}

std::string ShowPath(const FieldPath& path) {
  std::string out;
  for (const std::string& element : path) out += ShowElement(element);
  return out;
}

FieldSet FieldSet::FromJson(const Value& fields) {
  FieldSet out;
  if (!fields.isObject()) return out;
  for (auto at = fields.begin(); at != fields.end(); ++at) {
    if (at.name() == ".") continue;
    Node node;
    node.children = FromJson(*at);
    node.member = node.children.empty() || Has(*at, ".");
    out.nodes_[Canonical(at.name())] = std::move(node);
  }
  return out;
}

Value FieldSet::ToJson() const {
  Value out = Object();
  for (const auto& [element, node] : nodes_) {
    Value below = node.children.ToJson();
    if (node.member && !node.children.empty()) below["."] = Object();
    out[element] = std::move(below);
  }
  return out;
}

void FieldSet::Insert(const FieldPath& path, size_t from) {
  if (from >= path.size()) return;
  Node& node = nodes_[path[from]];
  if (from + 1 == path.size()) {
    node.member = true;
  } else {
    node.children.Insert(path, from + 1);
  }
}

bool FieldSet::HasMember(const std::string& element) const {
  const auto at = nodes_.find(element);
  return at != nodes_.end() && at->second.member;
}

const FieldSet& FieldSet::Below(const std::string& element) const {
  static const FieldSet none;
  const auto at = nodes_.find(element);
  return at == nodes_.end() ? none : at->second.children;
}

void FieldSet::Append(FieldPath* prefix, std::vector<FieldPath>* out) const {
  for (const auto& [element, node] : nodes_) {
    if (!node.member) continue;
    out->push_back(*prefix);
    out->back().push_back(element);
  }
  for (const auto& [element, node] : nodes_) {
    prefix->push_back(element);
    node.children.Append(prefix, out);
    prefix->pop_back();
  }
}

std::vector<FieldPath> FieldSet::Paths() const {
  std::vector<FieldPath> out;
  FieldPath prefix;
  Append(&prefix, &out);
  return out;
}

void FieldSet::Drop(const std::string& element) {
  const auto at = nodes_.find(element);
  if (at != nodes_.end() && !at->second.member && at->second.children.empty()) nodes_.erase(at);
}

FieldSet FieldSet::Union(const FieldSet& other) const {
  FieldSet out = *this;
  for (const auto& [element, node] : other.nodes_) {
    Node& mine = out.nodes_[element];
    mine.member = mine.member || node.member;
    mine.children = mine.children.Union(node.children);
  }
  return out;
}

FieldSet FieldSet::Intersection(const FieldSet& other) const {
  FieldSet out;
  for (const auto& [element, node] : nodes_) {
    const auto at = other.nodes_.find(element);
    if (at == other.nodes_.end()) continue;
    Node& both = out.nodes_[element];
    both.member = node.member && at->second.member;
    both.children = node.children.Intersection(at->second.children);
    out.Drop(element);
  }
  return out;
}

FieldSet FieldSet::Difference(const FieldSet& other) const {
  FieldSet out = *this;
  for (const auto& [element, node] : other.nodes_) {
    const auto at = out.nodes_.find(element);
    if (at == out.nodes_.end()) continue;
    if (node.member) at->second.member = false;
    at->second.children = at->second.children.Difference(node.children);
    out.Drop(element);
  }
  return out;
}

FieldSet FieldSet::RecursiveDifference(const FieldSet& other) const {
  FieldSet out = *this;
  for (const auto& [element, node] : other.nodes_) {
    const auto at = out.nodes_.find(element);
    if (at == out.nodes_.end()) continue;
    if (node.member) {
      out.nodes_.erase(at);
      continue;
    }
    at->second.children = at->second.children.RecursiveDifference(node.children);
    out.Drop(element);
  }
  return out;
}

FieldSet FieldSet::WithNamedParents(const Schema* schema) const {
  FieldSet out;
  for (const auto& [element, node] : nodes_) {
    Node made = node;
    const Schema* child = nullptr;
    if (schema != nullptr && element.starts_with("f:")) {
      const auto named = schema->properties.find(element.substr(2));
      child = schema->Child(element.substr(2));
      if (!node.children.empty() && named != schema->properties.end()) made.member = true;
    } else if (schema != nullptr) {
      child = schema->items;
    }
    made.children = node.children.WithNamedParents(child);
    out.nodes_[element] = std::move(made);
  }
  return out;
}

bool operator==(const FieldSet& a, const FieldSet& b) {
  if (a.nodes_.size() != b.nodes_.size()) return false;
  for (auto i = a.nodes_.begin(), j = b.nodes_.begin(); i != a.nodes_.end(); ++i, ++j) {
    if (i->first != j->first || i->second.member != j->second.member) return false;
    if (!(i->second.children == j->second.children)) return false;
  }
  return true;
}

}  // namespace fairlead::apiserver
