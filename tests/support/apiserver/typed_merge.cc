#include "tests/support/apiserver/typed_merge.h"

#include <algorithm>
#include <map>
#include <set>

namespace fairlead::apiserver {
namespace {

bool Associative(const Schema* s) {
  return s != nullptr && s->has_list_type && s->list_type != Schema::ListType::kAtomic;
}
bool AtomicMap(const Schema* s) { return s != nullptr && s->atomic_map; }
const Schema* ItemsOf(const Schema* s) { return s ? s->items : nullptr; }
const Schema* ChildOf(const Schema* s, const std::string& name) { return s ? s->Child(name) : nullptr; }
bool Named(const Schema* s, const std::string& name) { return s != nullptr && s->properties.contains(name); }

enum class Shape { kScalar, kList, kMap };

Shape ShapeOf(const Schema* s, const Value* v) {
  if (v != nullptr && v->isObject()) return Shape::kMap;
  if (v != nullptr && v->isArray()) return Shape::kList;
  if (v != nullptr && !v->isNull()) return Shape::kScalar;
  if (s != nullptr && s->IsMapOrStruct()) return Shape::kMap;
  if (s != nullptr && s->type == "array") return Shape::kList;
  return Shape::kScalar;
}

bool Hollow(const Value* v) { return v == nullptr || v->isNull() || v->empty(); }

using Items = std::vector<std::pair<std::string, const Value*>>;

Items Index(const Schema& list, const Value* v) {
  Items out;
  if (v == nullptr || !v->isArray()) return out;
  for (const Value& item : *v) out.emplace_back(ListElement(list, item), &item);
  return out;
}

size_t CountOf(const Items& items, const std::string& element) {
  return std::count_if(items.begin(), items.end(), [&](const auto& i) { return i.first == element; });
}
const Value* ItemOf(const Items& items, const std::string& element) {
  const auto at = std::find_if(items.begin(), items.end(), [&](const auto& i) { return i.first == element; });
  return at == items.end() ? nullptr : at->second;
}

void CollectFields(const Schema* s, const Value& v, FieldPath* path, FieldSet* out) {
  const Shape shape = ShapeOf(s, &v);
  if (shape == Shape::kScalar || (shape == Shape::kList && !Associative(s)) ||
      (shape == Shape::kMap && AtomicMap(s))) {
    out->Insert(*path);
    return;
  }
  if (v.isNull()) return;
  if (shape == Shape::kList) {
    const Items items = Index(*s, &v);
    for (const auto& [element, item] : items) {
      path->push_back(element);
      if (CountOf(items, element) == 1) CollectFields(s->items, *item, path, out);
      out->Insert(*path);
      path->pop_back();
    }
    return;
  }
  for (auto at = v.begin(); at != v.end(); ++at) {
    const std::string name = at.name();
    path->push_back("f:" + name);
    CollectFields(ChildOf(s, name), *at, path, out);
    if (at->isNull() || (at->isObject() && at->empty()) || !Named(s, name)) out->Insert(*path);
    path->pop_back();
  }
}

bool Merge(const Schema* s, const Value* live, const Value* config, Value* out);

bool MergeMaps(const Schema* s, const Value* live, const Value* config, Value* out) {
  std::set<std::string> names;
  for (const Value* side : {live, config}) {
    if (Hollow(side)) continue;
    for (const std::string& name : side->getMemberNames()) names.insert(name);
  }
  Value merged = Object();
  for (const std::string& name : names) {
    Value child;
    if (Merge(ChildOf(s, name), live ? Find(*live, name) : nullptr, config ? Find(*config, name) : nullptr,
              &child)) {
      merged[name] = std::move(child);
    }
  }
  if (merged.empty()) return false;
  *out = std::move(merged);
  return true;
}

// Items of both sides keep the order of the applied configuration; those of the live object alone stay where
// they are between them.
class ListMerge {
 public:
  ListMerge(const Schema& list, const Value* live, const Value* config)
      : list_(list), live_(Index(list, live)), config_(Index(list, config)) {
    for (const auto& [element, item] : config_) {
      if (ItemOf(live_, element)) shared_.push_back(element);
    }
  }

  bool Run(Value* out) {
    size_t l = 0;
    size_t r = 0;
    while (l < live_.size() || r < config_.size()) {
      if (l < live_.size() && r < config_.size()) {
        const std::string& element = live_[l].first;
        if (element == config_[r].first) {
          Take(element, nullptr);
          ++l;
          ++r;
          if (next_ < shared_.size()) ++next_;
          continue;
        }
        if (ItemOf(config_, element) && next_ < shared_.size() && shared_[next_] != element) {
          ++l;
          continue;
        }
      }
      if (l < live_.size()) {
        const std::string& element = live_[l].first;
        if (!ItemOf(config_, element)) {
          Take(element, live_[l].second);
          ++l;
          continue;
        }
        if (merged_.contains(element)) ++l;
      }
      if (r < config_.size()) {
        const std::string element = config_[r++].first;
        Take(element, nullptr);
        if (next_ < shared_.size() && shared_[next_] == element) ++next_;
      }
    }
    if (result_.empty()) return false;
    *out = std::move(result_);
    return true;
  }

