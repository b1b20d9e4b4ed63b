// The page's policy of content lets its own script and styles run, by their hashes.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "crds/base/base64.h"
#include "reconcilers/preview/graph_svg.h"

namespace fairlead::reconcilers::preview {
namespace {

std::string HashOf(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EXPECT_EQ(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr), 1);
  return "sha256-" + EncodeBase64(std::string_view(reinterpret_cast<const char*>(digest), size));
}

TEST(GraphPage, HashesAreThoseOfScriptAndStyle) {
  EXPECT_EQ(kPageScriptHash, HashOf(PageScript()));
  EXPECT_EQ(kPageStyleHash, HashOf(PageStyle()));
  EXPECT_NE(ToHtml({}).find(HashOf(PageScript())), std::string::npos);
}

TEST(GraphPage, NeedsNoNetworkAndNoInlineStyles) {
  const std::string page = ToHtml({});
  for (const char* bad : {"src=", "href=", "style=\"", "onclick", "@import", "url(http"})
    EXPECT_EQ(page.find(bad), std::string::npos) << bad;
}

}  // namespace
}  // namespace fairlead::reconcilers::preview
