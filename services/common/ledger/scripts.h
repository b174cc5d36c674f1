#pragma once

#include "absl/strings/string_view.h"

namespace readcount {

// clang-format off
// The ledger's keys. All share the live key's cluster slot by its hash tag. Contents:
//   live     hash, article id -> views since the last seal; anybody may HINCRBY it
//   sealed   hash, the batch on its way to MySQL; never changes
//   meta     hash: life, epoch, sealed_epoch (0: none), sealed_name (random, made at the seal), and what
//            article services recorded: recorded (in this life), live_recorded, sealed_recorded (in each hash)
//   writers  hash, writer -> "seq:time" of its last batch; those silent for a week are dropped
//   sealed_writers  a copy of it, made at the seal: up to which seq the sealed batch and those before it have each
//            writer's views
//   orphans  prefix of hashes "orphans:<life>:<time>:<random>:<live or sealed>": what was set aside when Redis turned
//            out to have lost its past. Never read again; kept for people to look at
// clang-format on
inline constexpr absl::string_view kLiveKey = "article_sys:read_count:hash";
inline constexpr absl::string_view kSealedKey = "{article_sys:read_count:hash}:sealed";
inline constexpr absl::string_view kMetaKey = "{article_sys:read_count:hash}:meta";
inline constexpr absl::string_view kWritersKey = "{article_sys:read_count:hash}:writers";
inline constexpr absl::string_view kSealedWritersKey = "{article_sys:read_count:hash}:sealed_writers";
inline constexpr absl::string_view kOrphansKey = "{article_sys:read_count:hash}:orphans";

// The protocol's steps as Lua, each atomic. All take the six keys above in that order, and as first argument
// a fresh life for the case that there is none. Arguments and replies are described at each in lua/.
extern const absl::string_view kRecordScript;
extern const absl::string_view kSealScript;
extern const absl::string_view kReleaseScript;
extern const absl::string_view kAbandonScript;
extern const absl::string_view kBooksScript;
extern const absl::string_view kPendingScript;

}  // namespace readcount
