// Where a command writes, and how: streams handed in (so that tests read them), colour only on a terminal.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace fairlead::cli {

enum class ColorMode { kAuto, kAlways, kNever };

enum class Style { kBold, kDim, kRed, kYellow, kGreen, kCyan };

struct Output {
  std::ostream& out;
  std::ostream& err;
  bool color_out = false;
  bool color_err = false;

  std::string Paint(Style style, std::string_view text) const { return Paint(style, text, color_out); }
  std::string PaintErr(Style style, std::string_view text) const { return Paint(style, text, color_err); }

 private:
  static std::string Paint(Style style, std::string_view text, bool on);
};

// kAuto: a terminal, TERM is not "dumb" and NO_COLOR is unset (https://no-color.org).
bool WantsColor(ColorMode mode, int file_descriptor);

// Exit codes, fixed: 0 good, 1 findings or invalid input, 2 usage.
inline constexpr int kExitGood = 0;
inline constexpr int kExitFindings = 1;
inline constexpr int kExitUsage = 2;

// Says in one line why a command cannot be carried out as it is written; gives the exit code for that.
int Misused(const std::string& why, const Output& output);

}  // namespace fairlead::cli
