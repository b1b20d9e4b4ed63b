#include "tests/support/apiserver/server.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crds/base/yaml.h"
#include "tests/support/apiserver/http_server.h"

namespace fairlead::apiserver {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> ManifestFiles(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {path};
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(path, ignored)) {
    const std::string extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Definitions, then namespaces, then what stands in them.
int Rank(const Value& object) {
  const std::string kind = TextAt(object, "kind");
  return kind == "CustomResourceDefinition" ? 0 : kind == "Namespace" ? 1 : 2;
}

Result<void> ReadManifests(const std::string& file, std::vector<Value>* out) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Unexpected(Error{ErrorClass::kNotFound, "cannot read " + file});
  Result<std::vector<YamlDocument>> documents = ParseYaml(text.str());
  if (!documents) return Unexpected(Error{ErrorClass::kInvalid, file + ": " + documents.error().message});
  for (const YamlDocument& document : *documents) {
    Result<Value> object = ParseJson(document.json);
    if (!object) return Unexpected(Error{ErrorClass::kInvalid, file + ": " + object.error().message});
    if (TextAt(*object, "kind") == "List") {
      for (const Value& item : Get(*object, "items")) out->push_back(item);
    } else if (object->isObject() && Has(*object, "kind")) {
      out->push_back(std::move(*object));
    }
  }
  return {};
}

}  // namespace

std::string DefaultOpenapiDir() {
  const char* cache = std::getenv("FAIRLEAD_CACHE");
  const char* home = std::getenv("HOME");
  const std::string root = cache ? std::string(cache) : std::string(home ? home : "") + "/.cache/fairlead";
  const std::string dir = root + "/current/openapi/v3";
  std::error_code ignored;
  return fs::exists(dir + "/api__v1_openapi.json", ignored) ? dir : "";
}

ApiServer::ApiServer(ServerOptions options)
    : options_(std::move(options)), api_(std::make_unique<Api>(options_.api)) {}
ApiServer::~ApiServer() { Stop(); }

Result<std::unique_ptr<ApiServer>> ApiServer::Start(ServerOptions options) {
  std::unique_ptr<ApiServer> server(new ApiServer(std::move(options)));
  const ServerOptions& o = server->options_;
  HttpOptions http{o.host,
                   o.port,
                   o.tls.certificate,
                   o.tls.key,
                   o.max_connections,
                   o.api.max_body_bytes,
                   o.bookmark_interval};
  Result<std::unique_ptr<HttpServer>> started = HttpServer::Start(
      std::move(http), [api = server->api_.get()](const Request& r) { return api->Handle(r); });
  if (!started) return Unexpected(started.error());
  server->http_ = std::move(*started);
  return server;
}

uint16_t ApiServer::port() const { return http_->port(); }

std::string ApiServer::url() const {
  return (options_.tls.certificate.empty() ? "http://" : "https://") + options_.host + ":" +
         std::to_string(port());
}

std::string ApiServer::kubeconfig(const std::string& token) const {
  std::string out =
      "apiVersion: v1\nkind: Config\ncurrent-context: fairlead-embedded\nclusters:\n- name: "
      "fairlead-embedded\n  cluster:\n"
      "    server: " +
      url() + "\n";
  if (!options_.tls.ca.empty()) out += "    certificate-authority: " + options_.tls.ca + "\n";
  out +=
      "contexts:\n- name: fairlead-embedded\n  context: {cluster: fairlead-embedded, user: "
      "fairlead-embedded}\n";
  out += "users:\n- name: fairlead-embedded\n  user: ";
  return out + (token.empty() ? "{}" : "{token: " + QuoteJson(token) + "}") + "\n";
}

Result<void> ApiServer::ApplyFiles(const std::string& path) {
  std::vector<Value> objects;
  for (const std::string& file : ManifestFiles(path)) {
    if (Result<void> read = ReadManifests(file, &objects); !read) return read;
  }
  std::stable_sort(objects.begin(), objects.end(),
                   [](const Value& a, const Value& b) { return Rank(a) < Rank(b); });
  for (const Value& object : objects) {
    Outcome<Value> applied = Apply(object, "fairlead-apiserver");
    if (!applied) {
      return Unexpected(Error{ErrorClass::kInvalid, path + ": " + TextAt(object, "kind") + " " +
                                                        TextAt(object, {"metadata", "name"}) + ": " +
                                                        applied.error().message});
    }
  }
  return {};
}

void ApiServer::DropConnections() { http_->DropConnections(); }
void ApiServer::Stop() {
  if (http_) http_->Stop();
}

}  // namespace fairlead::apiserver
