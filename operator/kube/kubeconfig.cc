// ParseKubeconfig: see config.h. The format is client-go's clientcmd api/v1 types.
#include <filesystem>

#include "crds/base/base64.h"
#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "operator/kube/config.h"

namespace fairlead::kube {
namespace {

struct File {
  std::string name;
  JsonDocument doc;
};

// An entry of clusters, users or contexts, with what is needed for messages and relative paths.
struct Entry {
  const File* file = nullptr;
  std::string path;  // "users[1].user"
  std::optional<JsonNode> node;

  std::string Where(std::string_view field) const {
    return file->name + ": " + path + "." + std::string(field);
  }
  Error Wrong(std::string_view field, const std::string& what) const {
    return Error{ErrorClass::kInvalid, Where(field) + ": " + what};
  }
};

// Reads fields of one entry; the first thing that is wrong is kept.
class Reader {
 public:
  explicit Reader(const Entry& entry) : entry_(entry) {}

  std::string Text(std::string_view field) {
    const std::optional<JsonNode> node = Member(field);
    if (!node) return "";
    if (!node->IsString()) {
      Fail(field, "must be a string, not " + std::string(node->type_name()));
      return "";
    }
    return std::string(node->AsString());
  }
  bool Bool(std::string_view field) {
    const std::optional<JsonNode> node = Member(field);
    if (!node) return false;
    if (!node->AsBool()) Fail(field, "must be true or false");
    return node->AsBool().value_or(false);
  }
  std::string FilePath(std::string_view field) {
    const std::string text = Text(field);
    if (text.empty() || text.front() == '/') return text;
    return (std::filesystem::path(entry_.file->name).parent_path() / text).lexically_normal().string();
  }
  std::string Base64(std::string_view field);
  std::vector<std::string> Texts(std::string_view field);
  std::optional<JsonNode> Member(std::string_view field) const {
    const std::optional<JsonNode> node = entry_.node->Find(field);
    return node && !node->IsNull() ? node : std::nullopt;
  }
  void Fail(std::string_view field, const std::string& what) {
    if (error_.message.empty()) error_ = entry_.Wrong(field, what);
  }
  void Adopt(const Error& error) {
    if (error_.message.empty()) error_ = error;
  }
  const Error& error() const { return error_; }
  bool ok() const { return error_.message.empty(); }

