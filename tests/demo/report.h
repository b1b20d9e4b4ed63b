// Report: what the demo expected and what it saw. Prints progress as it goes and one table at the end.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace fairlead::demo {

class Report {
 public:
  explicit Report(std::ostream& out) : out_(out) {}

  void Scene(const std::string& title);  // "2  Retries cure the 503s"
  void Note(const std::string& text);    // one line of progress
  // One row: what should hold and what was seen.
  void Expect(const std::string& expectation, const std::string& observation, bool held);

  void PrintTable() const;
  bool all_held() const;
  size_t size() const { return rows_.size(); }

 private:
  struct Row {
    std::string scene;
    std::string expectation;
    std::string observation;
    bool held = false;
  };
  std::ostream& out_;
  std::string scene_;
  std::vector<Row> rows_;
};

}  // namespace fairlead::demo
