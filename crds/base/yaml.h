// Reading YAML where a person writes it: manifests, kubeconfig, cases.
//
// A stream of documents becomes JSON texts (as sigs.k8s.io/yaml does for kubectl: YAML 1.1 scalars; but
// duplicate keys are errors, as the API server's strict validation has it), merge keys and aliases resolved
// and bounded. Each document knows the line of every field, so that an error can be told by file and line.
// JSON input is YAML too and takes a fast path. Over libyaml's events; pure.
//
//   Result<std::vector<YamlDocument>> docs = ParseYaml(text);
//   docs->front().LineOf("spec.targetRefs[0].kind");  // 7
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/result.h"

namespace fairlead {

struct YamlDocument {
  std::string json;
  size_t line = 1;  // where the document starts, from 1
  // The line of each value in document order, of a member the line of its key; empty for JSON input, whose
  // lines are those of `json` itself.
  std::vector<uint32_t> lines;

  // The line of the field (path as in FieldError), or of its nearest ancestor that is there.
  size_t LineOf(std::string_view path) const;
};

struct YamlLimits {
  size_t max_bytes = 64u << 20;
  size_t max_depth = 100;
  size_t max_nodes = 10'000'000;  // after expansion of aliases, whose text is bounded by four times the input
};

// Empty documents are left out. The error names line and column.
Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, const YamlLimits& limits = {});

// What is wrong with one document.
struct YamlProblem {
  size_t line = 0;    // from 1; 0: the input as a whole
  size_t column = 0;  // from 1; 0: the line as a whole
  std::string message;

  std::string ToString() const;  // "line 3, column 7: message"
  friend bool operator==(const YamlProblem&, const YamlProblem&) = default;
};

struct YamlStream {
  static constexpr size_t kMaxProblems = 100;  // the last says that there are more
  std::vector<YamlDocument> documents;
  std::vector<YamlProblem> problems;  // in the order of lines
};

// As ParseYaml, but what is wrong with one document costs that document alone: it ends at the next line that
// begins with
// "---", and reading goes on behind it.
YamlStream ReadYamlStream(std::string_view text, const YamlLimits& limits = {});

}  // namespace fairlead
