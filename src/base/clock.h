// Monotonic time.
#pragma once

#include <cstdint>

namespace convscope {

// Microseconds since an arbitrary fixed moment; never goes backwards.
int64_t now_micros();

}  // namespace convscope
