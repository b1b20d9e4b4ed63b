#include "reconcilers/preview/svg.h"

#include <algorithm>

namespace fairlead::reconcilers::preview {
namespace {

// Widths in DejaVu Sans, the widest of the faces that are asked for; in hundredths of the size.
constexpr unsigned char kLower[] = {62, 64, 56, 64, 62, 36, 64, 64, 29, 29, 59, 29, 98,
                                    64, 62, 64, 64, 43, 53, 40, 64, 60, 83, 60, 60, 54};
constexpr unsigned char kUpper[] = {69, 69, 70, 78, 64, 58, 78, 76, 30, 30,  66, 57, 87,
                                    76, 80, 61, 80, 70, 64, 62, 74, 69, 100, 69, 62, 69};

int WidthOf(unsigned char c) {
  if (c >= 'a' && c <= 'z') return kLower[c - 'a'];
  if (c >= 'A' && c <= 'Z') return kUpper[c - 'A'];
  if (c >= '0' && c <= '9') return 65;
  return std::string_view(" .,:;'-/|!()[]").find(static_cast<char>(c)) != std::string_view::npos ? 41 : 102;
}

size_t SizeOfRune(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

}  // namespace

std::string Attribute(const char* name, int value) {
  return std::string(" ") + name + "=\"" + std::to_string(value) + "\"";
}

std::string RectOf(const Rect& rect, int radius) {
  return "<rect" + Attribute("x", rect.x) + Attribute("y", rect.y) + Attribute("width", rect.width) +
         Attribute("height", rect.height) + Attribute("rx", radius) + "/>";
}

std::string TextAt(int x, int y, const char* css, std::string_view text, bool middle) {
  return "<text" + Attribute("x", x) + Attribute("y", y) + " class=\"" + css + "\"" +
         (middle ? " text-anchor=\"middle\">" : ">") + EscapeXml(text) + "</text>";
}

std::string EscapeXml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        // XML takes no other control characters, however they are written.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? '?' : c;
    }
  }
  // Nor these two.
  for (const char* none : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (size_t at = out.find(none); at != std::string::npos; at = out.find(none, at))
      out.replace(at, 3, "?");
  }
  return out;
}

int WidthOf(std::string_view text, int size) {
  int out = 0;
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    out += lead < 0x80 ? WidthOf(lead) : 105;
    at += SizeOfRune(lead);
  }
  return (out * size + 99) / 100;
}

std::string Fit(std::string_view text, int size, int width) {
  if (WidthOf(text, size) <= width) return std::string(text);
  size_t end = 0;
  while (end < text.size()) {
    const size_t next = std::min(end + SizeOfRune(static_cast<unsigned char>(text[end])), text.size());
    if (WidthOf(text.substr(0, next), size) + size * 11 / 10 + 1 > width) break;
    end = next;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace fairlead::reconcilers::preview
