# Writes a C++ source that holds the CRDs: cmake -DOUT=file.cc -DDIR=crds/schema -P EmbedManifests.cmake
set(code "#include \"crds/schema/manifests.h\"\n\nnamespace fairlead {\nnamespace {\n\n")
set(entries "")
foreach(pair "kRetryTimeoutPolicy=retry_timeout_policy" "kFailoverPolicy=failover_policy" "kWorkspace=workspace"
    "kWorkspaceSettings=workspace_settings" "kDataPlane=data_plane"
    "kPolicyChange=policy_change")
  string(REPLACE "=" ";" pair "${pair}")
  list(GET pair 0 kind)
  list(GET pair 1 name)
  # As hexadecimal, so that no byte of the text means anything to CMake.
  file(READ "${DIR}/${name}.yaml" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
  string(REGEX REPLACE "((\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?)" "\"\\1\"\n" lines "${bytes}")
  string(APPEND code "constexpr char ${kind}[] =\n${lines};\n\n")
  # What nothing is lowered from has no Kind.
  if(NOT kind STREQUAL "kPolicyChange")
    string(APPEND entries "    case Kind::${kind}:\n      return {${kind}, sizeof ${kind} - 1};\n")
    string(APPEND all "CrdManifest(Kind::${kind}), ")
  endif()
endforeach()
string(APPEND code "}  // namespace\n\nstd::string_view CrdManifest(Kind kind) {\n  switch (kind) {\n${entries}    default:\n      return {};\n  }\n}\n\n")
string(APPEND code "std::string_view PolicyChangeManifest() { return {kPolicyChange, sizeof kPolicyChange - 1}; }\n\n")
string(APPEND all "PolicyChangeManifest()")
string(APPEND code "std::vector<std::string> CrdManifests() {\n  std::vector<std::string> out;\n  for (std::string_view manifest : {${all}}) out.emplace_back(manifest);\n  return out;\n}\n\n}  // namespace fairlead\n")
file(WRITE "${OUT}" "${code}")
