# Every dependency is a Debian package; deploy/packages lists them.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(ZLIB REQUIRED)

pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc++)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

# Oracle's library installs mysqlclient.pc; MariaDB's, which Debian ships under the MySQL names, libmariadb.pc.
pkg_check_modules(MYSQL IMPORTED_TARGET mysqlclient)
if(NOT MYSQL_FOUND)
  pkg_check_modules(MYSQL REQUIRED IMPORTED_TARGET libmariadb)
endif()

find_library(GRPC_REFLECTION grpc++_reflection REQUIRED)
find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the source tree are hashed as relative ones, so that every clone shares what one has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
