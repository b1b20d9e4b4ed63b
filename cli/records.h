// Records: the ledger's PolicyChanges, from a cluster or from files, and the names by which people ask for
// policies.
//
// Who calls: history and revert. Blocking; one thread.
//
//   Result<RecordSource> source = OpenRecords(options.input);
//   for (const api::PolicyChange& change : source->records) …
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "crds/api/policy_change.h"

namespace fairlead::cli {

struct RecordSource {
  std::vector<api::PolicyChange> records;  // newest first
  std::string ns;                          // of names that give none
  std::unique_ptr<Cluster> cluster;        // null: files
  Loaded files;
};

// `all`: in every namespace that may be read; else in the namespace and in that of Workspaces' records.
// An error: there is no cluster to read, or nothing may be read. Records that cannot be read are told on
// stderr.
Result<RecordSource> OpenRecords(const InputOptions& input, const std::string& ns, bool all,
                                 const Output& output);

// The object as it is, in the cluster or among the files; null: it is not there. An error: it may not be
// read.
Result<Json::Value> FindObject(RecordSource& source, const ObjectKey& key);

// Why there is no record, as far as that can be known.
struct NoRecord {
  bool unknown = false;  // none of the objects is there: the name is wrong, or long forgotten
  std::string message;
};
// `what`: the objects that the name may be of, in words: "RetryTimeoutPolicy shop/ratings".
NoRecord WhyNoRecord(RecordSource& source, const std::string& what, const std::vector<ObjectKey>& objects);

struct PolicyName {
  std::optional<Kind> kind;  // nullopt: of any kind
  NamespacedName name;       // of a Workspace without namespace
};
// "rtp/ratings", "retrytimeoutpolicies/shop/ratings", "RetryTimeoutPolicy/ratings", "workspace/shop"; where
// `kindless`, "ratings" and "shop/ratings" too. The namespace is empty where none is given.
Result<PolicyName> ParsePolicyName(const std::string& text, bool kindless);

// The objects that the name may be of; `ns`: where it gives none.
std::vector<ObjectKey> ObjectsOf(const PolicyName& policy, const std::string& ns);
// "RetryTimeoutPolicy shop/ratings"; "policy shop/ratings" of any kind
std::string TitleOf(const PolicyName& policy, const std::string& ns);

// What is wrong with "rtpp/ratings", whose first word is no kind, where it is no namespace either; empty:
// that is not known, or nothing.
std::string NoSuchKind(RecordSource& source, const PolicyName& policy);

// Of the policy with this name; `ns`: where it gives none.
bool IsOf(const api::PolicyChange& change, const PolicyName& policy, const std::string& ns);

std::string TitleOf(const api::PolicyChange::Object& object);  // "RetryTimeoutPolicy shop/ratings"
// "bob through kubectl-edit", "somebody (no webhook saw it) through argocd"
std::string WhoInWords(const api::PolicyChange& change);
// "  spec.retries.attempts  2 -> 3", a line each
void PrintChanges(const std::vector<api::PolicyChange::Field>& changes, const Output& output);

}  // namespace fairlead::cli
