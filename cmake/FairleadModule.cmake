# One function a module. A module is a static library that owns one or more folders; its headers are reachable only
# through a wall: a folder in the build tree that holds links to just those folders. A target sees its own walls and
# those of the modules that it names in DEPENDS, so an include that breaks the order of dependencies does not compile.
#
#   fairlead_module(reconcilers
#     DIRS reconcilers                 # folders, from the top of the checkout
#     SOURCES lower.cc …               # explicit, relative to the current folder
#     HEADERS lower.h …                # likewise; each is compiled alone (target verify_headers)
#     DEPENDS crds                     # seen by includers too
#     PRIVATE_DEPENDS …)               # seen by this module's sources only

find_package(Threads REQUIRED)
# A Kubernetes control plane is some 1 GB, and busy while it starts.
file(WRITE ${CMAKE_BINARY_DIR}/test_resources.json
  [[{"version": {"major": 1, "minor": 0}, "local": [{"kube": [{"id": "0", "slots": 2}]}]}]])
add_custom_target(verify_headers)
if(FAIRLEAD_FUZZ)
  add_custom_target(fuzz_targets)
endif()

function(fairlead_wall target)
  foreach(dir IN LISTS ARGN)
    get_filename_component(parent "${CMAKE_BINARY_DIR}/walls/${target}/${dir}" DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    if(NOT IS_SYMLINK "${CMAKE_BINARY_DIR}/walls/${target}/${dir}")
      file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${dir}" "${CMAKE_BINARY_DIR}/walls/${target}/${dir}" SYMBOLIC)
    endif()
  endforeach()
endfunction()

# What nearly every source includes is read by the compiler once: a fifth of the time of a build. Each file still names all
# that it uses, which the preset tidy shows, where nothing is precompiled.
option(FAIRLEAD_PRECOMPILE "Precompile the headers of the standard library and of GoogleTest" ON)
set(FAIRLEAD_STANDARD_HEADERS
  <algorithm> <array> <atomic> <chrono> <condition_variable> <deque> <exception> <filesystem> <functional> <iomanip> <iostream>
  <iterator> <limits> <map> <memory> <mutex> <new> <numeric> <optional> <ranges> <set> <shared_mutex> <span> <sstream>
  <stdexcept> <stop_token> <string> <string_view> <thread> <tuple> <type_traits> <unordered_map> <unordered_set> <utility>
  <variant> <vector>)

# fairlead_precompile(target precompiled | precompiled_for_tests)
function(fairlead_precompile target of)
  if(NOT FAIRLEAD_PRECOMPILE)
    return()
  endif()
  if(NOT TARGET ${of})
    set(source "${CMAKE_BINARY_DIR}/${of}.cc")
    if(NOT EXISTS ${source})
      file(WRITE ${source} "")
    endif()
    add_library(${of} OBJECT ${source})
    target_link_libraries(${of} PRIVATE fairlead_flags Threads::Threads)
    set(headers ${FAIRLEAD_STANDARD_HEADERS})
    if(of STREQUAL "precompiled_for_tests")
      target_link_libraries(${of} PRIVATE GTest::gmock)
      list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
    endif()
    target_precompile_headers(${of} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${of})
endfunction()

# fairlead_batches(target [file …]): where FAIRLEAD_BATCHES is on, sources of tests are compiled up to eight at a time, those
# of a folder together, since most of the time goes into what all of them include and instantiate: in half to two thirds of it.
# Two sources of a batch that name two things alike do not compile: give the two one name and one place if they are the
# same thing, else name them apart. The files listed are compiled alone, for those that say much alike on purpose.
# What is shipped is compiled source by source everywhere: in a batch, a helper may call an overload of another's.
option(FAIRLEAD_BATCHES "Compile sources of tests in batches" OFF)
set(FAIRLEAD_BATCH 8)

function(fairlead_batches target)
  set(tests "${CMAKE_SOURCE_DIR}/tests")
  cmake_path(IS_PREFIX tests "${CMAKE_CURRENT_SOURCE_DIR}" of_tests)
  if(NOT FAIRLEAD_BATCHES OR NOT of_tests)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder "${source}" DIRECTORY)
    string(MAKE_C_IDENTIFIER "in_${folder}" folder)
    if(source MATCHES "\\.cc$" AND NOT source IN_LIST ARGN)
      list(LENGTH of_${folder} before)
      list(APPEND of_${folder} "${source}")
      math(EXPR batch "${before} / ${FAIRLEAD_BATCH}")
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${target}_${folder}_${batch}")
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # To g++ the types of a batch are those of a header.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

