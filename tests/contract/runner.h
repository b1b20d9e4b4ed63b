// The contract of an API server as scripts: requests, and what a real kube-apiserver answered to them.
//
// Who calls: contract_test.cc, once with the embedded server and once with a real one. A case file holds
// cases, each begun by "== name", each a list of steps divided by empty lines: "METHOD path [key=value …]"
// and the body below it. {ns} is a namespace of the case's own, {2.metadata.uid} a field of the second step's
// answer. What differs from run to run (uids, versions, times, addresses) is normalised. The goldens beside
// the cases are what the real server said.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/kube/http_call.h"

namespace fairlead::contract {

struct Step {
  std::string method;
  std::string path;
  std::string content_type = "application/json";
  std::string accept = "application/json";
  std::string body;
  bool managed = false;      // managedFields are kept in what is compared
  bool status_only = false;  // only the code is compared
};

struct Case {
  std::string name;
  std::vector<Step> steps;
};

std::vector<Case> LoadCases(const std::string& file);
std::vector<std::string> CaseFiles();  // stems, sorted
std::string CasePath(const std::string& stem, const std::string& extension);

// One request to the server under test.
using Caller = std::function<testing::HttpReply(testing::HttpCallOptions)>;

// Definitions that the cases use; waits until they are served.
void Prepare(const Caller& call);

// What was asked and answered, normalised, one block a step.
std::string Transcript(const Case& c, const Caller& call);

// Blocks of a golden file by the name of their case.
std::string GoldenOf(const std::string& golden_text, const std::string& case_name);

}  // namespace fairlead::contract
