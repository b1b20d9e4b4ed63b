#include "webhooks/certificates/keyring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "webhooks/certificates/x509.h"

namespace fairlead::webhooks {
namespace {

using ::testing::ElementsAre;
using testing::FakeClock;

class KeyringTest : public ::testing::Test {
 protected:
  // Does what is next, as whoever keeps the Secret does: through the Secret each time.
  Step Do() {
    const RotationState state = ring_.StateOf(bundles_);
    const Planned planned = NextStep(state, rules_, clock_.WallNow());
    wake_ = planned.at;
    if (planned.step == Step::kWait) return planned.step;
    if (planned.step == Step::kPublish) bundles_ = {ring_.Bundle(), ring_.Bundle()};
    EXPECT_TRUE(ring_.Perform(planned.step, state, rules_, clock_.WallNow()));
    const Keyring again = Keyring::FromSecret(ring_.ToSecret());
    EXPECT_EQ(again, ring_) << ToString(planned.step);
    ring_ = again;
    return planned.step;
  }
  std::vector<std::string> UntilWait() {
    std::vector<std::string> steps;
    for (Step step = Do(); step != Step::kWait && steps.size() < 20; step = Do()) {
      steps.emplace_back(ToString(step));
    }
    return steps;
  }
  void Sleep() { clock_.Advance(std::chrono::seconds(wake_.seconds - clock_.WallNow().seconds)); }

  const RotationRules rules_{
      .names = {"webhooks.fairlead-system.svc", "webhooks.fairlead-system.svc.c.local"}};
  FakeClock clock_;
  Keyring ring_;
  std::vector<std::string> bundles_ = {"", ""};
  Timestamp wake_;
};

TEST_F(KeyringTest, StartsFromNothing) {
  EXPECT_THAT(UntilWait(), ElementsAre("MakeCa", "Publish", "MakeServing"));
  ASSERT_TRUE(ring_.serving());
  EXPECT_TRUE(IsPair(*ring_.serving()));
  EXPECT_EQ(ReadNames(ring_.serving()->certificate_pem), rules_.names);
  ASSERT_EQ(SplitPem(bundles_[0]).size(), 1u);
  EXPECT_TRUE(IsSignedBy(ring_.serving()->certificate_pem, bundles_[0]));
}

TEST_F(KeyringTest, RenewsWhatServes) {
  UntilWait();
  const std::string before = ring_.serving()->certificate_pem, bundle = bundles_[0];
  Sleep();
  EXPECT_THAT(UntilWait(), ElementsAre("MakeServing"));
  EXPECT_NE(ring_.serving()->certificate_pem, before);
  EXPECT_EQ(bundles_[0], bundle);
}

TEST_F(KeyringTest, TheAuthorityIsChangedInTwoPhases) {
  UntilWait();
  const std::string first = bundles_[0];
  std::vector<std::vector<std::string>> wakes;  // those that were no mere renewal
  for (int i = 0; i < 40 && (wakes.empty() || wakes.back().front() != "Retire"); ++i) {
    Sleep();
    std::vector<std::string> steps = UntilWait();
    if (steps != std::vector<std::string>{"MakeServing"}) wakes.push_back(std::move(steps));
  }
  EXPECT_THAT(wakes, ElementsAre(ElementsAre("MakeNext", "Publish", "NoteTrusted"),
                                 ElementsAre("Promote", "MakeServing"), ElementsAre("Retire", "Publish")));
  EXPECT_EQ(SplitPem(bundles_[0]).size(), 1u);
  EXPECT_NE(bundles_[0], first);
  EXPECT_TRUE(IsSignedBy(ring_.serving()->certificate_pem, bundles_[0]));
}

TEST_F(KeyringTest, ABundleThatSomebodyEditedIsPutRight) {
  UntilWait();
  const std::string right = bundles_[0];
  bundles_[1] = "";
  EXPECT_THAT(UntilWait(), ElementsAre("Publish"));
  EXPECT_EQ(bundles_[1], right);
  bundles_[0] += MakeAuthority("another", clock_.WallNow(), std::chrono::hours(1))->certificate_pem;
  EXPECT_THAT(UntilWait(), ElementsAre("Publish"));
  bundles_[0] += "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(UntilWait(), ElementsAre("Publish"));
  EXPECT_EQ(bundles_[0], right);
}

TEST_F(KeyringTest, WhatCannotBeReadIsMadeAnew) {
  UntilWait();
  std::map<std::string, Secret> data = ring_.ToSecret();
  data["tls.key"] = Secret("hello");
  data["old.crt"] = Secret("-----BEGIN CERTIFICATE-----\nhello");
  data["switched"] = Secret("yesterday");
  ring_ = Keyring::FromSecret(data);
  EXPECT_THAT(UntilWait(), ElementsAre("MakeServing"));
  data["ca.key"] = ring_.ToSecret().at("tls.key");  // of another pair
  ring_ = Keyring::FromSecret(data);
  EXPECT_THAT(UntilWait(), ElementsAre("MakeCa", "Publish", "MakeServing"));
}

TEST(X509, ReadsBackWhatItMade) {
  const Timestamp now{1'800'000'000};
  const auto authority = MakeAuthority("ca", now, std::chrono::hours(10));
  ASSERT_TRUE(authority);
  const auto facts = ReadFacts(authority->certificate_pem);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->from.seconds, now.seconds - 3600);
  EXPECT_EQ(facts->until.seconds, now.seconds + 36'000);
  EXPECT_EQ(facts->id.size(), 64u);
  const auto other = MakeAuthority("ca", now, std::chrono::hours(10));
  const auto serving = MakeServing(*authority, {"a.b.svc"}, now, std::chrono::hours(1));
  ASSERT_TRUE(serving);
  EXPECT_TRUE(IsSignedBy(serving->certificate_pem, authority->certificate_pem));
  EXPECT_FALSE(IsSignedBy(serving->certificate_pem, other->certificate_pem));  // of the same name
  EXPECT_FALSE(IsPair({serving->certificate_pem, authority->key_pem}));
  EXPECT_FALSE(MakeServing({"", Secret("")}, {"a"}, now, std::chrono::hours(1)));
  EXPECT_FALSE(ReadFacts("hello"));
}

}  // namespace
}  // namespace fairlead::webhooks
