#include "services/common/mysql/connection.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include <charconv>
#include <cstring>
#include <map>
#include <type_traits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace readcount::mysql {
namespace {

// MariaDB's header has my_bool here, Oracle's has bool.
using NullFlag = std::remove_pointer_t<decltype(MYSQL_BIND::is_null)>;

struct StatementClose {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using Statement = std::unique_ptr<MYSQL_STMT, StatementClose>;

// Only one of the two client libraries names these.
constexpr unsigned kMariadbConnectionKilled = 1927;
constexpr unsigned kMysqlSessionKilled = 3169;
constexpr unsigned kMysqlIdleTooLong = 4031;

bool IsConnectionLoss(unsigned error) {
  return error == CR_SERVER_GONE_ERROR || error == CR_SERVER_LOST || error == CR_SERVER_LOST_EXTENDED ||
         error == CR_COMMANDS_OUT_OF_SYNC || error == ER_SERVER_SHUTDOWN || error == ER_NET_READ_ERROR ||
         error == ER_NET_READ_INTERRUPTED || error == ER_NET_ERROR_ON_WRITE ||
         error == ER_NET_WRITE_INTERRUPTED || error == kMariadbConnectionKilled ||
         error == kMysqlSessionKilled || error == kMysqlIdleTooLong;
}

bool RefusesWork(unsigned error) {
  return error == ER_CON_COUNT_ERROR || error == ER_OPTION_PREVENTS_STATEMENT || error == ER_DISK_FULL ||
         error == ER_RECORD_FILE_FULL || error == ER_TOO_MANY_USER_CONNECTIONS ||
         error == ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION;
}

bool RefusesLogin(unsigned error) {
  return error == ER_ACCESS_DENIED_ERROR || error == ER_DBACCESS_DENIED_ERROR || error == ER_BAD_DB_ERROR;
}

absl::Status ToStatus(unsigned error, const char* text) {
  const std::string message = absl::StrCat("MySQL: ", text, " (error ", error, ")");
  if (error == ER_LOCK_DEADLOCK || error == ER_LOCK_WAIT_TIMEOUT) return absl::AbortedError(message);
  if (error == ER_NO_SUCH_TABLE || error == ER_BAD_FIELD_ERROR)
    return absl::FailedPreconditionError(absl::StrCat(message, ": run readcount migrate"));
  if (IsConnectionLoss(error) || RefusesWork(error)) return absl::UnavailableError(message);
  return absl::InternalError(message);
}

// A statement that changes nothing may be lost without consequence.
bool OnlyReads(absl::string_view sql) {
  return absl::StartsWith(sql, "SELECT");
}

// Arguments laid out as the library wants them. Refers to the arguments.
class Parameters {
 public:
  explicit Parameters(absl::Span<const Argument> arguments)
      : binds_(arguments.size()), lengths_(arguments.size()) {
    for (size_t i = 0; i < arguments.size(); ++i)
      std::visit([&](const auto& value) { Set(i, value); }, arguments[i]);
  }

  MYSQL_BIND* binds() { return binds_.data(); }

 private:
  void Set(size_t i, std::nullptr_t) { binds_[i].buffer_type = MYSQL_TYPE_NULL; }
  void Set(size_t i, const int64_t& value) { SetNumber(i, &value, false); }
  void Set(size_t i, const uint64_t& value) { SetNumber(i, &value, true); }
  void Set(size_t i, const std::string& value) {
    lengths_[i] = value.size();
    binds_[i].buffer_type = MYSQL_TYPE_STRING;
    // The library reads parameters only; its struct serves results as well and so is not const.
    binds_[i].buffer = const_cast<char*>(value.data());
    binds_[i].buffer_length = value.size();
    binds_[i].length = &lengths_[i];
  }
  void SetNumber(size_t i, const void* value, bool is_unsigned) {
    binds_[i].buffer_type = MYSQL_TYPE_LONGLONG;
    binds_[i].buffer = const_cast<void*>(value);
    binds_[i].is_unsigned = static_cast<decltype(MYSQL_BIND::is_unsigned)>(is_unsigned);
  }

