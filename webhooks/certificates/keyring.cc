#include "webhooks/certificates/keyring.h"

#include <algorithm>

#include "webhooks/certificates/x509.h"

namespace fairlead::webhooks {
namespace {

constexpr const char kAuthorityName[] = "fairlead-webhooks-ca";

using Data = std::map<std::string, Secret>;

std::string TextAt(const Data& data, const std::string& key) {
  const auto at = data.find(key);
  return at == data.end() ? "" : at->second.Reveal();
}

std::optional<KeyPair> PairAt(const Data& data, const std::string& name) {
  KeyPair pair{TextAt(data, name + ".crt"), Secret(TextAt(data, name + ".key"))};
  if (!ReadFacts(pair.certificate_pem) || !IsPair(pair)) return std::nullopt;
  return pair;
}

void PutPair(const std::string& name, const std::optional<KeyPair>& pair, Data* out) {
  if (!pair) return;
  (*out)[name + ".crt"] = Secret(pair->certificate_pem);
  (*out)[name + ".key"] = pair->key_pem;
}

Timestamp TimeAt(const Data& data, const std::string& key) {
  Timestamp out;
  return Timestamp::Parse(TextAt(data, key), &out) ? out : Timestamp{};
}

void PutTime(const std::string& key, Timestamp time, Data* out) {
  if (time.seconds != 0) (*out)[key] = Secret(time.ToString());
}

}  // namespace

Keyring Keyring::FromSecret(const Data& data) {
  Keyring ring;
  ring.ca_ = PairAt(data, "ca");
  ring.next_ = PairAt(data, "next");
  ring.serving_ = PairAt(data, "tls");
  ring.old_ = SplitPem(TextAt(data, "old.crt"));
  ring.trusted_since_ = TimeAt(data, "trusted-since");
  ring.switched_ = TimeAt(data, "switched");
  ring.answered_ = TextAt(data, "answered");
  return ring;
}

Data Keyring::ToSecret() const {
  Data out;
  PutPair("ca", ca_, &out);
  PutPair("next", next_, &out);
  PutPair("tls", serving_, &out);
  std::string old;
  for (const std::string& pem : old_) old += pem;
  if (!old.empty()) out["old.crt"] = Secret(old);
  PutTime("trusted-since", trusted_since_, &out);
  PutTime("switched", switched_, &out);
  if (!answered_.empty()) out["answered"] = Secret(answered_);
  return out;
}

RotationState Keyring::StateOf(const std::vector<std::string>& bundles, const std::string& request) const {
  RotationState state;
  std::vector<std::string> authorities = old_;
  if (ca_) {
    state.ca = ReadFacts(ca_->certificate_pem);
    authorities.push_back(ca_->certificate_pem);
  }
  if (next_) {
    state.next = ReadFacts(next_->certificate_pem);
    authorities.push_back(next_->certificate_pem);
  }
  std::set<std::string> ours;
  for (const std::string& pem : old_) state.old.push_back(*ReadFacts(pem));
  for (const std::string& pem : authorities) ours.insert(ReadFacts(pem)->id);
  if (serving_) {
    const CertificateFacts facts = *ReadFacts(serving_->certificate_pem);
    state.serving = ServingFacts{facts.from, facts.until, "", ReadNames(serving_->certificate_pem)};
    for (const std::string& pem : authorities) {
      if (IsSignedBy(serving_->certificate_pem, pem)) state.serving->signed_by = ReadFacts(pem)->id;
    }
  }
  state.trusted = ours;
  for (const std::string& bundle : bundles) {
    size_t strange = 0;
    std::set<std::string> here;
    for (const std::string& pem : SplitPem(bundle, &strange)) here.insert(ReadFacts(pem)->id);
    std::erase_if(state.trusted, [&](const std::string& id) { return !here.contains(id); });
    state.surplus =
        state.surplus || strange > 0 || !std::includes(ours.begin(), ours.end(), here.begin(), here.end());
  }
  state.trusted_since = trusted_since_;
  state.switched = switched_;
  state.asked = !request.empty() && request != answered_;
  state.request = request;
  return state;
}

std::string Keyring::Bundle() const {
  std::set<std::string> all(old_.begin(), old_.end());
  if (ca_) all.insert(ca_->certificate_pem);
  if (next_) all.insert(next_->certificate_pem);
  std::string out;
  for (const std::string& pem : all) out += pem;
  return out;
}

Result<void> Keyring::Perform(Step step, const RotationState& state, const RotationRules& rules,
                              Timestamp now) {
  switch (step) {
    case Step::kWait:
      return {};
    case Step::kMakeCa:
    case Step::kMakeNext: {
      Result<KeyPair> made = MakeAuthority(kAuthorityName, now, rules.ca_lifetime);
      if (!made) return Unexpected(made.error());
      (step == Step::kMakeCa ? ca_ : next_) = std::move(*made);
      if (step == Step::kMakeCa) next_.reset();
      trusted_since_ = {};
      if (state.asked) answered_ = state.request;
      return {};
    }
    case Step::kPublish:
      if (state.next && !state.trusted.contains(state.next->id)) trusted_since_ = {};
      return {};
    case Step::kMakeServing: {
      Result<KeyPair> made = MakeServing(*ca_, rules.names, now, rules.serving_lifetime);
      if (!made) return Unexpected(made.error());
      if (!state.serving || state.serving->signed_by != state.ca->id) switched_ = now;
      serving_ = std::move(*made);
      return {};
    }
    case Step::kNoteTrusted:
      trusted_since_ = now;
      return {};
    case Step::kPromote:
      if (ca_) old_.push_back(ca_->certificate_pem);
      ca_ = std::exchange(next_, std::nullopt);
      trusted_since_ = {};
      return {};
    case Step::kRetire:
      old_.clear();
      return {};
  }
  return {};
}

}  // namespace fairlead::webhooks
