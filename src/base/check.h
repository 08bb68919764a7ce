// CHECK: for our own bugs only; anything a person or a file can cause is a Result.
#pragma once

namespace convscope {
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::convscope::check_failed(__FILE_NAME__, __LINE__, #condition); \
  } while (false)
