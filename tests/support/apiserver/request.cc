#include "tests/support/apiserver/request.h"

namespace fairlead::apiserver {
namespace {

int Hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::vector<std::string> Segments(const std::string& raw) {
  std::vector<std::string> out;
  size_t from = 0;
  while (from < raw.size()) {
    size_t to = raw.find('/', from);
    if (to == std::string::npos) to = raw.size();
    if (to > from) out.push_back(UrlDecode(std::string_view(raw).substr(from, to - from), false));
    from = to + 1;
  }
  return out;
}

void ParseQuery(std::string_view text, std::map<std::string, std::string>* out) {
  size_t from = 0;
  while (from < text.size()) {
    size_t to = text.find('&', from);
    if (to == std::string_view::npos) to = text.size();
    const std::string_view part = text.substr(from, to - from);
    const size_t eq = part.find('=');
    (*out)[UrlDecode(part.substr(0, eq), true)] =
        eq == std::string_view::npos ? "" : UrlDecode(part.substr(eq + 1), true);
    from = to + 1;
  }
}

// Everything after "/api/v1" or "/apis/group/version".
void ParseResource(const std::vector<std::string>& part, size_t at, RequestInfo* out) {
  if (at >= part.size()) return;
  if (part[at] == "namespaces" && part.size() > at + 2 && part[at + 2] != "status" &&
      part[at + 2] != "finalize") {
    out->ns = part[at + 1];
    at += 2;
  }
  out->plural = part[at];
  out->is_resource = true;
  if (part.size() > at + 1) out->name = part[at + 1];
  if (part.size() > at + 2) out->subresource = part[at + 2];
  if (part.size() > at + 3) out->subresource += "/…";
  if (out->group.empty() && out->plural == "namespaces") out->ns.clear();
}

std::string VerbOf(const std::string& method, const RequestInfo& info) {
  const bool one = !info.name.empty();
  if (method == "GET" || method == "HEAD") {
    if (info.QueryIs("watch")) return "watch";
    return one ? "get" : "list";
  }
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return one ? "delete" : "deletecollection";
  return "";
}

}  // namespace

std::string UrlDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && Hex(text[i + 1]) >= 0 && Hex(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(Hex(text[i + 1]) * 16 + Hex(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' && plus_is_space ? ' ' : text[i]);
    }
  }
  return out;
}

std::string UrlEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (isalnum(static_cast<unsigned char>(c)) ||
        std::string_view("-_.~").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

std::string Request::Header(const std::string& name) const {
  const auto at = headers.find(name);
  return at == headers.end() ? "" : at->second;
}

std::string RequestInfo::Query(const std::string& key) const {
  const auto at = query.find(key);
  return at == query.end() ? "" : at->second;
}

bool RequestInfo::QueryIs(const std::string& key) const {
  const std::string v = Query(key);
  return v == "true" || v == "1" || v == "t" || v == "True";
}

RequestInfo ParseTarget(const std::string& method, const std::string& target) {
  RequestInfo out;
  const size_t question = target.find('?');
  const std::string raw = target.substr(0, question);
  if (question != std::string::npos) ParseQuery(std::string_view(target).substr(question + 1), &out.query);
  out.path = UrlDecode(raw, false);
  const std::vector<std::string> part = Segments(raw);
  if (part.size() >= 3 && part[0] == "api") {
    out.version = part[1];
    ParseResource(part, 2, &out);
  } else if (part.size() >= 4 && part[0] == "apis") {
    out.group = part[1];
    out.version = part[2];
    ParseResource(part, 3, &out);
  }
  out.verb = VerbOf(method, out);
  return out;
}

Response JsonResponse(int code, const Value& body) {
  Response out;
  out.code = code;
  out.body = Print(body);
  out.body.push_back('\n');
  return out;
}

Response FailureResponse(const Failure& failure) {
  Response out = JsonResponse(failure.code, ToStatus(failure));
  if (failure.retry_after_seconds > 0) {
    out.headers.emplace_back("Retry-After", std::to_string(failure.retry_after_seconds));
  }
  if (!failure.allow.empty()) out.headers.emplace_back("Allow", failure.allow);
  return out;
}

Response TextResponse(int code, std::string text) {
  Response out;
  out.code = code;
  out.content_type = "text/plain; charset=utf-8";
  out.body = std::move(text);
  return out;
}

}  // namespace fairlead::apiserver
