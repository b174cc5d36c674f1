# What `cmake --install` and the Debian package of deploy/package put where. Programs that only their units start are in
# /usr/lib/readcount, where their names, of which `gateway` is anybody's, get in nobody's way; people call `readcount`.
set(package ${CMAKE_SOURCE_DIR}/deploy/debian)
set(units ${CMAKE_SOURCE_DIR}/deploy/systemd)
set(prepared ${CMAKE_BINARY_DIR}/package)

# app.yaml as it is packaged: where it speaks of deploy/run, it speaks of the package.
file(READ ${CMAKE_SOURCE_DIR}/app.yaml app_yaml)
function(packaged_instead from to)
  string(FIND "${app_yaml}" "${from}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "app.yaml has no longer the text that cmake/Package.cmake replaces: ${from}")
  endif()
  string(REPLACE "${from}" "${to}" text "${app_yaml}")
  set(app_yaml "${text}" PARENT_SCOPE)
endfunction()
packaged_instead("Empty: `deploy/run` starts a private MariaDB and sets this itself."
                 "The services need it; a password is best kept\n  # in /etc/readcount/servers.env, as READCOUNT_MYSQL_DSN.")
packaged_instead("# Empty: `deploy/run` starts a private Redis with AOF and sets this itself."
                 "# The services need it; a password is best kept in /etc/readcount/servers.env, as READCOUNT_REDIS_DSN.")
packaged_instead("  # `deploy/run` sets .run/spool.db.\n  spool: \"\"" "  spool: /var/lib/readcount/spool.db")
file(WRITE ${prepared}/app.yaml "${app_yaml}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS app.yaml ${package}/changelog)

execute_process(COMMAND gzip -9nc ${package}/changelog OUTPUT_FILE ${prepared}/changelog.gz COMMAND_ERROR_IS_FATAL ANY)

set(by_root OWNER_READ OWNER_WRITE)
install(TARGETS article-service sync-service gateway RUNTIME DESTINATION lib/readcount COMPONENT readcount)
install(DIRECTORY sql DESTINATION share/readcount COMPONENT readcount)
install(FILES ${prepared}/app.yaml DESTINATION /etc/readcount PERMISSIONS ${by_root} GROUP_READ COMPONENT readcount)
install(FILES ${package}/servers.env ${package}/gateway.env DESTINATION /etc/readcount PERMISSIONS ${by_root}
        COMPONENT readcount)
install(FILES ${units}/readcount-article.service ${units}/readcount-sync.service ${units}/readcount-gateway.service
              ${units}/readcount.target
        DESTINATION /lib/systemd/system COMPONENT readcount)
install(FILES ${units}/sysusers.conf DESTINATION lib/sysusers.d RENAME readcount.conf COMPONENT readcount)
install(FILES ${units}/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME readcount.conf COMPONENT readcount)
install(FILES deploy/prometheus/alerts.yml deploy/prometheus/prometheus.yml DESTINATION share/readcount/prometheus
        COMPONENT readcount)
install(FILES deploy/grafana/readcount.json DESTINATION share/readcount/grafana COMPONENT readcount)
install(FILES README.md CHANGELOG.md ${package}/copyright ${prepared}/changelog.gz DESTINATION share/doc/readcount COMPONENT readcount)
install(FILES ${package}/lintian-overrides DESTINATION share/lintian/overrides RENAME readcount COMPONENT readcount)

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};readcount;readcount;/")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME readcount)
set(CPACK_PACKAGE_CONTACT "readcount maintainers <maintainers@readcount.example.org>")
set(CPACK_DEBIAN_PACKAGE_NAME readcount)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "systemd | systemd-standalone-sysusers | systemd-sysusers, systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "default-mysql-server, redis-server, prometheus")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "exact view counts for articles, in Redis and MySQL")
set(CPACK_PACKAGE_DESCRIPTION "readcount counts the views of articles. It answers an article with a count
that is exact to the last view, counts in Redis so that MySQL is spared, and
moves the views to MySQL in the background, each exactly once.

The package has the two gRPC services, the HTTP gateway with its dashboard,
their systemd units, the schema, and the command readcount, which migrates,
syncs, audits and looks for what is wrong.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package}/postinst ${package}/prerm ${package}/postrm ${package}/conffiles)
include(CPack)
