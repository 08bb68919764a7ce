// Every sentence exists in both languages and takes the same arguments.
#include "ui/strings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace convscope {
namespace {

std::multiset<std::string> placeholders(std::string_view text) {
  std::multiset<std::string> found;
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] == '{' && text[i + 2] == '}') found.insert(std::string(text.substr(i, 3)));
  }
  return found;
}

TEST(Strings, BothLanguagesTakeTheSameArgumentsAndMarks) {
  for (size_t i = 0; i < static_cast<size_t>(S::kCount); ++i) {
    const std::string_view en = text_of(static_cast<S>(i), Language::kEnglish);
    const std::string_view zh = text_of(static_cast<S>(i), Language::kChinese);
    EXPECT_FALSE(en.empty());
    EXPECT_FALSE(zh.empty()) << en;
    EXPECT_EQ(placeholders(en), placeholders(zh)) << en;
    for (const char mark : {'*', '^'}) {
      EXPECT_EQ(std::count(en.begin(), en.end(), mark) % 2, 0) << en;
      EXPECT_EQ(std::count(zh.begin(), zh.end(), mark) % 2, 0) << zh;
    }
  }
}

TEST(Strings, FormatReplacesItsArguments) {
  EXPECT_EQ(format("{1} of {0}{0}", {"a", "b"}), "b of aa");
  EXPECT_EQ(format("{2} {x", {"a"}), "{2} {x");
}

TEST(Strings, NumbersReadWell) {
  EXPECT_EQ(integer(1248424), "1,248,424");
  EXPECT_EQ(integer(-1000), "-1,000");
  EXPECT_EQ(integer(999), "999");
  EXPECT_EQ(percent(0.807), "80.7%");
  EXPECT_EQ(percent(0.99999), ">99.9%");
  EXPECT_EQ(percent(1), "100.0%");
  EXPECT_EQ(percent(0.0001), "<0.1%");
  EXPECT_EQ(percent(0), "0.0%");
  EXPECT_EQ(fixed(-0.001, 2), "0.00");
  EXPECT_EQ(significant(1234.6), "1235");
  EXPECT_EQ(significant(0.01234), "0.0123");
  EXPECT_EQ(bytes_text(675763), "0.7 MB");
  EXPECT_EQ(flops_text(1.674e9), "1.67 G");
  EXPECT_EQ(shape_text(55, 27, 128), "55×27×128");
}

}  // namespace
}  // namespace convscope
