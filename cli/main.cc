#include <iostream>

#include "cli/commands.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int code = fairlead::cli::Run(arguments, {std::cout, std::cerr});
  if (std::cout.flush()) return code;
  std::cerr << "fairleadctl: the output could not be written whole: is the disk full, or the reader gone?\n";
  return fairlead::cli::kExitFindings;
}
