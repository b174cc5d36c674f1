#include "services/article/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readcount {
namespace {

TEST(JournalTest, ForgetsTheOldestBatchesBeyondItsBoundAndTellsHowManyViews) {
  Journal journal(100);
  for (uint64_t seq = 1; seq <= 100; ++seq) journal.Append(seq, {{.id = seq % 10, .views = 2}});
  EXPECT_EQ(journal.entries(), 100u);
  EXPECT_EQ(journal.forgotten_views(), 0u);
  for (uint64_t seq = 101; seq <= 130; ++seq) journal.Append(seq, {{.id = seq, .views = 1}});
  EXPECT_EQ(journal.entries(), 100u);
  EXPECT_EQ(journal.forgotten_views(), 60u);
  EXPECT_EQ(journal.batches().front().seq, 31u);
}

TEST(JournalTest, ForgetsAViewThatWasRefusedAndKeepsTheRestOfItsBatch) {
  Journal journal(100);
  journal.Append(1, {{.id = 5, .views = 2}, {.id = 6, .views = 1}});
  journal.Refuse(1, 5);
  ASSERT_EQ(journal.batches().front().entries.size(), 1u);
  EXPECT_EQ(journal.batches().front().entries[0].id, 6u);
  EXPECT_FALSE(journal.batches().front().whole);
  EXPECT_EQ(journal.entries(), 1u);
  journal.Refuse(2, 6);
  EXPECT_EQ(journal.entries(), 1u) << "of another batch";
}

}  // namespace
}  // namespace readcount
