#include "tests/bench/table.h"

#include <algorithm>
#include <cstdio>

namespace fairlead::bench {
namespace {

std::string Figure(std::optional<double> value) {
  if (!value) return "-";
  char text[32];
  snprintf(text, sizeof text, *value >= 100 ? "%.0f" : *value >= 10 ? "%.1f" : "%.2f", *value);
  return text;
}

// Characters, not bytes: the texts hold arrows.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Pad(std::string text, size_t width, bool right = false) {
  const std::string space(width > Width(text) ? width - Width(text) : 0, ' ');
  return right ? space + text : text + space;
}

}  // namespace

std::optional<double> Row::ratio() const {
  if (!floor || *floor <= 0) return std::nullopt;
  return measured / *floor;
}

void Table::Begin(const std::string& group, const std::string& title) {
  group_ = group;
  out_ << "\n" << group << ": " << title << "\n" << std::flush;
}

void Table::Note(const std::string& text) { out_ << "  " << text << "\n" << std::flush; }

void Table::Add(Row row) {
  row.group = group_;
  Note(row.number + ": " + Figure(row.measured) + " " + row.unit +
       (row.floor ? " (floor " + Figure(row.floor) + ": " + row.floor_is + ")" : ""));
  rows_.push_back(std::move(row));
}

void Table::Print() const {
  size_t width = 0;
  for (const Row& row : rows_) width = std::max(width, Width(row.number));
  out_ << "\n" << Pad("number", width) << "    measured       floor   ratio      target  holds\n";
  std::string group;
  for (const Row& row : rows_) {
    if (row.group != group) out_ << row.group << "\n";
    group = row.group;
    out_ << "  " << Pad(row.number, width) << Pad(Figure(row.measured) + " " + row.unit, 12, true)
         << Pad(Figure(row.floor), 10, true) << Pad(Figure(row.ratio()), 8, true)
         << Pad(row.target ? "<= " + Figure(row.target) : "-", 12, true)
         << (!row.target   ? "  -"
             : row.holds() ? "  yes"
                           : "  NO")
         << "\n";
  }
  out_ << std::flush;
}

Json::Value Table::ToJson() const {
  Json::Value out(Json::arrayValue);
  for (const Row& row : rows_) {
    Json::Value& to = out.append(Json::objectValue);
    to["group"] = row.group;
    to["number"] = row.number;
    to["unit"] = row.unit;
    to["measured"] = row.measured;
    if (row.floor) to["floor"] = *row.floor;
    if (!row.floor_is.empty()) to["floorIs"] = row.floor_is;
    if (row.ratio()) to["ratio"] = *row.ratio();
    if (row.target) to["target"] = *row.target;
    to["holds"] = row.holds();
    to["timing"] = row.timing;
  }
  return out;
}

bool Table::all_hold() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& row) { return row.holds(); });
}

bool Table::counts_hold() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& row) { return row.timing || row.holds(); });
}

}  // namespace fairlead::bench
