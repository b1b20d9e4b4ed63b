// Reading YAML where a person writes it: manifests, kubeconfig, cases.
//
// A stream of documents becomes JSON texts (as sigs.k8s.io/yaml does for kubectl: YAML 1.1 scalars, duplicate
// keys are errors, anchors and aliases bounded), each with the line of every field, so that an error can be
// told by file and line. JSON input is YAML too and takes a fast path. Over libyaml's events; pure.
//
//   Result<std::vector<YamlDocument>> docs = ParseYaml(text);
//   docs->front().LineOf("spec.targetRefs[0].kind");  // 7
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/result.h"

namespace fairlead {

struct YamlDocument {
  std::string json;
  size_t line = 1;                      // where the document starts, from 1
  std::map<std::string, size_t> lines;  // field path as in FieldError -> line; empty for JSON input

  // The line of the field, or of its nearest ancestor that is there.
  size_t LineOf(std::string_view path) const;
};

struct YamlLimits {
  size_t max_bytes = 64u << 20;
  size_t max_depth = 100;
  size_t max_nodes = 10'000'000;  // after expansion of aliases
};

// Empty documents are left out. The error names line and column.
Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace fairlead