  std::vector<MYSQL_BIND> binds_;
  std::vector<unsigned long> lengths_;
};

// Fetches all rows of an executed statement as text.
bool FetchRows(MYSQL_STMT* statement, std::vector<std::vector<Field>>& rows) {
  const unsigned columns = mysql_stmt_field_count(statement);
  std::vector<MYSQL_BIND> binds(columns);
  std::vector<unsigned long> lengths(columns);
  const auto nulls = std::make_unique<NullFlag[]>(columns);  // no vector: of bool it would have no addresses
  for (unsigned i = 0; i < columns; ++i) {
    binds[i].buffer_type = MYSQL_TYPE_STRING;
    binds[i].length = &lengths[i];
    binds[i].is_null = &nulls[i];
  }
  if (mysql_stmt_bind_result(statement, binds.data()) != 0 || mysql_stmt_store_result(statement) != 0)
    return false;
  int outcome = 0;
  // With no buffers bound each fetch reports the lengths; the columns are then read one by one.
  while ((outcome = mysql_stmt_fetch(statement)) == 0 || outcome == MYSQL_DATA_TRUNCATED) {
    std::vector<Field>& row = rows.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (nulls[i]) continue;
      row[i].emplace(lengths[i], '\0');
      MYSQL_BIND column = {};
      NullFlag is_null = 0;
      unsigned long length = 0;
      column.buffer_type = MYSQL_TYPE_STRING;
      column.buffer = row[i]->data();
      column.buffer_length = lengths[i];
      column.length = &length;
      column.is_null = &is_null;
      if (lengths[i] > 0 && mysql_stmt_fetch_column(statement, &column, i, 0) != 0) return false;
    }
  }
  return outcome == MYSQL_NO_DATA;
}

// Without a file the library is told nothing of it.
void SetFile(MYSQL* handle, mysql_option option, const std::string& file) {
  if (!file.empty()) mysql_options(handle, option, file.c_str());
}

void SetTls(MYSQL* handle, const Dsn& dsn) {
  if (!dsn.uses_tls) return;
  SetFile(handle, MYSQL_OPT_SSL_CA, dsn.tls.ca);
  SetFile(handle, MYSQL_OPT_SSL_CERT, dsn.tls.certificate);
  SetFile(handle, MYSQL_OPT_SSL_KEY, dsn.tls.key);
#ifdef MARIADB_BASE_VERSION
  const my_bool on = 1, verify = dsn.tls_verify ? 1 : 0;
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
#else
  const unsigned mode = dsn.tls_verify ? SSL_MODE_VERIFY_IDENTITY : SSL_MODE_REQUIRED;
  mysql_options(handle, MYSQL_OPT_SSL_MODE, &mode);
#endif
}

template <typename Number>
Number ToNumber(const Field& field) {
  Number number = 0;
  if (field.has_value()) std::from_chars(field->data(), field->data() + field->size(), number);
  return number;
}

}  // namespace

uint64_t ToUint64(const Field& field) {
  return ToNumber<uint64_t>(field);
}
int64_t ToInt64(const Field& field) {
  return ToNumber<int64_t>(field);
}

struct Connection::Impl {
  ~Impl() {
    statements.clear();
    mysql_close(&handle);
  }

  // Records whether the session can go on.
  absl::Status Fail(unsigned error, const char* text) {
    if (IsConnectionLoss(error)) usable = false;
    return ToStatus(error, text);
  }

  absl::Status Query(absl::string_view sql) {
    if (mysql_real_query(&handle, sql.data(), sql.size()) == 0) return absl::OkStatus();
    return Fail(mysql_errno(&handle), mysql_error(&handle));
  }

  absl::StatusOr<MYSQL_STMT*> Prepare(absl::string_view sql) {
    if (const auto found = statements.find(sql); found != statements.end()) return found->second.get();
    Statement statement(mysql_stmt_init(&handle));
    if (statement == nullptr) return absl::ResourceExhaustedError("MySQL: out of memory for a statement");
    if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) {
      return Fail(mysql_stmt_errno(statement.get()), mysql_stmt_error(statement.get()));
    }
    return statements.emplace(std::string(sql), std::move(statement)).first->second.get();
  }

  // A reply that was lost leaves a write outside a transaction undecided.
  absl::Status FailStatement(MYSQL_STMT* statement, bool decided) {
    absl::Status status = Fail(mysql_stmt_errno(statement), mysql_stmt_error(statement));
    mysql_stmt_free_result(statement);
    if (!usable && !decided) return absl::UnknownError(status.message());
    return status;
  }

  MYSQL handle = {};
  std::map<std::string, Statement, std::less<>> statements;
  bool usable = true;
  bool in_transaction = false;
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

bool Connection::usable() const {
  return impl_->usable;
}