function(fairlead_module name)
  cmake_parse_arguments(M "" "" "DIRS;SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "fairlead_module(${name}): unknown argument ${M_UNPARSED_ARGUMENTS}")
  endif()
  fairlead_wall(${name} ${M_DIRS})
  set(wall "${CMAKE_BINARY_DIR}/walls/${name}")
  if(M_SOURCES)
    add_library(${name} STATIC ${M_SOURCES})
    target_include_directories(${name} PUBLIC ${wall})
    target_link_libraries(${name} PUBLIC ${M_DEPENDS} Threads::Threads PRIVATE fairlead_flags ${M_PRIVATE_DEPENDS})
    fairlead_batches(${name})
    fairlead_precompile(${name} precompiled)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${wall})
    target_link_libraries(${name} INTERFACE ${M_DEPENDS})
  endif()
  add_library(fairlead::${name} ALIAS ${name})

  # Each public header compiles alone.
  set(stubs)
  foreach(header IN LISTS M_HEADERS)
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} "${CMAKE_CURRENT_SOURCE_DIR}/${header}")
    string(MAKE_C_IDENTIFIER "${path}" id)
    set(stub "${CMAKE_BINARY_DIR}/verify_headers/${id}.cc")
    if(NOT EXISTS ${stub})
      file(WRITE ${stub} "#include \"${path}\"\n")
    endif()
    list(APPEND stubs ${stub})
  endforeach()
  if(stubs)
    add_library(${name}_headers OBJECT EXCLUDE_FROM_ALL ${stubs})
    target_link_libraries(${name}_headers PRIVATE ${name} fairlead_flags)
    add_dependencies(verify_headers ${name}_headers)
  endif()
endfunction()

# fairlead_sanitizer_options(target): what every program of tests says to the sanitizers, compiled once.
function(fairlead_sanitizer_options target)
  if(NOT TARGET sanitizer_options)
    add_library(sanitizer_options OBJECT ${CMAKE_SOURCE_DIR}/tests/support/sanitizer_options.cc)
    target_link_libraries(sanitizer_options PRIVATE fairlead_flags)
    target_compile_definitions(sanitizer_options PRIVATE FAIRLEAD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  endif()
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:sanitizer_options>)
endfunction()

# fairlead_test(unit_crds SOURCES a_test.cc … DEPENDS crds … [APART a_test.cc …] [LABELS unit] [TIMEOUT seconds]
#   [RESOURCE name] [WHOLE])
# One GoogleTest binary; each TEST is a ctest test of its own, or with WHOLE the binary is one (its tests share a costly
# fixture, such as an API server). RESOURCE: of tests that name the same one, no more run at once than
# the file test_resources.json in the build folder has slots for (tools/run-tests gives it to ctest).
function(fairlead_test name)
  if(NOT FAIRLEAD_TESTS)
    return()
  endif()
  cmake_parse_arguments(T "WHOLE" "TIMEOUT;RESOURCE" "SOURCES;APART;DEPENDS;LABELS" ${ARGN})
  if(T_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "fairlead_test(${name}): unknown argument ${T_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  if(NOT T_LABELS)
    set(T_LABELS unit)
  endif()
  add_executable(${name} ${T_SOURCES})
  fairlead_batches(${name} ${T_APART})
  fairlead_precompile(${name} precompiled_for_tests)
  fairlead_sanitizer_options(${name})
  target_link_libraries(${name} PRIVATE fairlead_flags ${T_DEPENDS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE FAIRLEAD_SOURCE_DIR="${CMAKE_SOURCE_DIR}" FAIRLEAD_BINARY_DIR="${CMAKE_BINARY_DIR}")
  # A run that was skipped ends with the list of what was. GoogleTest says SKIPPED also where a suite's set-up failed, and
  # then what failed stands behind it.
  set(properties TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}" SKIP_REGULAR_EXPRESSION "SKIPPED . [^ ]*$"
    ENVIRONMENT "FAIRLEAD_CACHE=${FAIRLEAD_CACHE}")
  if(T_RESOURCE)
    list(APPEND properties RESOURCE_GROUPS "1,${T_RESOURCE}:1")
  endif()
  if(T_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES ${properties})
  else()
    gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
  endif()
endfunction()

# fairlead_fuzz(yaml SOURCES yaml_fuzz.cc DEPENDS crds_base): the program fuzz_yaml, of LLVMFuzzerTestOneInput() and the
# seeds in tests/fuzz/corpus/yaml. Under the fuzz preset it is a libFuzzer target (`make fuzz`, target fuzz_targets);
# under those with tests it only runs every seed once, as the ctest test fuzz_yaml.
function(fairlead_fuzz name)
  if(NOT FAIRLEAD_TESTS AND NOT FAIRLEAD_FUZZ)
    return()
  endif()
  cmake_parse_arguments(F "" "" "SOURCES;DEPENDS" ${ARGN})
  if(F_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "fairlead_fuzz(${name}): unknown argument ${F_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(fuzz_${name} ${F_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE fairlead_flags ${F_DEPENDS})
  if(FAIRLEAD_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz_targets fuzz_${name})
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 120 LABELS "unit;fuzz")
  endif()
endfunction()