 private:
  void Take(const std::string& element, const Value* live_only) {
    Value item;
    const Value* live = live_only                      ? live_only
                        : CountOf(live_, element) == 1 ? ItemOf(live_, element)
                                                       : nullptr;
    const Value* config = live_only ? nullptr : ItemOf(config_, element);
    if (!live_only) merged_.insert(element);
    if (Merge(list_.items, live, config, &item)) result_.append(std::move(item));
  }

  const Schema& list_;
  Items live_;
  Items config_;
  std::vector<std::string> shared_;
  size_t next_ = 0;
  std::set<std::string> merged_;
  Value result_ = Array();
};

bool Merge(const Schema* s, const Value* live, const Value* config, Value* out) {
  const Shape shape = ShapeOf(s, config ? config : live);
  const bool same_shape = !live || !config || live->isNull() || ShapeOf(s, live) == shape;
  const bool leaf = shape == Shape::kScalar || (shape == Shape::kList && !Associative(s)) ||
                    (shape == Shape::kMap && AtomicMap(s)) || (Hollow(live) && Hollow(config));
  if (leaf || !same_shape) {
    *out = config ? *config : *live;
    return true;
  }
  if (shape == Shape::kMap) return MergeMaps(s, live, config, out);
  return ListMerge(*s, live, config).Run(out);
}

class Comparer {
 public:
  explicit Comparer(Comparison* out) : out_(out) {}

  void Visit(const Schema* s, const Value* before, const Value* after, FieldPath* path) {
    const Shape shape = ShapeOf(s, after ? after : before);
    const bool same_shape =
        !before || !after || before->isNull() || after->isNull() || ShapeOf(s, before) == shape;
    const bool leaf = shape == Shape::kScalar || (shape == Shape::kList && !Associative(s)) ||
                      (shape == Shape::kMap && AtomicMap(s)) || (Hollow(before) && Hollow(after)) ||
                      !same_shape;
    if (leaf) {
      Leaf(before, after, *path);
      return;
    }
    if (shape == Shape::kMap) {
      Maps(s, before, after, path);
    } else {
      Lists(*s, before, after, path);
    }
    if (path->empty()) return;
    if (!before) out_->added.Insert(*path);
    if (!after) out_->removed.Insert(*path);
  }

 private:
  void Leaf(const Value* before, const Value* after, const FieldPath& path) {
    if (path.empty()) return;
    if (!before) {
      out_->added.Insert(path);
    } else if (!after) {
      out_->removed.Insert(path);
    } else if (!SameValue(*before, *after)) {
      out_->modified.Insert(path);
    }
  }

  void Maps(const Schema* s, const Value* before, const Value* after, FieldPath* path) {
    std::set<std::string> names;
    for (const Value* side : {before, after}) {
      if (Hollow(side)) continue;
      for (const std::string& name : side->getMemberNames()) names.insert(name);
    }
    for (const std::string& name : names) {
      path->push_back("f:" + name);
      Visit(ChildOf(s, name), before ? Find(*before, name) : nullptr, after ? Find(*after, name) : nullptr,
            path);
      path->pop_back();
    }
  }

  void Lists(const Schema& s, const Value* before, const Value* after, FieldPath* path) {
    const Items left = Index(s, before);
    const Items right = Index(s, after);
    std::set<std::string> elements;
    for (const Items* side : {&left, &right}) {
      for (const auto& [element, item] : *side) elements.insert(element);
    }
    for (const std::string& element : elements) {
      path->push_back(element);
      const size_t l = CountOf(left, element);
      const size_t r = CountOf(right, element);
      if (l <= 1 && r <= 1) {
        Visit(ItemsOf(&s), ItemOf(left, element), ItemOf(right, element), path);
      } else if (l >= 2 && r >= 2) {
        if (!SameDuplicates(left, right, element)) out_->modified.Insert(*path);
      } else if (l >= 2) {
        if (r == 1) Visit(ItemsOf(&s), nullptr, ItemOf(right, element), path);
        out_->removed.Insert(*path);
      } else {
        if (l == 1) Visit(ItemsOf(&s), ItemOf(left, element), nullptr, path);
        out_->added.Insert(*path);
      }
      path->pop_back();
    }
  }

