#include "dataplane/envoy/path.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace fairlead::envoy {
namespace {

using gateway::HttpMatch;
using gateway::PathMatchType;
using gateway::PathRewrite;

// What Envoy makes of a path: prefix_rewrite swaps the matched text, regex_rewrite substitutes.
std::string Rewritten(const std::string& path, const std::string& prefix, const PathRewrite& rewrite) {
  HttpMatch match;
  match.path = prefix;
  const PathChange change = ChangeOf(rewrite, match);
  if (change.kind == PathChange::Kind::kRegex) {
    std::string out = path;
    RE2::GlobalReplace(&out, change.pattern, change.value);
    return out;
  }
  const std::string matched = WithoutTrailingSlash(prefix).empty() ? "/" : WithoutTrailingSlash(prefix);
  return change.value + path.substr(matched.size());
}

struct PrefixCase {
  std::string path, prefix, value, expected;
  friend void PrintTo(const PrefixCase& c, std::ostream* out) {
    *out << c.path << " " << c.prefix << " " << c.value;
  }
};

// The table in HTTPPathModifier.replacePrefixMatch of Gateway API, and more of its kind.
class ReplacePrefix : public ::testing::TestWithParam<PrefixCase> {};

TEST_P(ReplacePrefix, SwapsPathElements) {
  const PrefixCase& c = GetParam();
  EXPECT_EQ(Rewritten(c.path, c.prefix, {PathRewrite::Type::kPrefix, c.value}), c.expected)
      << c.path << " " << c.prefix << " " << c.value;
}

INSTANTIATE_TEST_SUITE_P(
    GatewayApi, ReplacePrefix,
    ::testing::Values(PrefixCase{"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
                      PrefixCase{"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
                      PrefixCase{"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
                      PrefixCase{"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
                      PrefixCase{"/foo", "/foo", "/xyz", "/xyz"},
                      PrefixCase{"/foo/", "/foo", "/xyz", "/xyz/"},
                      PrefixCase{"/foo/bar", "/foo", "", "/bar"}, PrefixCase{"/foo/", "/foo", "", "/"},
                      PrefixCase{"/foo", "/foo", "", "/"}, PrefixCase{"/foo/", "/foo", "/", "/"},
                      PrefixCase{"/foo", "/foo", "/", "/"}, PrefixCase{"/foo/bar", "/foo", "/", "/bar"},
                      PrefixCase{"/bar", "/", "/xyz", "/xyz/bar"}, PrefixCase{"/bar", "/", "/", "/bar"},
                      PrefixCase{"/a.b/c", "/a.b", "/", "/c"}));

TEST(ReplaceFullPath, ReplacesWhateverWasThere) {
  EXPECT_EQ(Rewritten("/foo/bar", "/foo", {PathRewrite::Type::kFull, "/one"}), "/one");
  EXPECT_EQ(Rewritten("/foo", "/", {PathRewrite::Type::kFull, ""}), "/");
}

TEST(ReplaceFullPath, TakesBackslashesAsText) {
  EXPECT_EQ(Rewritten("/foo", "/foo", {PathRewrite::Type::kFull, R"(/a\1b)"}), R"(/a\1b)");
}

TEST(ReplacePrefixOfExactMatch, ReplacesTheWholePath) {
  HttpMatch match;
  match.path_type = PathMatchType::kExact;
  match.path = "/foo";
  EXPECT_EQ(ChangeOf({PathRewrite::Type::kPrefix, "/xyz"}, match),
            (PathChange{PathChange::Kind::kPrefix, "", "/xyz"}));
}

TEST(QuoteRegex, MatchesJustTheText) {
  const std::string odd = R"(a.b*c+d?(e)[f]{2}|^$\)";
  EXPECT_TRUE(RE2::FullMatch(odd, QuoteRegex(odd)));
  EXPECT_FALSE(RE2::FullMatch("axb", QuoteRegex("a.b")));
}

}  // namespace
}  // namespace fairlead::envoy
