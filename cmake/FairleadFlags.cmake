# Warnings, sanitizers and ccache for the project's own targets.
# fairlead_flags carries warnings and sanitizers; generated code links fairlead_generated_flags (no warnings, no sanitizers).

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the checkout, so that every clone and worktree shares one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

add_library(fairlead_flags INTERFACE)
target_compile_options(fairlead_flags INTERFACE -pthread)  # some libraries ask for it, and precompiled headers are of one mind
target_compile_options(fairlead_flags INTERFACE -Wall -Wextra -Werror=return-type -Werror=switch -Wno-missing-field-initializers)
option(FAIRLEAD_WERROR "Warnings are errors" ON)
if(FAIRLEAD_WERROR)
  target_compile_options(fairlead_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely through inlined std::string and std::variant.
  target_compile_options(fairlead_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(FAIRLEAD_SANITIZE)
  target_compile_options(fairlead_flags INTERFACE -fsanitize=${FAIRLEAD_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(fairlead_flags INTERFACE -fsanitize=${FAIRLEAD_SANITIZE})
  if(FAIRLEAD_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(fairlead_flags INTERFACE -Wno-tsan)  # Boost.Asio's fences, which TSan does not see
  endif()
  if(FAIRLEAD_SANITIZE MATCHES "undefined")
    # cpprestsdk's own type information across the shared library makes vptr reports that are false.
    # A null pointer, or one beyond its object, is found by ASan once memory is touched; checked here, too, they
    # are a sixth of the time that a build takes.
    target_compile_options(fairlead_flags INTERFACE -fno-sanitize=vptr,null,object-size -fno-sanitize-recover=undefined)
    if(NOT FAIRLEAD_FUZZ)
      # These are another fifth, for each access and each step of a pointer; the fuzz targets, which are where outside
      # bytes are read, have them.
      target_compile_options(fairlead_flags INTERFACE -fno-sanitize=alignment,pointer-overflow)
    endif()
  endif()
endif()
if(FAIRLEAD_FUZZ)
  # Coverage for libFuzzer in our own code; only the fuzz targets link its main().
  target_compile_options(fairlead_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(fairlead_generated_flags INTERFACE)
target_compile_options(fairlead_generated_flags INTERFACE -w)