 private:
  const Entry& entry_;
  Error error_;
};

std::string Reader::Base64(std::string_view field) {
  std::optional<std::string> decoded = DecodeBase64(Text(field));
  if (!decoded) Fail(field, "is not base64");
  return decoded.value_or("");
}

std::vector<std::string> Reader::Texts(std::string_view field) {
  std::vector<std::string> out;
  const std::optional<JsonNode> node = Member(field);
  if (!node) return out;
  if (!node->IsArray()) Fail(field, "must be a list of strings");
  for (JsonNode item : node->Items()) {
    if (!item.IsString()) Fail(field, "must be a list of strings");
    out.emplace_back(item.AsString());
  }
  return out;
}

// The first entry of that name over all files.
Result<Entry> FindEntry(const std::vector<File>& files, const std::string& list, const std::string& member,
                        const std::string& name) {
  for (const File& file : files) {
    const std::optional<JsonNode> entries = file.doc.root().Find(list);
    if (!entries || entries->IsNull()) continue;
    if (!entries->IsArray()) {
      return Unexpected(Error{ErrorClass::kInvalid, file.name + ": " + list + ": must be a list"});
    }
    size_t index = 0;
    for (JsonNode item : entries->Items()) {
      const std::string path = list + "[" + std::to_string(index++) + "]";
      if (item.StringAt("name") != name) continue;
      const std::optional<JsonNode> inner = item.Find(member);
      if (!inner || !inner->IsObject()) {
        return Unexpected(
            Error{ErrorClass::kInvalid, file.name + ": " + path + "." + member + ": must be an object"});
      }
      return Entry{&file, path + "." + member, inner};
    }
  }
  return Unexpected(
      Error{ErrorClass::kInvalid, files.front().name + ": " + list + ": there is no \"" + name + "\""});
}

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "[::1]" || host.rfind("127.", 0) == 0;
}

// "https://host[:port][/path]" in lower-case scheme and without trailing slash.
void ReadServer(Reader& reader, ClusterConfig* config) {
  std::string server = reader.Text("server");
  while (server.ends_with('/')) server.pop_back();
  if (server.empty()) return reader.Fail("server", "is missing");
  if (server.find("://") == std::string::npos) server = "https://" + server;
  const size_t start = server.find("://") + 3;
  const std::string scheme = server.substr(0, start);
  const std::string authority = server.substr(start, server.find('/', start) - start);
  const size_t port = authority.find_last_of(':');
  const bool has_port = port != std::string::npos && authority.find(']', port) == std::string::npos;
  const std::string host = has_port ? authority.substr(0, port) : authority;
  if (server.find('@') != std::string::npos) {  // not shown: it may be a password
    return reader.Fail("server", "must hold no user or password, nor any other \"@\"");
  }
  if (host.empty() || server.find_first_of(" \t\r\n?#") != std::string::npos) {
    return reader.Fail("server", "is not a URL of scheme, host and port: \"" + server + "\"");
  }
  if (scheme == "http://" && !IsLoopback(host)) {
    return reader.Fail("server", "plain HTTP is taken for loopback addresses only");
  }
  if (scheme != "http://" && scheme != "https://") return reader.Fail("server", "must begin with https://");
  config->server = server;
}

Result<void> ReadCluster(const Entry& entry, ClusterConfig* config) {
  Reader reader(entry);
  ReadServer(reader, config);
  config->tls_server_name = reader.Text("tls-server-name");
  config->ca_pem = reader.Base64("certificate-authority-data");
  if (config->ca_pem.empty()) config->ca_file = reader.FilePath("certificate-authority");
  if (reader.Bool("insecure-skip-tls-verify")) {
    reader.Fail("insecure-skip-tls-verify", "is refused: give the authority in certificate-authority-data");
  }
  if (!reader.Text("proxy-url").empty()) reader.Fail("proxy-url", "proxies are not supported");
  if (!reader.ok()) return Unexpected(reader.error());
  return {};
}

void ReadExec(const Entry& user, Reader& outer, ClusterConfig* config) {
  const std::optional<JsonNode> node = outer.Member("exec");
  if (!node) return;
  if (!node->IsObject()) return outer.Fail("exec", "must be an object");
  const Entry entry{user.file, user.path + ".exec", node};
  Reader reader(entry);
  ExecPlugin exec;
  exec.command = reader.Text("command");
  if (exec.command.find('/') != std::string::npos) exec.command = reader.FilePath("command");
  exec.args = reader.Texts("args");
  exec.api_version = reader.Text("apiVersion");
  exec.install_hint = reader.Text("installHint");
  exec.provide_cluster_info = reader.Bool("provideClusterInfo");
  if (exec.command.empty()) reader.Fail("command", "is missing");
  if (exec.api_version != "client.authentication.k8s.io/v1" &&
      exec.api_version != "client.authentication.k8s.io/v1beta1") {
    reader.Fail("apiVersion",
                "must be client.authentication.k8s.io/v1 or v1beta1, not \"" + exec.api_version + "\"");
  }
  if (reader.Text("interactiveMode") == "Always") {
    reader.Fail("interactiveMode", "an interactive plug-in cannot be used: there is no terminal");
  }
  if (const std::optional<JsonNode> env = reader.Member("env")) {
    for (JsonNode item : env->Items()) {
      exec.env.emplace_back(item.StringAt("name"), item.StringAt("value"));
      if (exec.env.back().first.empty()) reader.Fail("env", "an entry has no name");
    }
  }
  if (!reader.ok()) return outer.Adopt(reader.error());
  config->exec = std::move(exec);
}

Result<void> ReadUser(const Entry& entry, ClusterConfig* config) {
  Reader reader(entry);
  config->client_certificate_pem = reader.Base64("client-certificate-data");
  if (config->client_certificate_pem.empty()) {
    config->client_certificate_file = reader.FilePath("client-certificate");
  }
  config->client_key_pem = Secret(reader.Base64("client-key-data"));
  if (config->client_key_pem.empty()) config->client_key_file = reader.FilePath("client-key");
  const bool certificate =
      !config->client_certificate_pem.empty() || !config->client_certificate_file.empty();
  const bool key = !config->client_key_pem.empty() || !config->client_key_file.empty();
  if (certificate != key) {
    reader.Fail(certificate ? "client-key" : "client-certificate", "is missing beside its other half");
  }
  config->token = Secret(reader.Text("token"));
  config->token_file = reader.FilePath("tokenFile");
  config->impersonate_user = reader.Text("as");
  config->impersonate_uid = reader.Text("as-uid");
  config->impersonate_groups = reader.Texts("as-groups");
  if (reader.Member("as-user-extra")) reader.Fail("as-user-extra", "is not supported");
  if (reader.Member("auth-provider")) reader.Fail("auth-provider", "is not supported: use an exec plug-in");
  if (!reader.Text("username").empty()) reader.Fail("username", "basic authentication is not supported");
  ReadExec(entry, reader, config);
  if (!reader.ok()) return Unexpected(reader.error());
  return {};
}

Result<std::vector<File>> ParseFiles(const std::vector<NamedText>& files) {
  std::vector<File> out;
  for (const NamedText& file : files) {
    Result<std::vector<YamlDocument>> yaml =
        ParseYaml(file.text, {.max_bytes = 16u << 20, .max_nodes = 1'000'000});
    if (!yaml) return Unexpected(Error{ErrorClass::kInvalid, file.file + ": " + yaml.error().message});
    if (yaml->empty()) continue;  // an empty file is an empty configuration
    if (yaml->size() > 1)
      return Unexpected(Error{ErrorClass::kInvalid, file.file + ": holds more than one document"});
    Result<JsonDocument> doc = JsonDocument::Parse(yaml->front().json, 64u << 20);
    if (!doc) return Unexpected(Error{ErrorClass::kInvalid, file.file + ": " + doc.error().message});
    if (!doc->root().IsObject())
      return Unexpected(Error{ErrorClass::kInvalid, file.file + ": is not a kubeconfig"});
    out.push_back({file.file, std::move(*doc)});
  }
  if (out.empty()) return Unexpected(Error{ErrorClass::kInvalid, "the kubeconfig is empty"});
  return out;
}

}  // namespace

