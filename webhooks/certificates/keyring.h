// Keyring: the webhooks' certificates and keys as the Secret holds them, and the steps of rotation on them.
//
// Who calls: whoever carries out NextStep (rotation.h). A value: Secret in, keyring; a step; keyring, Secret
// out. What cannot be read of a Secret is as if it were absent, and made anew. ECDSA P-256. Any thread.
//
//   Keyring ring = Keyring::FromSecret(secret.data);
//   if (ring.Perform(step, rules, now)) Write(ring.ToSecret());
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "crds/base/secret.h"
#include "webhooks/certificates/rotation.h"

namespace fairlead::webhooks {

struct KeyPair {
  std::string certificate_pem;
  Secret key_pem;
  friend bool operator==(const KeyPair&, const KeyPair&) = default;
};

class Keyring {
 public:
  // Keys ca.crt, ca.key, next.crt, next.key, old.crt, tls.crt, tls.key, trusted-since, switched, answered;
  // values decoded.
  static Keyring FromSecret(const std::map<std::string, Secret>& data);
  std::map<std::string, Secret> ToSecret() const;

  // `bundles`: the caBundle of each webhook, decoded, as they are. None: nobody calls, so nobody has to
  // trust. `request`: asks for a new authority, in words that were not answered yet; empty: nothing is asked.
  RotationState StateOf(const std::vector<std::string>& bundles, const std::string& request = "") const;
  std::string Bundle() const;  // what every caBundle is to be: PEM, sorted
  bool has_authority() const { return ca_.has_value(); }
  const std::optional<KeyPair>& serving() const { return serving_; }

  // Every step but kWait. kPublish: after every caBundle was written; the caller writes them. `state` is that
  // for which the step was planned. An error: OpenSSL fails.
  Result<void> Perform(Step step, const RotationState& state, const RotationRules& rules, Timestamp now);

  friend bool operator==(const Keyring&, const Keyring&) = default;

 private:
  std::optional<KeyPair> ca_, next_, serving_;
  std::vector<std::string> old_;  // certificates, PEM
  Timestamp trusted_since_, switched_;
  std::string answered_;  // the last request that was carried out
};

}  // namespace fairlead::webhooks
