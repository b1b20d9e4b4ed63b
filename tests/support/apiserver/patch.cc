#include "tests/support/apiserver/patch.h"

#include <algorithm>

namespace fairlead::apiserver {
namespace {

Failure Unprocessable() {
  return {422, "Invalid", "the server rejected our request due to an error in our request", Object()};
}

std::vector<std::string> Pointer(const std::string& text) {
  std::vector<std::string> out;
  for (size_t from = 1; from <= text.size();) {
    size_t to = text.find('/', from);
    if (to == std::string::npos) to = text.size();
    std::string token;
    for (size_t i = from; i < to; ++i) {
      if (text[i] == '~' && i + 1 < to && (text[i + 1] == '0' || text[i + 1] == '1')) {
        token.push_back(text[++i] == '0' ? '~' : '/');
      } else {
        token.push_back(text[i]);
      }
    }
    out.push_back(std::move(token));
    from = to + 1;
  }
  return out;
}

bool Index(const std::string& token, size_t size, size_t* out) {
  if (token.empty() || token.size() > 9 || token.find_first_not_of("0123456789") != std::string::npos)
    return false;
  *out = std::stoul(token);
  return *out < size;
}

Value* Walk(Value* at, const std::vector<std::string>& path, size_t until) {
  for (size_t i = 0; i < until; ++i) {
    size_t index = 0;
    if (at->isObject() && at->isMember(path[i])) {
      at = &(*at)[path[i]];
    } else if (at->isArray() && Index(path[i], at->size(), &index)) {
      at = &(*at)[static_cast<Json::ArrayIndex>(index)];
    } else {
      return nullptr;
    }
  }
  return at;
}

bool Add(Value* root, const std::vector<std::string>& path, const Value& value) {
  if (path.empty()) {
    *root = value;
    return true;
  }
  Value* parent = Walk(root, path, path.size() - 1);
  if (parent == nullptr) return false;
  if (parent->isObject()) {
    (*parent)[path.back()] = value;
    return true;
  }
  if (!parent->isArray()) return false;
  size_t index = parent->size();
  if (path.back() != "-" && !Index(path.back(), parent->size() + 1, &index)) return false;
  return parent->insert(static_cast<Json::ArrayIndex>(index), value);
}

bool RemoveAt(Value* root, const std::vector<std::string>& path) {
  if (path.empty()) return false;
  Value* parent = Walk(root, path, path.size() - 1);
  if (parent == nullptr) return false;
  if (parent->isObject()) {
    if (!parent->isMember(path.back())) return false;
    parent->removeMember(path.back());
    return true;
  }
  size_t index = 0;
  Value removed;
  return parent->isArray() && Index(path.back(), parent->size(), &index) &&
         parent->removeIndex(static_cast<Json::ArrayIndex>(index), &removed);
}

bool Step(Value* root, const Value& op) {
  const std::string name = TextAt(op, "op");
  const std::vector<std::string> path = Pointer(TextAt(op, "path"));
  if (name == "add") return Has(op, "value") && Add(root, path, op["value"]);
  if (name == "remove") return RemoveAt(root, path);
  if (name == "replace") {
    Value* at = Walk(root, path, path.size());
    if (at == nullptr || !Has(op, "value")) return false;
    *at = op["value"];
    return true;
  }
  if (name == "test") {
    const Value* at = Walk(root, path, path.size());
    return at != nullptr ? SameValue(*at, Get(op, "value")) : Get(op, "value").isNull();
  }
  const std::vector<std::string> from = Pointer(TextAt(op, "from"));
  const Value* source = Walk(root, from, from.size());
  if (source == nullptr || (name != "move" && name != "copy")) return false;
  const Value moved = *source;
  if (name == "move" && !RemoveAt(root, from)) return false;
  return Add(root, path, moved);
}

class Strategic {
 public:
  Outcome<Value> Object(const Schema* schema, const Value& original, const Value& patch) {
    const std::string directive = TextAt(patch, "$patch");
    if (directive == "replace") {
      Value out = patch;
      out.removeMember("$patch");
      return out;
    }
    if (directive == "delete") return apiserver::Object();
    Value out = original.isObject() ? original : apiserver::Object();
    if (Get(patch, "$retainKeys").isArray()) Retain(patch["$retainKeys"], &out);
    for (const std::string& name : patch.getMemberNames()) {
      if (name == "$patch" || name == "$retainKeys" || name.starts_with("$setElementOrder/")) continue;
      if (name.starts_with("$deleteFromPrimitiveList/")) {
        DeleteItems(patch[name], &out[name.substr(25)]);
        continue;
      }
      if (patch[name].isNull()) {
        out.removeMember(name);
        continue;
      }
      Outcome<Value> merged = Field(schema ? schema->Child(name) : nullptr, Get(out, name), patch[name],
                                    Get(patch, "$setElementOrder/" + name));
      if (!merged) return merged;
      out[name] = std::move(*merged);
    }
    OrderOnly(schema, patch, &out);
    return out;
  }

 private:
  // Lists that are put in order without being changed.
  static void OrderOnly(const Schema* schema, const Value& patch, Value* out) {
    for (const std::string& name : patch.getMemberNames()) {
      if (!name.starts_with("$setElementOrder/")) continue;
      const std::string list = name.substr(17);
      const Schema* s = schema ? schema->Child(list) : nullptr;
      if (s == nullptr || Has(patch, list) || !Get(*out, list).isArray()) continue;
      (*out)[list] = Sorted((*out)[list], patch[name], (*out)[list], s->merge_key);
    }
  }

