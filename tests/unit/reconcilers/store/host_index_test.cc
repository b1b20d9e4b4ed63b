#include "reconcilers/store/host_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

istio::ServiceEntry EntryOf(const std::string& ns, const std::string& name, std::vector<std::string> hosts) {
  istio::ServiceEntry out;
  out.meta.ns = ns;
  out.meta.name = name;
  out.hosts = std::move(hosts);
  return out;
}

core::Service ServiceAt(const std::string& name, std::vector<std::string> ips) {
  core::Service out;
  out.meta.ns = "shop";
  out.meta.name = name;
  out.cluster_ips = std::move(ips);
  return out;
}

std::vector<NamespacedName> ServicesIn(const HostIndex& index, const char* range) {
  std::vector<NamespacedName> out;
  index.VisitServicesIn(*ParseIpRange(range), [&](const NamespacedName& name) {
    out.push_back(name);
    return true;
  });
  return out;
}

const NamespacedName kBank{"pay", "bank"}, kAll{"books", "all"};

TEST(HostIndex, FindsEntriesByHostAndPattern) {
  HostIndex index;
  const auto bank = EntryOf("pay", "bank", {"bank.example", "*.bank.example"});
  const auto all = EntryOf("books", "all", {"*.example"});
  index.Change(nullptr, &bank);
  index.Change(nullptr, &all);
  EXPECT_THAT(index.EntriesWith("bank.example"), ElementsAre(kAll, kBank));
  EXPECT_THAT(index.EntriesWith("eu.bank.example"), ElementsAre(kAll, kBank));
  EXPECT_THAT(index.EntriesWith("*.eu.bank.example"), ElementsAre(kAll, kBank));
  EXPECT_THAT(index.EntriesWith("BANK.example."), ElementsAre(kAll, kBank));
  EXPECT_THAT(index.EntriesWith("shop.example"), ElementsAre(kAll));
  EXPECT_THAT(index.EntriesWith("*.example"), ElementsAre(kAll));
  EXPECT_THAT(index.EntriesWith("example"), IsEmpty());
  EXPECT_THAT(index.EntriesWith("*"), IsEmpty()) << "it holds hosts of entries, and none says all of it";
  EXPECT_THAT(index.EntriesWith(""), IsEmpty());
  EXPECT_THAT(index.EntriesWith(std::string(4096, 'a') + ".example"), IsEmpty()) << "no name of DNS";
}

TEST(HostIndex, FollowsChanges) {
  HostIndex index;
  const auto before = EntryOf("pay", "bank", {"bank.example", "old.example"});
  const auto after = EntryOf("pay", "bank", {"bank.example", "new.example"});
  const auto other = EntryOf("books", "all", {"bank.example"});
  index.Change(nullptr, &before);
  index.Change(nullptr, &other);
  index.Change(&before, &after);
  EXPECT_THAT(index.EntriesWith("old.example"), IsEmpty());
  EXPECT_THAT(index.EntriesWith("new.example"), ElementsAre(kBank));
  EXPECT_THAT(index.EntriesWith("bank.example"), ElementsAre(kAll, kBank));
  index.Change(&after, nullptr);
  EXPECT_THAT(index.EntriesWith("bank.example"), ElementsAre(kAll));
}

TEST(HostIndex, FindsServicesByAddress) {
  HostIndex index;
  const auto web = ServiceAt("web", {"10.96.0.9", "fd00::9"}), api = ServiceAt("api", {"10.96.0.10"});
  const auto headless = ServiceAt("headless", {"None"});
  for (const core::Service* service : {&web, &api, &headless}) index.Change(nullptr, service);
  EXPECT_THAT(ServicesIn(index, "10.96.0.9"), ElementsAre(web.meta.nn()));
  EXPECT_THAT(ServicesIn(index, "FD00:0::9"), ElementsAre(web.meta.nn()));
  EXPECT_THAT(ServicesIn(index, "10.96.0.0/12"), ElementsAre(web.meta.nn(), api.meta.nn())) << "by address";
  EXPECT_THAT(ServicesIn(index, "10.96.0.11"), IsEmpty());
  size_t visited = 0;
  index.VisitServicesIn(*ParseIpRange("10.96.0.0/12"), [&](const NamespacedName&) {
    ++visited;
    return false;
  });
  EXPECT_EQ(visited, 1u);
  const auto moved = ServiceAt("web", {"10.96.0.12"});
  index.Change(&web, &moved);
  EXPECT_THAT(ServicesIn(index, "10.96.0.9"), IsEmpty());
  EXPECT_THAT(ServicesIn(index, "fd00::/64"), IsEmpty());
  EXPECT_THAT(ServicesIn(index, "10.96.0.12"), ElementsAre(web.meta.nn()));
}

TEST(HostIndex, NoneKnowsNothing) {
  EXPECT_THAT(HostIndex::None().EntriesWith("a.example"), IsEmpty());
  EXPECT_THAT(ServicesIn(HostIndex::None(), "0.0.0.0/0"), IsEmpty());
}

}  // namespace
}  // namespace fairlead::reconcilers