  static bool SameDuplicates(const Items& left, const Items& right, const std::string& element) {
    Value l = Array();
    Value r = Array();
    for (const auto& [e, item] : left) {
      if (e == element) l.append(*item);
    }
    for (const auto& [e, item] : right) {
      if (e == element) r.append(*item);
    }
    return SameValue(l, r);
  }

  Comparison* out_;
};

// Null: nothing is left.
Value Without(const Schema* s, const Value& v, const FieldSet& fields) {
  if (v.isArray()) {
    if (v.empty() || !Associative(s)) return Value();
    Value out = Array();
    for (const Value& item : v) {
      const std::string element = ListElement(*s, item);
      if (fields.HasMember(element)) continue;
      const FieldSet& below = fields.Below(element);
      out.append(below.empty() ? item : Without(s->items, item, below));
    }
    return out.empty() ? Value() : out;
  }
  if (!v.isObject()) return v;
  if (v.empty() || AtomicMap(s)) return Value();
  Value out = Object();
  for (auto at = v.begin(); at != v.end(); ++at) {
    const std::string element = "f:" + at.name();
    if (fields.HasMember(element)) continue;
    const FieldSet& below = fields.Below(element);
    if (below.empty()) {
      out[at.name()] = *at;
      continue;
    }
    Value left = Without(ChildOf(s, at.name()), *at, below);
    if (!left.isNull()) out[at.name()] = std::move(left);
  }
  return out.empty() ? Value() : out;
}

std::string KeyFault(const Schema& s, const Value& item) {
  if (s.list_type == Schema::ListType::kSet) {
    if (item.isObject()) return "associative list without keys has an element that's a map type";
    return item.isNull() ? "associative list without keys has an element that's an explicit null" : "";
  }
  if (item.isNull()) return "associative list with keys may not have a null element";
  if (!item.isObject()) return "associative list with keys may not have non-map elements";
  if (ListElement(s, item) != "k:{}") return "";
  std::string keys;
  for (const std::string& key : s.list_keys) keys += (keys.empty() ? "" : " ") + QuoteJson(key);
  return "associative list with keys has an element that omits all key fields [" + keys +
         "] (and doesn't have default values for any key fields)";
}

std::string Fault(const Schema* s, const Value& v, const std::string& path) {
  if (s == nullptr) return "";
  if (v.isArray()) {
    std::set<std::string> seen;
    for (Json::ArrayIndex i = 0; i < v.size(); ++i) {
      std::string at = path + "[" + std::to_string(i) + "]";
      if (Associative(s)) {
        if (const std::string why = KeyFault(*s, v[i]); !why.empty()) {
          return path + ": element " + std::to_string(i) + ": " + why;
        }
        const std::string element = ListElement(*s, v[i]);
        if (!seen.insert(element).second) return path + ": duplicate entries for key " + ShowElement(element);
        at = path + ShowElement(element);
      }
      if (std::string found = Fault(s->items, v[i], at); !found.empty()) return found;
    }
    return "";
  }
  if (!v.isObject()) return "";
  for (auto at = v.begin(); at != v.end(); ++at) {
    const Schema* child = s->Child(at.name());
    const std::string below = path + "." + at.name();
    if (child == nullptr && !s->preserve_unknown && s->IsMapOrStruct())
      return below + ": field not declared in schema";
    if (std::string found = Fault(child, *at, below); !found.empty()) return found;
  }
  return "";
}

}  // namespace

std::string ListElement(const Schema& list, const Value& item) {
  if (list.list_type == Schema::ListType::kSet) return "v:" + Print(item);
  Value key = Object();
  for (const std::string& name : list.list_keys) {
    if (const Value* have = Find(item, name)) {
      key[name] = *have;
    } else if (const Schema* field = list.items ? list.items->Child(name) : nullptr) {
      if (!field->default_value.isNull()) key[name] = field->default_value;
    }
  }
  return "k:" + Print(key);
}

FieldSet FieldsOf(const Schema* schema, const Value& object) {
  FieldSet out;
  FieldPath path;
  CollectFields(schema, object, &path, &out);
  return out;
}

Value MergeObjects(const Schema* schema, const Value& live, const Value& config) {
  Value out = Object();
  Merge(schema, &live, &config, &out);
  return out;
}

Comparison CompareObjects(const Schema* schema, const Value& before, const Value& after) {
  Comparison out;
  FieldPath path;
  Comparer(&out).Visit(schema, &before, &after, &path);
  return out;
}

Value RemoveFields(const Schema* schema, const Value& object, const FieldSet& fields) {
  if (fields.empty()) return object;
  Value out = Without(schema, object, fields);
  return out.isNull() ? Object() : out;
}

std::string ApplyFault(const Schema* schema, const Value& config) { return Fault(schema, config, ""); }

}  // namespace fairlead::apiserver
