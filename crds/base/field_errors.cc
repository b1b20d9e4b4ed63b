#include "crds/base/field_errors.h"

#include <algorithm>

namespace fairlead {
namespace {

bool NeedsQuotes(std::string_view member) { return member.find_first_of("./[]\"") != std::string_view::npos; }

void Push(std::vector<FieldError>& to, std::string path, std::string message) {
  if (to.size() + 1 < FieldErrors::kMax) {
    to.push_back({std::move(path), std::move(message)});
  } else if (to.size() + 1 == FieldErrors::kMax) {
    to.push_back({"", "too many errors; the rest is left out"});
  }
}

}  // namespace

Field Field::operator[](std::string_view member) const {
  if (NeedsQuotes(member)) return Field(sink_, path_ + "[\"" + std::string(member) + "\"]");
  return Field(sink_, path_.empty() ? std::string(member) : path_ + "." + std::string(member));
}

Field Field::operator[](size_t index) const {
  return Field(sink_, path_ + "[" + std::to_string(index) + "]");
}

void Field::Add(std::string message) const { sink_->Add(path_, std::move(message)); }
void Field::Warn(std::string message) const { sink_->Warn(path_, std::move(message)); }

void FieldErrors::Add(std::string path, std::string message) {
  Push(errors_, std::move(path), std::move(message));
}
void FieldErrors::Warn(std::string path, std::string message) {
  Push(warnings_, std::move(path), std::move(message));
}

std::string Join(const std::vector<FieldError>& errors, size_t max) {
  std::string out;
  for (size_t i = 0; i < std::min(errors.size(), max); ++i) {
    if (i > 0) out += "; ";
    out += errors[i].ToString();
  }
  if (errors.size() > max) out += "; and " + std::to_string(errors.size() - max) + " more";
  return out;
}

}  // namespace fairlead
