#include "cli/output.h"

#include <unistd.h>

#include <cstdlib>

namespace fairlead::cli {
namespace {

std::string_view CodeOf(Style style) {
  switch (style) {
    case Style::kBold:
      return "1";
    case Style::kDim:
      return "2";
    case Style::kRed:
      return "31";
    case Style::kYellow:
      return "33";
    case Style::kGreen:
      return "32";
    case Style::kCyan:
      return "36";
  }
  return "0";
}

}  // namespace

std::string Output::Paint(Style style, std::string_view text, bool on) {
  if (!on) return std::string(text);
  return "\x1b[" + std::string(CodeOf(style)) + "m" + std::string(text) + "\x1b[0m";
}

int Misused(const std::string& why, const Output& output) {
  output.err << "fairleadctl: " << why << "\n";
  return kExitUsage;
}

bool WantsColor(ColorMode mode, int file_descriptor) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  return isatty(file_descriptor) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace fairlead::cli
