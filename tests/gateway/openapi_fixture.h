#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace readcount::gateway {

// The type of a value as JSON Schema calls it.
inline std::string TypeOf(const rapidjson::Value& value) {
  if (value.IsNull()) return "null";
  if (value.IsBool()) return "boolean";
  if (value.IsString()) return "string";
  if (value.IsArray()) return "array";
  if (value.IsObject()) return "object";
  return value.IsDouble() ? "number" : "integer";
}

inline std::string Text(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

inline std::set<std::string> Names(const rapidjson::Value& object) {
  std::set<std::string> names;
  for (const auto& member : object.GetObject()) names.insert(Text(member.name));
  return names;
}

inline std::set<std::string> Strings(const rapidjson::Value& array) {
  std::set<std::string> strings;
  for (const rapidjson::Value& value : array.GetArray()) strings.insert(Text(value));
  return strings;
}

// How much of a schema a rendered message must show: all its properties, or those that are required.
enum class Fill { kAll, kRequired };

// The document of the REST API, gateway/web/openapi.json, and what must agree with it.
class OpenApiTest : public ::testing::Test {
 protected:
  using Value = rapidjson::Value;

  static void SetUpTestSuite() {
    std::ifstream file(READCOUNT_SOURCE_DIR "/gateway/web/openapi.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    document_ = new rapidjson::Document;
    document_->Parse(text.data(), text.size());
  }
  static void TearDownTestSuite() { delete std::exchange(document_, nullptr); }

  void SetUp() override {
    ASSERT_FALSE(document_->HasParseError())
        << "gateway/web/openapi.json is no JSON from byte " << document_->GetErrorOffset() << " on";
  }

  // What stands at a JSON pointer; null, and a failed test, if nothing does.
  static const Value& At(const std::string& pointer) {
    static const Value nothing;
    const Value* found = rapidjson::Pointer(pointer.c_str(), pointer.size()).Get(*document_);
    EXPECT_NE(found, nullptr) << "gateway/web/openapi.json has nothing at " << pointer;
    return found == nullptr ? nothing : *found;
  }
  // The value that `node` is or refers to.
  static const Value& Follow(const Value& node) {
    if (!node.IsObject() || !node.HasMember("$ref")) return node;
    return Follow(At(Text(node["$ref"]).substr(1)));
  }
  static const Value& Schema(const std::string& name) { return At("/components/schemas/" + name); }

  // Calls `visit` with path, method and the operation.
  template <typename Visit>
  static void ForEachOperation(Visit visit) {
    for (const auto& path : At("/paths").GetObject()) {
      for (const auto& member : path.value.GetObject()) {
        const std::string name = Text(member.name);
        if (name != "parameters") visit(Text(path.name), name, member.value);
      }
    }
  }

  // Every answer of the gateway to `method` of `path` with `status` is like `json`.
  static void ExpectAnswer(const std::string& path, const std::string& method, const std::string& status,
                           const std::string& json, Fill fill = Fill::kAll) {
    const std::string at =
        absl::StrCat("/paths/", absl::StrReplaceAll(path, {{"/", "~1"}}), "/", method, "/responses/", status);
    const Value* response = rapidjson::Pointer(at.c_str()).Get(*document_);
    ASSERT_NE(response, nullptr) << method << " " << path << " has no answer " << status;
    const Value* schema = rapidjson::Pointer("/content/application~1json/schema").Get(Follow(*response));
    ASSERT_NE(schema, nullptr) << method << " " << path << " has no JSON for " << status;
    ExpectLike(json, *schema, fill);
  }

  static void ExpectLike(const std::string& json, const Value& schema, Fill fill = Fill::kAll) {
    rapidjson::Document rendered;
    rendered.Parse(json.data(), json.size());
    ASSERT_FALSE(rendered.HasParseError()) << json;
    ExpectAgrees(rendered, schema, "$", fill);
  }

  // `value` and `schema` have the same properties of the same types, all the way down.
  static void ExpectAgrees(const Value& value, const Value& node, const std::string& where, Fill fill) {
    const Value& schema = Chosen(Follow(node), TypeOf(value));
    ASSERT_TRUE(schema.IsObject()) << where
                                   << " is of a type that the document does not allow: " << TypeOf(value);
    if (schema.HasMember("const")) {
      EXPECT_EQ(value, schema["const"]) << where;
    }
    if (schema.HasMember("enum")) {
      EXPECT_THAT(Strings(schema["enum"]), ::testing::Contains(Text(value))) << where;
    }
    if (value.IsObject()) ExpectProperties(value, schema, where, fill);
    if (!value.IsArray()) return;
    for (const Value& item : value.GetArray()) ExpectAgrees(item, schema["items"], where + "[]", fill);
  }

 private:
  // The schema, or that of its alternatives, that takes values of `type`; null if there is none.
  static const Value& Chosen(const Value& schema, const std::string& type) {
    static const Value none;
    if (schema.HasMember("anyOf")) {
      for (const Value& alternative : schema["anyOf"].GetArray()) {
        const Value& chosen = Chosen(Follow(alternative), type);
        if (chosen.IsObject()) return chosen;
      }
      return none;
    }
    if (!schema.HasMember("type")) return none;
    const Value& types = schema["type"];
    const bool fits = types.IsArray() ? Strings(types).contains(type) : Text(types) == type;
    return fits ? schema : none;
  }

  static void ExpectProperties(const Value& value, const Value& schema, const std::string& where, Fill fill) {
    ASSERT_TRUE(schema.HasMember("properties")) << where;
    const std::set<std::string> rendered = Names(value), documented = Names(schema["properties"]);
    for (const std::string& name : fill == Fill::kAll ? documented : Strings(schema["required"])) {
      EXPECT_TRUE(rendered.contains(name)) << where << "." << name << " is documented and not rendered";
    }
    for (const auto& member : value.GetObject()) {
      const std::string name = Text(member.name);
      const std::string at = absl::StrCat(where, ".", name);
      ASSERT_TRUE(documented.contains(name)) << at << " is rendered and not documented";
      ExpectAgrees(member.value, schema["properties"][name.c_str()], at, fill);
    }
  }

  static inline rapidjson::Document* document_ = nullptr;
};

}  // namespace readcount::gateway
