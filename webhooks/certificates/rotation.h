// Rotation: what to do next about the webhooks' own certificates, so that no valid call ever fails.
//
// Who calls: whoever keeps the Secret and the caBundles, one step at a time; each step is safe to be repeated
// after a crash. A new authority is trusted in every caBundle, and that for `settle`, before anything is
// served with it; an old one stays trusted for `settle` after nothing new is served with it. `settle` is
// longer than an API server takes to see a configuration, and a replica to see the Secret. Pure: no clock, no
// OpenSSL.
//
//   switch (NextStep(state, rules, clock.WallNow()).step) { case Step::kMakeCa: …
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/meta.h"

namespace fairlead::webhooks {

struct CertificateFacts {
  std::string id;  // of the certificate: SHA-256, in hex
  Timestamp from, until;
  friend bool operator==(const CertificateFacts&, const CertificateFacts&) = default;
};

struct ServingFacts {
  Timestamp from, until;
  std::string signed_by;        // id of one of the authorities; empty: of none that is known
  std::set<std::string> names;  // DNS
  friend bool operator==(const ServingFacts&, const ServingFacts&) = default;
};

struct RotationState {
  std::optional<CertificateFacts> ca;    // signs what is served
  std::optional<CertificateFacts> next;  // is to, once it is trusted everywhere
  std::vector<CertificateFacts> old;     // are trusted still: some replica may serve with them
  std::optional<ServingFacts> serving;
  std::set<std::string> trusted;  // ids that every caBundle has
  bool surplus = false;           // some caBundle has one that is not ours
  Timestamp trusted_since;        // when `next` was seen in every caBundle; 0: not yet
  Timestamp switched;             // when `serving` was last made by another authority than before
  bool asked = false;             // somebody wants a new authority, however young this one is
  std::string request;            // in whose words; kept, so that it is done once
};

struct RotationRules {
  std::set<std::string> names;  // that the API server calls: "fairlead-webhooks.fairlead-system.svc"
  std::chrono::seconds ca_lifetime = std::chrono::hours(24 * 365);
  std::chrono::seconds serving_lifetime = std::chrono::hours(24 * 30);
  std::chrono::seconds settle = std::chrono::minutes(10);
};

enum class Step : unsigned char {
  kWait,         // until `at`, or until something changes
  kMakeCa,       // there is none that is valid
  kPublish,      // every caBundle := ca, next, old; if next was not in all of them, trusted_since := 0
  kMakeServing,  // sign one for the names with ca; if the authority is another, switched := now
  kMakeNext,     // ca is getting old, or another is asked for
  kNoteTrusted,  // trusted_since := now
  kPromote,      // old += ca, ca := next
  kRetire,       // old := none
};
std::string_view ToString(Step step);  // "MakeCa"

struct Planned {
  Step step = Step::kWait;
  Timestamp at;  // of kWait
};

Planned NextStep(const RotationState& state, const RotationRules& rules, Timestamp now);

}  // namespace fairlead::webhooks
