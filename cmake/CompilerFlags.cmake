add_library(readcount_flags INTERFACE)
target_include_directories(readcount_flags INTERFACE ${CMAKE_SOURCE_DIR})
# Designated initialisers leave fields at their defaults on purpose; gcc's -Wextra calls that missing.
target_compile_options(readcount_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_compile_definitions(readcount_flags INTERFACE READCOUNT_VERSION="${PROJECT_VERSION}")

if(READCOUNT_SANITIZE)
  # Without vptr: that check probes memory through a pipe, so it calls sound objects broken when a test has used up
  # the descriptors.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    add_compile_options(-fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitizer-ignore.txt)
  endif()
endif()

# readcount_library(NAME SOURCES... LINK LIBS...): a static library that follows the project's flags.
function(readcount_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC readcount_flags ${ARG_LINK})
endfunction()

# readcount_program(NAME SOURCES... LINK LIBS...): a program of the product, with jemalloc for its heap. The sanitizers
# bring an allocator of their own.
function(readcount_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE readcount_flags ${ARG_LINK})
  if(NOT READCOUNT_SANITIZE)
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/services/common/base/heap.cc)
    target_link_libraries(${name} PRIVATE PkgConfig::JEMALLOC)
  endif()
endfunction()
