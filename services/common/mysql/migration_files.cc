#include "services/common/mysql/migration_files.h"

#include <openssl/sha.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace readcount::mysql {
namespace {

constexpr size_t kDigits = 3;
constexpr size_t kMaxName = 64;
constexpr absl::string_view kExtension = ".sql";

std::string Sha256(absl::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

bool IsBlank(char c) {
  return absl::ascii_isspace(c) || absl::ascii_iscntrl(c);
}

size_t LineEnd(absl::string_view text, size_t at) {
  return std::min(text.find('\n', at), text.size());
}

// Behind the comment that begins at `at`; `at` itself if none begins there, npos if it has no end. A comment
// that servers run, /*! … */, is none.
size_t CommentEnd(absl::string_view text, size_t at) {
  const absl::string_view rest = text.substr(at);
  if (rest[0] == '#') return LineEnd(text, at);
  if (absl::StartsWith(rest, "--") && (rest.size() == 2 || IsBlank(rest[2]))) return LineEnd(text, at);
  if (!absl::StartsWith(rest, "/*") || absl::StartsWith(rest, "/*!") || absl::StartsWith(rest, "/*M!"))
    return at;
  const size_t end = text.find("*/", at + 2);
  return end == absl::string_view::npos ? end : end + 2;
}

bool IsQuote(char c) {
  return c == '\'' || c == '"' || c == '`';
}

// Behind the quoted text that begins at `at`, npos if it has no end. A doubled quote stands for one, which
// comes to the same as two texts side by side.
size_t QuoteEnd(absl::string_view text, size_t at) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote != '`') {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return absl::string_view::npos;
}

class Splitter {
 public:
  Splitter(absl::string_view text, absl::string_view file) : text_(text), file_(file) {}

  absl::StatusOr<std::vector<MigrationStatement>> Split() && {
    for (size_t at = 0; at < text_.size();) {
      const size_t after_comment = CommentEnd(text_, at);
      if (after_comment == absl::string_view::npos) return Error(at, "the comment has no end");
      if (after_comment != at) {
        at = after_comment;
      } else if (text_[at] == ';') {
        EndStatement(at++);
      } else if (IsBlank(text_[at])) {
        ++at;
      } else {
        if (!begin_.has_value()) begin_ = at;
        if (IsDelimiterCommand(at))
          return Error(at,
                       "DELIMITER is a command of the mysql client: write statements that each end at "
                       "their ;, without BEGIN … END");
        const size_t next = IsQuote(text_[at]) ? QuoteEnd(text_, at) : at + 1;
        if (next == absl::string_view::npos)
          return Error(at, absl::StrCat("the ", text_.substr(at, 1), " is not closed"));
        at = next;
      }
    }
    EndStatement(text_.size());
    return std::move(statements_);
  }

 private:
  int LineOf(size_t at) const {
    return 1 +
           static_cast<int>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  }

  absl::Status Error(size_t at, absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ":", LineOf(at), ": ", message));
  }

  bool IsDelimiterCommand(size_t at) const {
    constexpr absl::string_view kWord = "DELIMITER";
    const size_t end = at + kWord.size();
    return at == *begin_ && absl::EqualsIgnoreCase(text_.substr(at, kWord.size()), kWord) &&
           (end == text_.size() || IsBlank(text_[end]));
  }

  void EndStatement(size_t end) {
    if (!begin_.has_value()) return;
    const absl::string_view sql = absl::StripTrailingAsciiWhitespace(text_.substr(*begin_, end - *begin_));
    statements_.push_back({.sql = std::string(sql), .line = LineOf(*begin_)});
    begin_.reset();
  }

  const absl::string_view text_;
  const absl::string_view file_;
  std::vector<MigrationStatement> statements_;
  std::optional<size_t> begin_;  // of the statement that is being read
};

// Takes a word off the front; false if another stands there.
bool ConsumeWord(absl::string_view& sql, absl::string_view word) {
  sql = absl::StripLeadingAsciiWhitespace(sql);
  if (!absl::StartsWithIgnoreCase(sql, word)) return false;
  const absl::string_view rest = sql.substr(word.size());
  if (!rest.empty() && !IsBlank(rest[0])) return false;
  sql = rest;
  return true;
}

