#include "cli/json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "cli/utf8.h"

namespace readcount::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void Text(Writer& writer, absl::string_view text) {
  const std::string sound = MendedUtf8(text);
  writer.String(sound.data(), static_cast<unsigned>(sound.size()));
}

// JSON cannot say what is no finite number.
void Double(Writer& writer, double number) {
  if (std::isfinite(number)) {
    writer.Double(number);
  } else {
    writer.Null();
  }
}

// SyncPhase -> SYNC_PHASE_
std::string PrefixOf(absl::string_view type) {
  std::string prefix;
  for (const char c : type) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + "_";
}

void Enum(Writer& writer, const EnumValueDescriptor& value) {
  Text(writer, absl::AsciiStrToLower(absl::StripPrefix(value.name(), PrefixOf(value.type()->name()))));
}

void Object(Writer& writer, const Message& message);

void Submessage(Writer& writer, const Message& message) {
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    google::protobuf::Timestamp time;
    time.CopyFrom(message);
    const absl::Time moment = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
    Text(writer, absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", moment, absl::UTCTimeZone()));
  } else if (message.GetDescriptor() == google::protobuf::Duration::descriptor()) {
    google::protobuf::Duration span;
    span.CopyFrom(message);
    Double(writer, static_cast<double>(span.seconds()) + span.nanos() / 1e9);
  } else {
    Object(writer, message);
  }
}

void Single(Writer& writer, const Message& message, const Reflection& reflection,
            const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      writer.Int(reflection.GetInt32(message, field));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      writer.Int64(reflection.GetInt64(message, field));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      writer.Uint(reflection.GetUInt32(message, field));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      writer.Uint64(reflection.GetUInt64(message, field));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      Double(writer, reflection.GetDouble(message, field));
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      Double(writer, reflection.GetFloat(message, field));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      writer.Bool(reflection.GetBool(message, field));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      Enum(writer, *reflection.GetEnum(message, field));
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      Text(writer, reflection.GetString(message, field));
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (reflection.HasField(message, field)) {
        Submessage(writer, reflection.GetMessage(message, field));
      } else {
        writer.Null();
      }
      break;
  }
}

// The API repeats messages, and in requests, which nobody prints, ids.
void Repeated(Writer& writer, const Message& message, const Reflection& reflection,
              const FieldDescriptor* field) {
  writer.StartArray();
  for (int i = 0;
       field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && i < reflection.FieldSize(message, field); ++i)
    Submessage(writer, reflection.GetRepeatedMessage(message, field, i));
  writer.EndArray();
}

void Object(Writer& writer, const Message& message) {
  const Descriptor* type = message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  writer.StartObject();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->real_containing_oneof() != nullptr && !reflection.HasField(message, field)) continue;
    const bool is_span = field->message_type() == google::protobuf::Duration::descriptor();
    writer.Key(absl::StrCat(field->name(), is_span ? "_seconds" : "").c_str());
    if (field->is_repeated()) {
      Repeated(writer, message, reflection, field);
    } else {
      Single(writer, message, reflection, field);
    }
  }
  writer.EndObject();
}

}  // namespace

std::string MessageJson(const Message& message) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  Object(writer, message);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string ObjectJson(const std::vector<std::pair<std::string, JsonValue>>& fields) {
  struct Value {
    Writer& writer;
    void operator()(bool value) const { writer.Bool(value); }
    void operator()(int64_t value) const { writer.Int64(value); }
    void operator()(uint64_t value) const { writer.Uint64(value); }
    void operator()(double value) const { Double(writer, value); }
    void operator()(const std::string& value) const { Text(writer, value); }
  };
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  for (const auto& [name, value] : fields) {
    writer.Key(name.c_str());
    std::visit(Value{writer}, value);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace readcount::cli
