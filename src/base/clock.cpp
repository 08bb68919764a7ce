#include "base/clock.h"

#include <chrono>

namespace convscope {

int64_t now_micros() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace convscope
