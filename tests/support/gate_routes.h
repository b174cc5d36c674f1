#pragma once

#include <string>

#include "tests/support/gate.h"
#include "tests/support/program.h"
#include "tests/support/servers.h"

namespace readcount::testing {

// The address of Redis or MySQL for those who shall go through a gate.
inline std::string RedisDsn(const Gate& gate) {
  return "redis://" + gate.address() + "/0";
}
inline std::string MysqlDsn(const Gate& gate) {
  return "mysql://root@" + gate.address() + "/article_sys";
}

// Starts a program again with another value of one variable.
inline void RestartWith(ProgramProcess& program, const std::string& name, const std::string& value) {
  program.Kill();
  program.SetVariable(name, value);
  program.Restart();
}

}  // namespace readcount::testing
