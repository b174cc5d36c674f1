#include "services/common/rpc/program.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/log.h"
#include "services/common/base/service_manager.h"
#include "services/common/config/variables.h"
#include "services/common/rpc/descriptors.h"
#include "services/common/rpc/protobuf_log.h"

namespace readcount {
namespace {

constexpr int kCannotStart = 1;
constexpr int kBadUsage = 2;

struct CommandLine {
  std::string config = "app.yaml";
  std::string announce;
  std::string get;
  bool secrets = false;
  bool check_config = false;
};

// Blocked in every thread, so that only the main thread's sigwait receives them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

absl::Status Announce(const std::string& path, const Address& address) {
  const std::string temporary = absl::StrCat(path, ".", getpid());
  std::ofstream file(temporary);
  file << address.ToString() << '\n';
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot write the address to ", path, ": check --announce"));
  }
  return absl::OkStatus();
}

int PrintKey(const Settings& settings, const CommandLine& command) {
  const std::string& key = command.get;
  const auto found = settings.origins.find(key);
  if (found == settings.origins.end()) {
    std::cerr << key << ": is neither in the configuration file nor in the environment\n";
    return kBadUsage;
  }
  const bool hidden = IsSecret(key) && !command.secrets && !found->second.text.empty();
  std::cout << (hidden ? "(not shown: add --secrets)" : found->second.text) << '\n';
  return 0;
}

int CheckConfig(const Settings& settings, const CommandLine& command, const CheckProgram& check) {
  if (const absl::Status status = check(settings); !status.ok()) {
    std::cerr << status.message() << '\n';
    return kBadUsage;
  }
  std::cout << command.config << " is valid\n";
  return 0;
}

int Serve(const Settings& settings, const CommandLine& command, const BuildProgram& build) {
  const sigset_t signals = BlockStopSignals();
  absl::Status status = RequireDescriptors();
  absl::StatusOr<std::unique_ptr<Program>> program = status.ok() ? build(settings) : status;
  status = program.status();
  if (status.ok() && !command.announce.empty()) status = Announce(command.announce, (*program)->address());
  if (!status.ok()) {
    std::cerr << status.message() << '\n';
    return absl::IsInvalidArgument(status) ? kBadUsage : kCannotStart;
  }
  Log(LogLevel::kInfo, "serving",
      {{"address", (*program)->address().ToString()}, {"version", READCOUNT_VERSION}});
  ServiceManager manager;
  manager.Serving((*program)->address().ToString());
  int signal = 0;
  sigwait(&signals, &signal);
  Log(LogLevel::kInfo, "stopping",
      {{"signal", signal}, {"grace", absl::FormatDuration(settings.shutdown_grace)}});
  manager.Stopping(settings.shutdown_grace);
  // Whoever signals again does not want to wait.
  std::signal(signal, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*program)->Drain(settings.shutdown_grace);
  program->reset();
  Log(LogLevel::kInfo, "stopped");
  return 0;
}

void PreferThroughput() {
  // Distributions build abseil with its search for lock cycles, which puts a global lock into every lock of
  // ours and of gRPC. Tests of the parts run with it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // A thread that wakes does not push aside one that works, so batches are larger: a tenth more views a
  // second by 64 connections on two cores, a quarter fewer switches of threads. Where the kernel does not let
  // us, all works as well.
  const sched_param no_priority = {};
  sched_setscheduler(0, SCHED_BATCH, &no_priority);
}

}  // namespace

int RunProgram(int argc, char** argv, absl::string_view name, const CheckProgram& check,
               const BuildProgram& build) {
  CommandLine command;
  CLI::App app(std::string("readcount ") + std::string(name));
  app.add_option("--config", command.config, "Configuration file")->capture_default_str();
  app.add_option("--announce", command.announce, "Write the address served to this file");
  app.add_option("--get", command.get, "Print the effective value of a key and exit");
  app.add_flag("--secrets", command.secrets, "With --get: also print passwords and tokens");
  app.add_flag("--check-config", command.check_config, "Check the configuration and exit");
  app.set_version_flag("--version", READCOUNT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  const absl::StatusOr<Settings> settings = LoadSettings(command.config, ProcessEnvironment());
  const std::vector<std::string> variables = OwnVariables();
  const absl::Status status = settings.ok() ? CheckVariables(*settings, variables) : settings.status();
  if (!status.ok()) {
    std::cerr << status.message() << '\n';
    return kBadUsage;
  }
  if (!command.get.empty()) return PrintKey(*settings, command);
  if (command.check_config) return CheckConfig(*settings, command, check);
  InitLogging(name, settings->log.level);
  SendProtobufToLog();
  WarnOfVariables(*settings, variables);
  PreferThroughput();
  return Serve(*settings, command, build);
}

}  // namespace readcount
