#include "tests/demo/report.h"

#include <algorithm>

namespace fairlead::demo {
namespace {

std::string Pad(const std::string& text, size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

}  // namespace

void Report::Scene(const std::string& title) {
  scene_ = title;
  out_ << "\n== " << title << std::endl;
}

void Report::Note(const std::string& text) { out_ << "   " << text << std::endl; }

void Report::Expect(const std::string& expectation, const std::string& observation, bool held) {
  rows_.push_back({scene_, expectation, observation, held});
  out_ << (held ? "   ok    " : "   WRONG ") << expectation << ": " << observation << std::endl;
}

// The observation comes last: it may be long, and would push the verdict out of sight.
void Report::PrintTable() const {
  size_t width = 0;
  for (const Row& row : rows_) width = std::max(width, row.expectation.size());
  out_ << "\nHELD  " << Pad("EXPECTED", width) << "  OBSERVED\n";
  std::string scene;
  for (const Row& row : rows_) {
    if (row.scene != scene) out_ << "\n      " << (scene = row.scene) << "\n";
    out_ << (row.held ? "yes   " : "NO    ") << Pad(row.expectation, width) << "  " << row.observation
         << "\n";
  }
  const auto held = std::count_if(rows_.begin(), rows_.end(), [](const Row& r) { return r.held; });
  out_ << "\n" << held << " of " << rows_.size() << " expectations held" << std::endl;
}

bool Report::all_held() const {
  return !rows_.empty() && std::all_of(rows_.begin(), rows_.end(), [](const Row& r) { return r.held; });
}

}  // namespace fairlead::demo
