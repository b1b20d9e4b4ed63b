// What pictures are made of: SVG's elements as text, and how wide words are.
//
// Who calls: graph_svg.cc, rehearsal_svg.cc. Names are not trusted: every text is escaped here. Pure, in
// whole pixels; equal input gives equal bytes.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::reconcilers::preview {

struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
};

// For the text and attributes of XML and HTML.
std::string EscapeXml(std::string_view text);

std::string Attribute(const char* name, int value);  // " x=\"12\""
std::string RectOf(const Rect& rect, int radius);
std::string TextAt(int x, int y, const char* css, std::string_view text, bool middle = false);

// How wide a text is at most, in a sans-serif face of the size; and the text, cut to fit.
int WidthOf(std::string_view text, int size);
std::string Fit(std::string_view text, int size, int width);

}  // namespace fairlead::reconcilers::preview