// The table that a statement creates, if it does.
std::optional<std::string> CreatedTable(absl::string_view sql) {
  if (!ConsumeWord(sql, "CREATE") || !ConsumeWord(sql, "TABLE")) return std::nullopt;
  if (ConsumeWord(sql, "IF") && ConsumeWord(sql, "NOT")) ConsumeWord(sql, "EXISTS");
  sql = absl::StripLeadingAsciiWhitespace(sql);
  const absl::string_view name = sql.substr(0, sql.find_first_of(" \t\r\n("));
  const std::string plain = absl::StrReplaceAll(name, {{"`", ""}});
  return plain.substr(plain.rfind('.') + 1);
}

// Fills number and name; false if the file's name is not of the form.
bool ParseName(Migration& migration) {
  absl::string_view name = migration.file;
  if (!absl::ConsumeSuffix(&name, kExtension) || name.size() < kDigits + 2 || name[kDigits] != '_')
    return false;
  const absl::string_view digits = name.substr(0, kDigits);
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) return false;
  name.remove_prefix(kDigits + 1);
  const auto fits = [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
  };
  if (name.size() > kMaxName || !std::all_of(name.begin(), name.end(), fits)) return false;
  migration.name = std::string(name);
  return absl::SimpleAtoi(digits, &migration.number);
}

absl::StatusOr<Migration> ParseMigration(MigrationText file) {
  Migration migration{.file = std::move(file.file)};
  if (!ParseName(migration)) {
    return absl::InvalidArgumentError(absl::StrCat(
        migration.file,
        ": is not named as 003_dropped_letters.sql is: three digits, _, then a to z, 0 to 9 and _"));
  }
  absl::StatusOr<std::vector<MigrationStatement>> statements = SplitStatements(file.text, migration.file);
  if (!statements.ok()) return statements.status();
  if (statements->empty())
    return absl::InvalidArgumentError(absl::StrCat(migration.file, ": has no statement"));
  migration.sha256 = Sha256(file.text);
  migration.statements = *std::move(statements);
  for (const MigrationStatement& statement : migration.statements) {
    if (std::optional<std::string> table = CreatedTable(statement.sql); table.has_value())
      migration.tables.push_back(*std::move(table));
  }
  return migration;
}

}  // namespace

std::string Title(unsigned number, absl::string_view name) {
  return absl::StrCat(number, " (", name, ")");
}

absl::StatusOr<std::vector<MigrationStatement>> SplitStatements(absl::string_view text,
                                                                absl::string_view file) {
  return Splitter(text, file).Split();
}

absl::StatusOr<std::vector<Migration>> ParseMigrations(std::vector<MigrationText> texts) {
  std::sort(texts.begin(), texts.end(),
            [](const MigrationText& a, const MigrationText& b) { return a.file < b.file; });
  std::vector<Migration> migrations;
  for (MigrationText& text : texts) {
    absl::StatusOr<Migration> migration = ParseMigration(std::move(text));
    if (!migration.ok()) return migration.status();
    const auto last = static_cast<unsigned>(migrations.size());
    if (migration->number == last && last > 0) {
      return absl::InvalidArgumentError(absl::StrCat(migration->file, ": has the number of ",
                                                     migrations.back().file, ": give it the next free one"));
    }
    if (migration->number != last + 1) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: there is no %03d before it: numbers go from 001 without a gap", migration->file, last + 1));
    }
    migrations.push_back(*std::move(migration));
  }
  return migrations;
}

absl::StatusOr<std::vector<Migration>> ReadMigrations(const std::string& folder) {
  std::vector<MigrationText> texts;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::filesystem::path& path = entry->path();
    if (absl::AsciiStrToLower(path.extension().string()) != kExtension) continue;
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) return absl::NotFoundError(absl::StrCat(path.string(), ": cannot be read"));
    texts.push_back({.file = path.filename().string(), .text = text.str()});
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": cannot be read: ", error.message()));
  if (texts.empty()) return absl::NotFoundError(absl::StrCat(folder, ": has no file *.sql"));
  absl::StatusOr<std::vector<Migration>> migrations = ParseMigrations(std::move(texts));
  if (migrations.ok()) return migrations;
  return absl::InvalidArgumentError(absl::StrCat(folder, "/", migrations.status().message()));
}

const absl::StatusOr<std::vector<Migration>>& BuiltInMigrations() {
  static const absl::StatusOr<std::vector<Migration>> migrations = ParseMigrations(BuiltInMigrationTexts());
  return migrations;
}

}  // namespace readcount::mysql
