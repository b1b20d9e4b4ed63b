// What Kubernetes allows as a name: one function a form, each answering "" or what the text must be.
//
// Who calls: the strict parsers (as StringRule::check), and whoever makes a name. Lengths included. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fairlead {

std::string CheckDnsLabel(std::string_view text);      // RFC 1123 label, at most 63: a namespace
std::string CheckDnsSubdomain(std::string_view text);  // RFC 1123 subdomain, at most 253: an object's name
std::string CheckLabelKey(std::string_view text);      // [prefix/]name
std::string CheckLabelValue(std::string_view text);    // may be empty
std::string CheckNameGlob(std::string_view text);      // a DNS label in which "*" stands for any characters
std::string CheckClusterGlob(std::string_view text);   // a cluster's name in which "*" may stand
std::string CheckLocalityName(
    std::string_view text);  // cluster, region, zone, subzone: a label value, not empty

bool IsGlob(std::string_view text);
// "*" stands for any characters, none included.
bool GlobMatches(std::string_view pattern, std::string_view text);

// The number of characters (code points) of UTF-8 text, as Kubernetes counts lengths.
size_t CountCharacters(std::string_view text);

}  // namespace fairlead
