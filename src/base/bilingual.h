// A text in the two languages of the page, for constants.
#pragma once

#include <string_view>

namespace convscope {

struct Bilingual {
  std::string_view en, zh;
};

}  // namespace convscope
