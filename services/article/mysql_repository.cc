#include "services/article/mysql_repository.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/ledger/state.h"

namespace readcount {
namespace {

constexpr absl::string_view kSelectCounts = "SELECT a.id, a.read_count, p.epoch, p.through_id";
constexpr absl::string_view kAndTexts = ", a.title, a.content, a.author, a.created_at, a.updated_at";
constexpr absl::string_view kOfWanted =
    " FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted "
    "STRAIGHT_JOIN articles AS a ON a.id = wanted.id "
    "LEFT JOIN read_count_positions AS p ON p.life = ? "
    "WHERE a.is_deleted = 0";
constexpr size_t kCountColumns = 4;

ArticleRow ToRow(const std::vector<mysql::Field>& fields) {
  Position position;
  if (fields[2].has_value())
    position = {.epoch = mysql::ToUint64(fields[2]), .through_id = mysql::ToUint64(fields[3])};
  ArticleRow row{.id = mysql::ToUint64(fields[0]), .count = mysql::ToUint64(fields[1])};
  row.applied_epoch = position.applied_epoch(row.id);
  return row;
}

// `created_at <= ?` beside the exact condition lets both servers walk the index from the right place.
constexpr absl::string_view kNewest =
    "SELECT created_at, id FROM articles WHERE is_deleted = 0 ORDER BY created_at DESC, id DESC LIMIT ?";
constexpr absl::string_view kNewestAfter =
    "SELECT created_at, id FROM articles WHERE is_deleted = 0 "
    "AND created_at <= ? AND (created_at < ? OR id < ?) ORDER BY created_at DESC, id DESC LIMIT ?";
constexpr absl::string_view kNewestOfAuthor =
    "SELECT created_at, id FROM articles WHERE is_deleted = 0 AND author = ? "
    "ORDER BY created_at DESC, id DESC LIMIT ?";
constexpr absl::string_view kNewestOfAuthorAfter =
    "SELECT created_at, id FROM articles WHERE is_deleted = 0 AND author = ? "
    "AND created_at <= ? AND (created_at < ? OR id < ?) ORDER BY created_at DESC, id DESC LIMIT ?";

constexpr absl::string_view kNoDate = "0000-00-00 00:00:00";

std::optional<absl::CivilSecond> ToCivil(const mysql::Field& field) {
  absl::CivilSecond time;
  if (!field.has_value()) return std::nullopt;
  std::string text = *field;
  if (text.size() > std::size("YYYY-MM-DD")) text[std::size("YYYY-MM-DD") - 1] = 'T';
  if (!absl::ParseCivilTime(text, &time)) return std::nullopt;
  return time;
}

}  // namespace

absl::StatusOr<mysql::Result> MysqlArticleRepository::Select(absl::string_view sql,
                                                             absl::Span<const mysql::Argument> arguments) {
  // Reads may be repeated at will; once is enough for a connection that the server closed while it was idle.
  for (const bool last_try : {false, true}) {
    absl::StatusOr<mysql::Pool::Lease> connection = pool_.Acquire();
    if (!connection.ok()) return connection.status();
    absl::StatusOr<mysql::Result> result = (*connection)->Execute(sql, arguments);
    if (result.ok() || (*connection)->usable() || last_try) return result;
  }
  return absl::InternalError("unreachable");
}

std::optional<absl::Time> MysqlArticleRepository::ToTime(const mysql::Field& field) const {
  const std::optional<absl::CivilSecond> civil = ToCivil(field);
  if (!civil.has_value()) return std::nullopt;
  return absl::FromCivil(*civil, absl::UTCTimeZone()) - datetime_offset_;
}

std::shared_ptr<const Article> MysqlArticleRepository::ToArticle(uint64_t id,
                                                                 absl::Span<mysql::Field> fields) const {
  auto article = std::make_shared<Article>();
  article->id = id;
  article->title = std::move(fields[0]).value_or("");
  article->content = std::move(fields[1]).value_or("");
  article->author = std::move(fields[2]).value_or("");
  article->created_at = ToTime(fields[3]);
  article->updated_at = ToTime(fields[4]);
  return article;
}

absl::StatusOr<std::vector<ArticleRow>> MysqlArticleRepository::Load(uint64_t life,
                                                                     absl::Span<const uint64_t> ids,
                                                                     bool text) {
  absl::StatusOr<mysql::Result> result = Select(absl::StrCat(kSelectCounts, text ? kAndTexts : "", kOfWanted),
                                                {absl::StrCat("[", absl::StrJoin(ids, ","), "]"), life});
  if (!result.ok()) return result.status();
  std::vector<ArticleRow> rows;
  rows.reserve(result->rows.size());
  for (std::vector<mysql::Field>& fields : result->rows) {
    rows.push_back(ToRow(fields));
    if (text) rows.back().article = ToArticle(rows.back().id, absl::MakeSpan(fields).subspan(kCountColumns));
  }
  return rows;
}

absl::StatusOr<std::vector<PageKey>> MysqlArticleRepository::ListKeys(const PageQuery& query) {
  std::vector<mysql::Argument> arguments;
  if (!query.author.empty()) arguments.emplace_back(query.author);
  if (query.after.has_value()) {
    arguments.insert(arguments.end(), {query.after->created_at, query.after->created_at, query.after->id});
  }
  arguments.emplace_back(int64_t{query.limit});
  const absl::string_view sql = query.author.empty()
                                    ? (query.after.has_value() ? kNewestAfter : kNewest)
                                    : (query.after.has_value() ? kNewestOfAuthorAfter : kNewestOfAuthor);
  const absl::StatusOr<mysql::Result> result = Select(sql, arguments);
  if (!result.ok()) return result.status();
  std::vector<PageKey> keys;
  keys.reserve(result->rows.size());
  for (const std::vector<mysql::Field>& fields : result->rows) {
    keys.push_back(
        {.created_at = fields[0].value_or(std::string(kNoDate)), .id = mysql::ToUint64(fields[1])});
  }
  return keys;
}

absl::Status MysqlArticleRepository::Ping() {
  return Select("SELECT 1", {}).status();
}

}  // namespace readcount
