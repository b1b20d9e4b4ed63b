// Label and field selectors as they come in a query.
//
// Who calls: list, watch and deletecollection. Pure.
//
//   Outcome<LabelQuery> q = LabelQuery::Parse("app in (a,b),!canary");
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/support/apiserver/failure.h"
#include "tests/support/apiserver/registry.h"

namespace fairlead::apiserver {

class LabelQuery {
 public:
  static Outcome<LabelQuery> Parse(const std::string& text);
  bool Matches(const Value& object) const;
  bool empty() const { return terms_.empty(); }

 private:
  enum class Op { kIn, kNotIn, kExists, kAbsent, kGreater, kLess };
  struct Term {
    std::string key;
    Op op = Op::kExists;
    std::set<std::string> values;
  };
  friend class LabelParser;
  std::vector<Term> terms_;
};

class FieldQuery {
 public:
  static Outcome<FieldQuery> Parse(const std::string& text, const Resource& resource);
  bool Matches(const Value& object) const;
  bool empty() const { return terms_.empty(); }
  std::string Name() const;  // metadata.name=x, else ""

 private:
  struct Term {
    std::string field;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms_;
};

// The string at a path of plain names ("spec.nodeName"); numbers and booleans are printed.
std::string TextAtPath(const Value& object, const std::string& dotted);

}  // namespace fairlead::apiserver