CallMeter& Meter() {
  static CallMeter meter(
      {.connects = {"readcount_mysql_connects_total", MetricKind::kCounter,
                    "Attempts to connect to MySQL, by outcome."},
       .errors = {"readcount_mysql_errors_total", MetricKind::kCounter,
                  "MySQL statements and COMMITs that failed, by kind; aborted is a deadlock or "
                  "lock wait, unknown a reply that was lost."},
       .duration = {"readcount_mysql_statement_duration_seconds", MetricKind::kHistogram,
                    "From sending a statement or COMMIT to MySQL to having all its rows."}});
  return meter;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const MysqlSettings& settings) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connect(settings);
  Meter().Connected(connection.status());
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Connect(const MysqlSettings& settings) {
  static const int library = mysql_library_init(0, nullptr, nullptr);
  if (library != 0) return absl::InternalError("the MySQL client library does not start");
  auto impl = std::make_unique<Impl>();
  MYSQL* handle = mysql_init(&impl->handle);
  const auto connect_seconds =
      static_cast<unsigned>(absl::ToInt64Seconds(absl::Ceil(settings.connect_timeout, absl::Seconds(1))));
  const auto query_seconds =
      static_cast<unsigned>(absl::ToInt64Seconds(absl::Ceil(settings.query_timeout, absl::Seconds(1))));
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
  mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &query_seconds);
  mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &query_seconds);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");

  const Dsn& dsn = settings.dsn;
  SetTls(handle, dsn);
  const char* host = dsn.socket.empty() ? dsn.host.c_str() : nullptr;
  const char* socket = dsn.socket.empty() ? nullptr : dsn.socket.c_str();
  // Named as TCP, or the library takes "localhost" for its default socket.
  const unsigned protocol = dsn.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
  if (mysql_real_connect(handle, host, dsn.user.c_str(), dsn.password.c_str(), dsn.database.c_str(), dsn.port,
                         socket, 0) == nullptr) {
    const unsigned error = mysql_errno(handle);
    const std::string message = absl::StrCat(
        "MySQL at ", dsn.ForDisplay(), ": ", mysql_error(handle), " (error ", error, "): check mysql.dsn",
        error == ER_BAD_DB_ERROR ? ", or run readcount migrate, which makes the database" : "");
    return RefusesLogin(error) ? absl::PermissionDeniedError(message) : absl::UnavailableError(message);
  }
  for (const char* sql : {"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                          "SET SESSION time_zone = '+00:00', autocommit = 1, "
                          "sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO'"}) {
    if (absl::Status status = impl->Query(sql); !status.ok())
      return absl::Status(status.code(), absl::StrCat("MySQL at ", dsn.ForDisplay(), ": ", status.message()));
  }
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

absl::StatusOr<Result> Connection::Execute(absl::string_view sql, absl::Span<const Argument> arguments) {
  return Metered(Meter(), [&] { return Run(sql, arguments); });
}

absl::StatusOr<Result> Connection::Run(absl::string_view sql, absl::Span<const Argument> arguments) {
  absl::StatusOr<MYSQL_STMT*> prepared = impl_->Prepare(sql);
  if (!prepared.ok()) return prepared.status();
  MYSQL_STMT* statement = *prepared;
  if (mysql_stmt_param_count(statement) != arguments.size()) {
    return absl::InternalError(absl::StrCat("a statement with ", mysql_stmt_param_count(statement),
                                            " parameters was given ", arguments.size()));
  }
  const bool decided = impl_->in_transaction || OnlyReads(sql);
  Parameters parameters(arguments);
  if (mysql_stmt_bind_param(statement, parameters.binds()) != 0 || mysql_stmt_execute(statement) != 0) {
    return impl_->FailStatement(statement, decided);
  }
  Result result;
  result.last_insert_id = mysql_stmt_insert_id(statement);
  if (mysql_stmt_field_count(statement) > 0) {
    if (!FetchRows(statement, result.rows)) {
      absl::Status status = impl_->FailStatement(statement, decided);
      // A deadlock, say. MariaDB's library would wait at the statement's next use for the rows that it lacks.
      impl_->statements.erase(impl_->statements.find(sql));
      return status;
    }
  } else {
    result.affected_rows = mysql_stmt_affected_rows(statement);
  }
  mysql_stmt_free_result(statement);
  return result;
}

absl::Status Connection::Command(absl::string_view sql) {
  if (absl::Status status = impl_->Query(sql); !status.ok()) return status;
  if (MYSQL_RES* rows = mysql_store_result(&impl_->handle); rows != nullptr) mysql_free_result(rows);
  return absl::OkStatus();
}

absl::Status Connection::Begin() {
  // The server would commit the one under way.
  if (impl_->in_transaction) return absl::InternalError("MySQL: a transaction is under way already");
  absl::Status status = impl_->Query("START TRANSACTION");
  impl_->in_transaction = status.ok();
  return status;
}

absl::Status Connection::Commit() {
  return Metered(Meter(), [&] { return SendCommit(); });
}

absl::Status Connection::SendCommit() {
  impl_->in_transaction = false;
  absl::Status status = impl_->Query("COMMIT");
  if (!status.ok() && !impl_->usable) return absl::UnknownError(status.message());
  return status;
}

absl::Status Connection::Rollback() {
  impl_->in_transaction = false;
  absl::Status status = impl_->Query("ROLLBACK");
  if (!status.ok()) impl_->usable = false;
  return status;
}

}  // namespace readcount::mysql
