#include "services/syncer/mysql_dead_letters.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// Bytes travel as hexadecimal text, which any JSON can hold.
constexpr absl::string_view kInsertLetters =
    "INSERT IGNORE INTO read_count_dead_letters (life, epoch, field_hash, field, value, views, reason, "
    "created_at) "
    "SELECT ?, ?, UNHEX(letter.hash), UNHEX(letter.field), UNHEX(letter.value), letter.views, letter.reason, "
    "UTC_TIMESTAMP(6) FROM JSON_TABLE(?, '$[*]' COLUMNS (hash CHAR(64) PATH '$[0]', field VARCHAR(510) PATH "
    "'$[1]', "
    "value VARCHAR(510) PATH '$[2]', views BIGINT PATH '$[3]', reason VARCHAR(40) PATH '$[4]')) AS letter";

std::string ToJson(absl::Span<const DeadLetter> letters) {
  std::string json = "[";
  for (const DeadLetter& letter : letters) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", "[\"", absl::BytesToHexString(letter.field_hash),
                    "\",\"", absl::BytesToHexString(letter.field), "\",\"",
                    absl::BytesToHexString(letter.value), "\",", letter.views, ",\"", letter.reason, "\"]");
  }
  json += "]";
  return json;
}

}  // namespace

absl::Status InsertDeadLetters(mysql::Connection& connection, uint64_t life, uint64_t epoch,
                               absl::Span<const DeadLetter> letters) {
  if (letters.empty()) return absl::OkStatus();
  for (const DeadLetter& letter : letters) {
    Log(LogLevel::kDebug, "dead_letter",
        {{"field", letter.field}, {"value", letter.value}, {"reason", std::string(letter.reason)}});
  }
  return connection.Execute(kInsertLetters, {life, epoch, ToJson(letters)}).status();
}

}  // namespace readcount
