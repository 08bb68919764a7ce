#include <gtest/gtest.h>

#include <memory>

#include "base/generator.h"
#include "base/result.h"

namespace convscope {
namespace {

using Count = Generator<int, Result<int>>;

Count count_to(int n, std::shared_ptr<int> held) {
  for (int i = 1; i < n; ++i) co_yield i;
  *held += 1;
  co_return n;
}

Count give_up() {
  CO_TRY_STATUS(Status(fail(ErrorCode::kUnsupported, "no")));
  co_return 1;
}

TEST(Generator, YieldsThenReturns) {
  auto held = std::make_shared<int>(0);
  Count run = count_to(3, held);
  ASSERT_TRUE(run.next());
  EXPECT_EQ(run.preview(), 1);
  ASSERT_TRUE(run.next());
  EXPECT_EQ(run.preview(), 2);
  ASSERT_FALSE(run.next());
  EXPECT_TRUE(run.done());
  ASSERT_TRUE(run.result().has_value());
  EXPECT_EQ(*run.result(), 3);
}

TEST(Generator, DestroyingCancelsAndFrees) {
  auto held = std::make_shared<int>(0);
  {
    Count run = count_to(10, held);
    run.next();
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(*held, 0);
}

TEST(Generator, ErrorsEndIt) {
  Count run = give_up();
  ASSERT_FALSE(run.next());
  ASSERT_FALSE(run.result().has_value());
  EXPECT_EQ(run.result().error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace convscope
