// Requests that users make, and what they are told, as tests/cases/admission has them: NN-topic.yaml holds
// the cases, a document each, NN-topic.answers.yaml what the API server said, by the name of the case.
//
//   case: more-attempts-than-granted          # also the name of its object, unless metadata says another
//   as: dave                                  # of users.yaml
//   before: {kind: RetryTimeoutPolicy, spec: …}   # stored before anybody judges; none: it is created
//   after: {kind: RetryTimeoutPolicy, spec: …}    # what is sent; none: it is deleted
//
// $case is the name of the case; $web and $data are Services of its own, with label tier and for: $case, so
// that cases do not meet. Objects get apiVersion, name and namespace (shop) where they give none.
// FAIRLEAD_UPDATE_GOLDEN=1 writes the answers anew; read them before they are committed.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "crds/base/result.h"

namespace fairlead::testing {

struct VerdictCase {
  std::string file;  // "10-fields"
  std::string name, as;
  Json::Value before, after;          // null: none
  std::string collection;             // path of the API
  std::vector<std::string> services;  // of its own: "web", "data"
};
Result<std::vector<VerdictCase>> ReadVerdictCases();

struct VerdictUser {
  std::string name;
  std::string certificate_user, certificate_group;  // of its client certificate
  std::vector<std::string> impersonates;            // headers, sent by an administrator
};
Result<std::vector<VerdictUser>> ReadVerdictUsers();

// The objects that are there whatever the case.
Result<std::vector<std::pair<std::string, Json::Value>>> ReadVerdictWorld();  // collection, object

// Where an object of its kind is created.
std::string CollectionOf(const Json::Value& object);

Json::Value ReadAnswers(const std::string& file);  // by case; empty where there are none
void WriteAnswers(const std::string& file, const Json::Value& answers);

}  // namespace fairlead::testing
