// A graph as a picture (SVG 1.1), as a page in one file without network (HTML), and for graphviz (dot).
//
// Who calls: fairleadctl graph. Names are not trusted: every one is escaped, and the page's policy of content
// lets nothing run but its own script. Pure; equal graphs give equal bytes.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/preview/graph.h"
#include "reconcilers/preview/svg.h"

namespace fairlead::reconcilers::preview {

std::string ToSvg(const Graph& graph);
std::string ToHtml(const Graph& graph);
std::string ToDot(const Graph& graph);

// The picture for a page that brings styles of its own.
std::string SvgBody(const Graph& graph);

// The script and the styles of the page, and their hashes as Content-Security-Policy has them (a test
// computes them).
std::string_view PageScript();
std::string_view PageStyle();
extern const char kPageScriptHash[];
extern const char kPageStyleHash[];

}  // namespace fairlead::reconcilers::preview