  Outcome<Value> Field(const Schema* s, const Value& original, const Value& patch, const Value& order) {
    if (patch.isObject()) return Object(s, original, patch);
    const bool merges = s != nullptr && s->merge_strategy.starts_with("merge");
    if (!patch.isArray() || !merges) return Plain(patch);
    if (s->merge_key.empty()) return Primitives(original, patch, order);
    return Keyed(*s, original, patch, order);
  }

  // A value that replaces what was there: nulls in it say "absent".
  static Value Plain(const Value& patch) { return patch; }

  static void Retain(const Value& keys, Value* out) {
    const std::vector<std::string> kept = Strings(keys);
    for (const std::string& name : out->getMemberNames()) {
      if (std::find(kept.begin(), kept.end(), name) == kept.end()) out->removeMember(name);
    }
  }

  static void DeleteItems(const Value& gone, Value* list) {
    Value left = Array();
    for (const Value& item : *list) {
      bool drop = false;
      for (const Value& g : gone) drop = drop || SameValue(g, item);
      if (!drop) left.append(item);
    }
    *list = left;
  }

  static Value Primitives(const Value& original, const Value& patch, const Value& order) {
    Value out = Array();
    for (const Value* side : {&original, &patch}) {
      if (!side->isArray()) continue;
      for (const Value& item : *side) {
        bool have = false;
        for (const Value& o : out) have = have || SameValue(o, item);
        if (!have) out.append(item);
      }
    }
    return Sorted(out, order.isArray() ? order : patch, original, "");
  }

  Outcome<Value> Keyed(const Schema& s, const Value& original, const Value& patch, const Value& order) {
    std::vector<Value> items;
    if (original.isArray()) items.assign(original.begin(), original.end());
    for (const Value& p : patch) {
      if (TextAt(p, "$patch") == "replace") items.clear();
    }
    for (const Value& p : patch) {
      const std::string directive = TextAt(p, "$patch");
      if (directive == "replace") continue;
      if (!Has(p, s.merge_key)) {
        return Unexpected(
            InternalError("map: " + Print(p) + " does not contain declared merge key: " + s.merge_key));
      }
      const auto same = [&](const Value& item) { return SameValue(Get(item, s.merge_key), p[s.merge_key]); };
      if (directive == "delete") {
        std::erase_if(items, same);
        continue;
      }
      const auto at = std::find_if(items.begin(), items.end(), same);
      Outcome<Value> merged = Object(s.items, at == items.end() ? Value() : *at, p);
      if (!merged) return merged;
      if (at == items.end()) {
        items.push_back(std::move(*merged));
      } else {
        *at = std::move(*merged);
      }
    }
    Value out = Array();
    for (Value& item : items) out.append(std::move(item));
    return Sorted(out, order.isArray() ? order : patch, original, s.merge_key);
  }

  static int IndexIn(const Value& list, const Value& item, const std::string& key) {
    for (Json::ArrayIndex i = 0; list.isArray() && i < list.size(); ++i) {
      if (key.empty() ? SameValue(list[i], item) : SameValue(Get(list[i], key), Get(item, key)))
        return static_cast<int>(i);
    }
    return -1;
  }

  // Items that `order` names stand in that order; the server's own come before those that they preceded in
  // `original`, and after all that are new.
  static Value Sorted(const Value& list, const Value& order, const Value& original, const std::string& key) {
    std::vector<std::pair<int, Value>> named;
    std::vector<std::pair<int, Value>> others;
    for (const Value& item : list) {
      const int at = IndexIn(order, item, key);
      if (at >= 0) {
        named.emplace_back(at, item);
      } else {
        others.emplace_back(IndexIn(original, item, key), item);
      }
    }
    const auto by_rank = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(named.begin(), named.end(), by_rank);
    std::stable_sort(others.begin(), others.end(), by_rank);
    Value out = Array();
    size_t n = 0;
    size_t o = 0;
    while (n < named.size() || o < others.size()) {
      const int known = n < named.size() ? IndexIn(original, named[n].second, key) : -1;
      const bool other_first = n == named.size() || (o < others.size() && known >= 0 &&
                                                     others[o].first >= 0 && others[o].first < known);
      out.append(other_first ? others[o++].second : named[n++].second);
    }
    return out;
  }
};

}  // namespace

Outcome<Value> ApplyJsonPatch(const Value& object, const Value& patch) {
  if (!patch.isArray()) {
    return Unexpected(BadRequest(
        "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"));
  }
  if (patch.size() > 10'000) {
    return Unexpected(RequestTooLarge("The allowed maximum operations in a JSON patch is 10000, got " +
                                      std::to_string(patch.size())));
  }
  Value out = object;
  for (const Value& op : patch) {
    if (!Step(&out, op)) return Unexpected(Unprocessable());
  }
  return out;
}

Value ApplyMergePatch(const Value& object, const Value& patch) {
  if (!patch.isObject()) return patch;
  Value out = object.isObject() ? object : Object();
  for (const std::string& name : patch.getMemberNames()) {
    if (patch[name].isNull()) {
      out.removeMember(name);
    } else {
      out[name] = ApplyMergePatch(Get(out, name), patch[name]);
    }
  }
  return out;
}

Outcome<Value> ApplyStrategicPatch(const Schema* schema, const Value& object, const Value& patch) {
  return Strategic().Object(schema, object, patch);
}

}  // namespace fairlead::apiserver