Result<ClusterConfig> ParseKubeconfig(const std::vector<NamedText>& texts, const std::string& context_name) {
  Result<std::vector<File>> files = ParseFiles(texts);
  if (!files) return Unexpected(files.error());
  ClusterConfig config;
  config.context = context_name;
  for (const File& file : *files) {
    if (config.context.empty()) config.context = file.doc.root().StringAt("current-context");
  }
  if (config.context.empty()) {
    return Unexpected(Error{ErrorClass::kInvalid, files->front().name + ": current-context: is not set"});
  }
  Result<Entry> context = FindEntry(*files, "contexts", "context", config.context);
  if (!context) return Unexpected(context.error());
  const std::string cluster_name(context->node->StringAt("cluster"));
  const std::string user_name(context->node->StringAt("user"));
  config.ns = context->node->StringAt("namespace");
  if (config.ns.empty()) config.ns = "default";
  Result<Entry> cluster = FindEntry(*files, "clusters", "cluster", cluster_name);
  if (!cluster) return Unexpected(cluster.error());
  if (Result<void> read = ReadCluster(*cluster, &config); !read) return Unexpected(read.error());
  if (user_name.empty()) return config;  // anonymous
  Result<Entry> user = FindEntry(*files, "users", "user", user_name);
  if (!user) return Unexpected(user.error());
  if (Result<void> read = ReadUser(*user, &config); !read) return Unexpected(read.error());
  return config;
}

}  // namespace fairlead::kube
