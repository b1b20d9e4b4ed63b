#include "operator/runtime/json_merge.h"

#include <openssl/sha.h>

namespace fairlead::runtime {
namespace {

bool IsCondition(const Json::Value& v) { return v.isObject() && v.isMember("type") && v.isMember("status"); }

// 5 and 5.0, signed and unsigned, are the same number.
bool SameScalar(const Json::Value& a, const Json::Value& b) {
  if (a.isNumeric() && b.isNumeric() && !a.isBool() && !b.isBool()) {
    if (a.isInt64() && b.isInt64()) return a.asInt64() == b.asInt64();
    return a.asDouble() == b.asDouble();
  }
  return a == b;
}

// What an entry of a list is, apart from its conditions.
Json::Value Identity(const Json::Value& entry) {
  if (!entry.isObject()) return entry;
  if (IsCondition(entry)) return entry["type"];
  Json::Value out = entry;
  out.removeMember("conditions");
  return out;
}

}  // namespace

bool Covers(const Json::Value& live, const Json::Value& wanted) {
  if (wanted.isObject()) {
    if (!live.isObject()) return wanted.empty() && live.isNull();
    for (const std::string& name : wanted.getMemberNames()) {
      if (!live.isMember(name) && !wanted[name].isNull()) return false;
      if (!Covers(live[name], wanted[name])) return false;
    }
    return true;
  }
  if (wanted.isArray()) {
    if (!live.isArray() || live.size() != wanted.size()) return wanted.empty() && live.isNull();
    for (Json::ArrayIndex i = 0; i < wanted.size(); ++i) {
      if (!Covers(live[i], wanted[i])) return false;
    }
    return true;
  }
  return SameScalar(live, wanted);
}

Json::Value MergePatchOf(const Json::Value& from, const Json::Value& to) {
  Json::Value patch(Json::objectValue);
  if (!to.isObject()) return patch;
  for (const std::string& name : to.getMemberNames()) {
    const Json::Value& wanted = to[name];
    const bool both = wanted.isObject() && from.isObject() && from[name].isObject();
    if (both) {
      Json::Value inner = MergePatchOf(from[name], wanted);
      if (!inner.empty()) patch[name] = std::move(inner);
    } else if (!from.isObject() || !from.isMember(name) || from[name] != wanted) {
      patch[name] = wanted;
    }
  }
  if (!from.isObject()) return patch;
  for (const std::string& name : from.getMemberNames()) {
    if (!to.isMember(name)) patch[name] = Json::nullValue;
  }
  return patch;
}

void CarryTransitionTimes(const Json::Value& live, const std::string& now, Json::Value* wanted) {
  if (IsCondition(*wanted)) {
    const bool same =
        IsCondition(live) && live["status"] == (*wanted)["status"] && live["lastTransitionTime"].isString();
    (*wanted)["lastTransitionTime"] = same ? live["lastTransitionTime"] : Json::Value(now);
    return;
  }
  if (wanted->isObject()) {
    for (const std::string& name : wanted->getMemberNames()) {
      CarryTransitionTimes(live.isObject() ? live[name] : Json::Value::nullSingleton(), now,
                           &(*wanted)[name]);
    }
  } else if (wanted->isArray()) {
    for (Json::Value& entry : *wanted) {
      const Json::Value identity = Identity(entry);
      const Json::Value* match = &Json::Value::nullSingleton();
      if (live.isArray()) {
        for (const Json::Value& other : live) {
          if (Identity(other) == identity) match = &other;
        }
      }
      CarryTransitionTimes(*match, now, &entry);
    }
  }
}

std::string HashOf(const std::string& bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string out;
  for (int i = 0; i < 8; ++i) out += {kHex[digest[i] >> 4], kHex[digest[i] & 15]};
  return out;
}

}  // namespace fairlead::runtime
