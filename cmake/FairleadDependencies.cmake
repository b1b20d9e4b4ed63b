# Libraries from Debian 12. Why each is here:
#   jsoncpp     writing JSON, and small dynamic documents      simdjson  reading objects and whole lists
#   libyaml     YAML events with line and column               spdlog    structured logs
#   cpprestsdk  HTTP client of the Kubernetes API              OpenSSL   TLS
#   protobuf    Envoy's messages                               gRPC      the xDS server
#   re2         the regular expressions that Envoy takes
#   prometheus-cpp  metrics                                    Boost.Beast  HTTP server (health, metrics)
#   CLI11       command lines
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(jsoncpp CONFIG REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(Boost REQUIRED COMPONENTS system)
find_package(cpprestsdk CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
if(NOT TARGET re2::re2)  # Debian's gRPC names it, Debian's re2 brings no CMake package
  add_library(re2::re2 ALIAS PkgConfig::re2)
endif()
pkg_check_modules(libyaml REQUIRED IMPORTED_TARGET yaml-0.1)
if(FAIRLEAD_TESTS OR FAIRLEAD_BENCH OR FAIRLEAD_FUZZ)
  find_package(GTest CONFIG REQUIRED)
  include(GoogleTest)
endif()
if(FAIRLEAD_BENCH)
  find_package(benchmark CONFIG REQUIRED)
endif()
