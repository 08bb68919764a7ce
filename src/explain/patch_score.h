// One class's score for a picture of which one patch was changed, several such pictures at a time.
// Of the first layers only what the patch reaches is computed: a layer's cells see no further than
// their receptive windows, so the rest of the layer is that of the unchanged picture.
#pragma once

#include <optional>

#include "explain/batch_score.h"

namespace convscope {

// Rows top … top + height − 1, columns left … left + width − 1, in pixels or in a layer's cells.
struct PixelBox {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

class PatchScore {
 public:
  // For patches of at most side × side pixels of `context.input`, which is run once. Where no layer
  // is worth it, or none that the scores follow from alone, whole pictures are run.
  static Result<PatchScore> of(const MethodContext& context, int32_t target, int64_t side,
                               int64_t at_once);

  int64_t at_once() const { return tail_.at_once(); }
  // Says where the i-th picture differs. Answers which pixels its slot holds; all of the patch is
  // among them.
  PixelBox place(int64_t i, const PixelBox& patch);
  // Those pixels of the i-th picture: dense, without the batch axis.
  std::span<float> slot(int64_t i);
  Status run(int64_t count);
  double logit(int64_t i) const { return tail_.logit(i); }
  double probability(int64_t i) const { return tail_.probability(i); }
  // The layer from which on everything is computed; empty where that is the picture.
  std::string_view from() const {
    return head_ ? std::string_view(head_->layer->name) : std::string_view();
  }

 private:
  // From a part of the picture to the same part of a layer.
  struct Head {
    const ModelLayer* layer;
    Program* program;
    Tensor feed;                    // at_once × height × width × C
    Tensor unchanged;               // the layer on the unchanged picture
    std::vector<PixelBox> changed;  // of each slot: cells of the layer
    std::vector<PixelBox> origin;   // … and where its part begins, in cells
  };
  static Result<Head> make_head(const MethodContext& context, const ModelLayer& layer,
                                const PixelBox& part, int64_t at_once);
  PatchScore(const MethodContext& context, std::optional<Head> head, BatchScore tail);
  void paste(int64_t i);

  Session* session_;
  Shape picture_;
  std::optional<Head> head_;
  BatchScore tail_;
};

}  // namespace convscope
