// GrabCut: the object of a picture by its colours and its edges.
//
// Rother, Kolmogorov, Blake 2004, "GrabCut: interactive foreground extraction using iterated graph
// cuts" (SIGGRAPH); the energy is Boykov & Jolly's (ICCV 2001). Colours of object and background
// are mixtures of five Gaussians each, with full covariance; neighbours (eight) that look alike
// belong together: γ · exp(−β · ‖difference‖²) / distance, γ = 50, β = 1 / (2 · mean
// ‖difference‖²).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "image/image.h"

namespace convscope {

// What is known of a pixel beforehand. "Probably" may change, the other two may not.
enum class Seed : uint8_t {
  kBackground,
  kForeground,
  kProbablyBackground,
  kProbablyForeground,
  kUnknown,  // in neither colour model at first
};

class GrabCut {
 public:
  // One seed a pixel. `invalid_argument` where no pixel is, even probably, of the foreground, or
  // none of the background.
  static Result<GrabCut> of(Image image, std::vector<Seed> seeds, uint64_t random_seed = 1);
  GrabCut(GrabCut&&) noexcept;
  ~GrabCut();

  // Learns the colours of both sides (first of the seeds, then of the cut before) and cuts; false,
  // and nothing is changed, where one side has won all pixels.
  bool step();
  // The same in parts, each short enough for an interface: where begin_step() is true, go_on()
  // until it is.
  bool begin_step();
  bool go_on();
  // After the first step: 0 or 1, a pixel each, row after row.
  std::vector<uint8_t> foreground() const;
  double energy() const;  // of the last cut

 private:
  class Cutter;
  explicit GrabCut(std::unique_ptr<Cutter> cutter);
  std::unique_ptr<Cutter> cutter_;
};

// The largest part of a mask whose pixels touch each other at their sides; the first of several.
std::vector<uint8_t> largest_component(std::span<const uint8_t> mask, int width, int height);

}  // namespace convscope
