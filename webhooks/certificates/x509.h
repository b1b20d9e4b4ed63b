// X.509 as far as the webhooks' own certificates need it: made, read, and told who signed whom.
//
// Who calls: keyring.cc; the one place of certificates that knows OpenSSL. Random keys and serial numbers
// apart, the result depends on what is handed in alone. Any thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "webhooks/certificates/keyring.h"

namespace fairlead::webhooks {

// Valid from an hour before `now`, for clocks that differ, for `lifetime` from now.
Result<KeyPair> MakeAuthority(const std::string& common_name, Timestamp now, std::chrono::seconds lifetime);
// For servers of these DNS names (the first is the common name's), signed by `authority`.
Result<KeyPair> MakeServing(const KeyPair& authority, const std::set<std::string>& names, Timestamp now,
                            std::chrono::seconds lifetime);

// nullopt: not one certificate.
std::optional<CertificateFacts> ReadFacts(const std::string& certificate_pem);
std::set<std::string> ReadNames(const std::string& certificate_pem);  // DNS
bool IsSignedBy(const std::string& certificate_pem, const std::string& authority_pem);
bool IsPair(const KeyPair& pair);
// Each certificate of a text of several by itself; what is no certificate is passed over and counted.
std::vector<std::string> SplitPem(const std::string& bundle_pem, size_t* strange = nullptr);

}  // namespace fairlead::webhooks
