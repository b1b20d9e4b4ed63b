// Table: the numbers, each beside its floor and its target; as text for people, as JSON for machines.
//
// The groups add rows as they measure; main prints. One thread.
#pragma once

#include <json/value.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace fairlead::bench {

struct Row {
  std::string group;   // "changes"
  std::string number;  // what was measured: "policy or route change → fake proxy, p50, 100 routes"
  std::string unit;    // "ms"
  double measured = 0;
  std::optional<double> floor;
  std::string floor_is;          // what the floor is, in a few words
  std::optional<double> target;  // holds where measured <= target
  bool timing = true;            // noisy: a miss may be the machine's. A count is not

  bool holds() const { return !target || measured <= *target; }
  std::optional<double> ratio() const;
};

class Table {
 public:
  explicit Table(std::ostream& out) : out_(out) {}

  void Begin(const std::string& group, const std::string& title);
  void Note(const std::string& text);
  void Add(Row row);  // in the group that was begun last

  void Print() const;
  Json::Value ToJson() const;
  const std::vector<Row>& rows() const { return rows_; }
  bool all_hold() const;
  bool counts_hold() const;

 private:
  std::ostream& out_;
  std::string group_;
  std::vector<Row> rows_;
};

}  // namespace fairlead::bench
