// FieldSet: a set of paths into an object, as metadata.managedFields keeps them (FieldsV1).
//
// Who calls: server-side apply. An element of a path is kept in its serialized form: "f:spec",
// "k:{\"name\":\"a\"}", "v:\"x\"". Values.
//
//   FieldSet set;
//   set.Insert({"f:spec", "f:replicas"});
//   set.ToJson();  // {"f:spec":{"f:replicas":{}}}
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/apiserver/value.h"

namespace fairlead::apiserver {

struct Schema;

using FieldPath = std::vector<std::string>;
std::string ShowPath(const FieldPath& path);  // .spec.ports[port=80,protocol="TCP"]
std::string ShowElement(const std::string& element);

class FieldSet {
 public:
  static FieldSet FromJson(const Value& fields_v1);
  Value ToJson() const;

  void Insert(const FieldPath& path, size_t from = 0);
  bool HasMember(const std::string& element) const;
  const FieldSet& Below(const std::string& element) const;  // empty where there is nothing
  bool empty() const { return nodes_.empty(); }
  std::vector<FieldPath> Paths() const;

  FieldSet Union(const FieldSet& other) const;
  FieldSet Intersection(const FieldSet& other) const;
  FieldSet Difference(const FieldSet& other) const;           // a parent does not take its children along
  FieldSet RecursiveDifference(const FieldSet& other) const;  // … here it does
  // Fields that a schema names and below which something is in the set are made members too.
  FieldSet WithNamedParents(const Schema* schema) const;

  friend bool operator==(const FieldSet& a, const FieldSet& b);

 private:
  struct Node;
  void Append(FieldPath* prefix, std::vector<FieldPath>* out) const;
  void Drop(const std::string& element);  // if nothing is left at it

  std::map<std::string, Node> nodes_;
};

struct FieldSet::Node {
  bool member = false;
  FieldSet children;
};

}  // namespace fairlead::apiserver
