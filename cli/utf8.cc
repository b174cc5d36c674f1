#include "cli/utf8.h"

#include <clocale>
#include <cwchar>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"

namespace readcount::cli {
namespace {

// While it lives this thread reads text as UTF-8, whatever the environment says.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(uselocale(locale_)) {}
  ~Utf8Locale() {
    uselocale(before_);
    if (locale_ != nullptr) freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  const locale_t locale_, before_;
};

// Tells each character with its bytes; of a byte that is part of none, none.
void ForEachCharacter(absl::string_view text,
                      absl::FunctionRef<void(std::optional<wchar_t>, absl::string_view bytes)> tell) {
  const Utf8Locale locale;
  while (!text.empty()) {
    wchar_t character = 0;
    std::mbstate_t state = {};
    size_t length = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (length == 0) length = 1;  // NUL
    const bool sound = length <= text.size() && character <= 0x10FFFF;
    if (!sound) length = 1;
    tell(sound ? std::optional<wchar_t>(character) : std::nullopt, text.substr(0, length));
    text.remove_prefix(length);
  }
}

bool IsControl(wchar_t character) {
  return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

}  // namespace

std::string MendedUtf8(absl::string_view text) {
  std::string mended;
  mended.reserve(text.size());
  ForEachCharacter(text, [&](std::optional<wchar_t> character, absl::string_view bytes) {
    absl::StrAppend(&mended, character.has_value() ? bytes : "\uFFFD");
  });
  return mended;
}

std::string Plain(absl::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  ForEachCharacter(text, [&](std::optional<wchar_t> character, absl::string_view bytes) {
    absl::StrAppend(&plain, !character.has_value() ? "\uFFFD" : IsControl(*character) ? " " : bytes);
  });
  return plain;
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  ForEachCharacter(text, [&](std::optional<wchar_t> character, absl::string_view) {
    const int columns = wcwidth(character.value_or(L'?'));
    if (columns > 0) width += static_cast<size_t>(columns);
  });
  return width;
}

}  // namespace readcount::cli
