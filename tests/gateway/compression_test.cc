#include "gateway/compression.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <thread>
#include <vector>

namespace readcount::gateway {
namespace {

// What a client reads of it; empty if it is not gzip.
std::string Gunzip(const std::string& compressed, size_t most) {
  constexpr int kGzipFormat = 16;
  z_stream stream = {};
  EXPECT_EQ(inflateInit2(&stream, kGzipFormat + 15), Z_OK);
  std::string in = compressed, out(most, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
  out.resize(whole ? stream.total_out : 0);
  inflateEnd(&stream);
  return out;
}

std::string Text(size_t size) {
  std::string text;
  for (uint64_t i = 0; text.size() < size; ++i) text += "view " + std::to_string(i * i) + ",";
  text.resize(size);
  return text;
}

TEST(CompressionTest, WhatIsCompressedReadsAsBefore) {
  for (const size_t size : {size_t{100}, kMinGzipBytes, size_t{65536}, kMaxGzipBytes}) {
    const std::string text = Text(size);
    const std::optional<std::string> compressed = Gzip(text);
    ASSERT_TRUE(compressed.has_value()) << size;
    EXPECT_LT(compressed->size(), size);
    EXPECT_EQ(Gunzip(*compressed, size), text);
  }
}

TEST(CompressionTest, WhatWouldNotGetShorterStaysAsItIs) {
  EXPECT_EQ(Gzip(""), std::nullopt);
  EXPECT_EQ(Gzip("a"), std::nullopt);
  std::string noise;
  uint64_t state = 1;
  while (noise.size() < 4096) noise += static_cast<char>((state = state * 6364136223846793005 + 1) >> 56);
  EXPECT_EQ(Gzip(noise), std::nullopt);
  EXPECT_TRUE(Gzip(Text(4096)).has_value()) << "a failure leaves nothing behind";
}

TEST(CompressionTest, OnlySizesBetweenTheBoundsAreWorthIt) {
  EXPECT_FALSE(IsWorthGzip(0));
  EXPECT_FALSE(IsWorthGzip(kMinGzipBytes - 1));
  EXPECT_TRUE(IsWorthGzip(kMinGzipBytes));
  EXPECT_TRUE(IsWorthGzip(kMaxGzipBytes));
  EXPECT_FALSE(IsWorthGzip(kMaxGzipBytes + 1));
}

TEST(CompressionTest, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 4; ++i) {
    threads.emplace_back([size = 2000 + i * 1000] {
      const std::string text = Text(size);
      for (int round = 0; round < 50; ++round) EXPECT_EQ(Gunzip(*Gzip(text), size), text);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace readcount::gateway
