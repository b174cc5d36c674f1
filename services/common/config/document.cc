#include "services/common/config/document.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/file.h"

namespace readcount {
namespace {

std::string Place(const std::string& name, const YAML::Mark& mark) {
  return absl::StrCat(name, ":", mark.line + 1);
}

class Flattener {
 public:
  explicit Flattener(const std::string& name) : name_(name) {}

  absl::Status Add(const std::string& prefix, const YAML::Node& map) {
    for (const auto& entry : map) {
      const std::string place = Place(name_, entry.first.Mark());
      if (!entry.first.IsScalar()) return Error(place, "a key must be a plain word");
      const std::string key =
          prefix.empty() ? entry.first.Scalar() : absl::StrCat(prefix, ".", entry.first.Scalar());
      const YAML::Node& value = entry.second;
      absl::Status status =
          value.IsMap() ? AddSection(prefix, key, place, value) : AddScalar(key, place, value);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  ConfigDocument Take() && { return std::move(document_); }

 private:
  static absl::Status Error(const std::string& place, absl::string_view message) {
    return absl::InvalidArgumentError(absl::StrCat(place, ": ", message));
  }

  absl::Status AddSection(const std::string& prefix, const std::string& key, const std::string& place,
                          const YAML::Node& section) {
    if (!prefix.empty()) return Error(place, absl::StrCat(key, ": must be a plain value, not a section"));
    return Add(key, section);
  }

  absl::Status AddScalar(const std::string& key, const std::string& place, const YAML::Node& value) {
    if (value.IsSequence()) return Error(place, absl::StrCat(key, ": must be a plain value, not a list"));
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    const auto [existing, added] = document_.try_emplace(key, ConfigValue{.text = text, .place = place});
    if (!added) return Error(place, absl::StrCat(key, ": stands twice, first at ", existing->second.place));
    return absl::OkStatus();
  }

  const std::string& name_;
  ConfigDocument document_;
};

// Where the document begins that is parsed; all else is passed over.
class DocumentStart final : public YAML::EventHandler {
 public:
  const YAML::Mark& mark() const { return mark_; }

  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  YAML::Mark mark_;
};

// YAML::LoadAll would tell too, but comes to no end with some texts that are broken.
std::optional<YAML::Mark> SecondDocument(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStart start;
  if (parser.HandleNextDocument(start) && parser.HandleNextDocument(start)) return start.mark();
  return std::nullopt;
}

}  // namespace

absl::StatusOr<ConfigDocument> ParseConfigDocument(const std::string& text, const std::string& name) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (const std::optional<YAML::Mark> second = SecondDocument(text); second.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Place(name, *second), ": a second document begins behind ---: put all keys into one"));
    }
    if (root.IsNull()) return ConfigDocument();
    if (!root.IsMap()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Place(name, root.Mark()), ": must be sections of `key: value`"));
    }
    Flattener flattener(name);
    if (absl::Status status = flattener.Add("", root); !status.ok()) return status;
    return std::move(flattener).Take();
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(Place(name, error.mark), ": not valid YAML: ", error.msg));
  }
}

absl::StatusOr<ConfigDocument> ReadConfigDocument(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFileOrPipe(path);
  if (text.ok()) return ParseConfigDocument(*text, path);
  // Docker makes a directory of what is to be mounted and is not there.
  return absl::Status(text.status().code(), absl::StrCat(path, ": ", text.status().message(),
                                                         ": name the configuration file with --config"));
}

}  // namespace readcount
