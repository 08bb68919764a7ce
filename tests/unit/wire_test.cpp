// The codec between page and engine: every message comes back as it was sent; damaged bytes are
// refused, never crash.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "protocol/wire.h"

namespace convscope {
namespace {

RunMethod sample_run() {
  RunMethod run;
  run.method = "deep_dream";
  run.target = 281;
  run.layer = "fire8";
  run.channels = {3, 500};
  run.untrained = true;
  run.seed = 0x123456789abcdefULL;
  run.parameters = {{"octaves", 4}, {"step", 1.5}};
  return run;
}

TEST(Wire, CommandComesBackAsSent) {
  const WireMessage wire = encode(CommandMessage{7, sample_run()});
  const auto back = decode_command(wire);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->request, 7u);
  const auto& run = std::get<RunMethod>(back->command);
  EXPECT_EQ(run.method, "deep_dream");
  EXPECT_EQ(run.target, 281);
  EXPECT_EQ(run.channels, (std::vector<int32_t>{3, 500}));
  EXPECT_TRUE(run.untrained);
  EXPECT_EQ(run.seed, 0x123456789abcdefULL);
  ASSERT_EQ(run.parameters.size(), 2u);
  EXPECT_EQ(run.parameters[1].id, "step");
  EXPECT_EQ(run.parameters[1].value, 1.5);
  EXPECT_EQ(encode(*back).header, wire.header);
}

TEST(Wire, BlobsTravelBesideTheHeader) {
  LoadModel load{"squeezenet-1.0", "net", "side=224", Blob({1, 2, 3, 4, 5})};
  const WireMessage wire = encode(CommandMessage{1, load});
  ASSERT_EQ(wire.blobs.size(), 1u);
  const auto back = decode_command(wire);
  ASSERT_TRUE(back.has_value());
  const auto& bytes = std::get<LoadModel>(back->command).bytes;
  EXPECT_EQ(bytes.size(), 5u);
  EXPECT_EQ(bytes.data()[4], 5);
}

TEST(Wire, EventWithOptionalsComesBack) {
  MethodPreview preview;
  preview.method = "gradient";
  preview.map = Map{.height = 2,
                    .width = 3,
                    .values = Blob(std::vector<uint8_t>(24)),
                    .minimum = -1,
                    .maximum = 2};
  preview.figures = {{{"loss", "损失"}, 0.25, "nats"}};
  const float xs[] = {0, 0.5f, 1}, ys[] = {3, 2, -1};
  preview.curves = {{{"deletion", "删除"},
                     {"share", "比例"},
                     {"p", "p"},
                     Blob::copy_of(xs, 3),
                     Blob::copy_of(ys, 3)}};
  preview.maps = {*preview.map};
  preview.answers = {{281, 0.5f, 7}};
  preview.contributions = {{"", 12, -0.75}, {"fire9", -1, 3}};
  preview.diagnosis.en = "blank";
  const auto back = decode_event(encode(EventMessage{9, preview}));
  ASSERT_TRUE(back.has_value());
  const auto& got = std::get<MethodPreview>(back->event);
  ASSERT_TRUE(got.map.has_value());
  EXPECT_FALSE(got.picture.has_value());
  ASSERT_EQ(got.maps.size(), 1u);
  EXPECT_EQ(got.maps[0].maximum, 2);
  EXPECT_EQ(got.map->width, 3);
  EXPECT_EQ(got.map->values.float_count(), 6u);
  EXPECT_EQ(got.figures[0].title.zh, "损失");
  ASSERT_EQ(got.curves.size(), 1u);
  EXPECT_EQ(got.curves[0].x_title.zh, "比例");
  ASSERT_EQ(got.curves[0].xs.float_count(), 3u);
  EXPECT_EQ(got.curves[0].xs.floats()[1], 0.5f);
  EXPECT_EQ(got.curves[0].ys.floats()[2], -1);
  ASSERT_EQ(got.answers.size(), 1u);
  EXPECT_EQ(got.answers[0].index, 281);
  ASSERT_EQ(got.contributions.size(), 2u);
  EXPECT_EQ(got.contributions[0].channel, 12);
  EXPECT_EQ(got.contributions[0].value, -0.75);
  EXPECT_EQ(got.contributions[1].layer, "fire9");
  EXPECT_EQ(got.diagnosis.en, "blank");
}

TEST(Wire, AFailureBringsTheNodesThatCannotRun) {
  const Failed failed{"unsupported",
                      {"No.", "不。"},
                      {{"LSTM", "memory", {"no such operator", "没有这种算子"}}, {"GRU", "m1", {}}},
                      7};
  const auto back = decode_event(encode(EventMessage{3, failed}));
  ASSERT_TRUE(back.has_value());
  const auto& got = std::get<Failed>(back->event);
  ASSERT_EQ(got.nodes.size(), 2u);
  EXPECT_EQ(got.nodes[0].op, "LSTM");
  EXPECT_EQ(got.nodes[0].name, "memory");
  EXPECT_EQ(got.nodes[0].reason.zh, "没有这种算子");
  EXPECT_EQ(got.nodes[1].name, "m1");
  EXPECT_EQ(got.more_nodes, 7);
}

TEST(Wire, EveryTruncationIsRefused) {
  const WireMessage whole = encode(CommandMessage{7, sample_run()});
  for (size_t bytes = 0; bytes < whole.header.size(); ++bytes) {
    WireMessage cut = whole;
    cut.header.resize(bytes);
    EXPECT_FALSE(decode_command(cut).has_value())
        << bytes << " of " << whole.header.size() << " bytes";
  }
  WireMessage longer = whole;
  longer.header.push_back(0);
  EXPECT_FALSE(decode_command(longer).has_value());
}

TEST(Wire, RandomDamageNeverCrashes) {
  Rng rng(11);
  const WireMessage whole = encode(CommandMessage{7, sample_run()});
  for (int round = 0; round < 3000; ++round) {
    WireMessage damaged = whole;
    for (uint32_t i = 0; i <= rng.below(4); ++i) {
      damaged.header[rng.below(static_cast<uint32_t>(damaged.header.size()))] =
          static_cast<uint8_t>(rng.next_u32());
    }
    (void)decode_command(damaged);
    (void)decode_event(damaged);
  }
}

TEST(Wire, MissingBlobIsRefused) {
  WireMessage wire = encode(CommandMessage{1, LoadModel{"a", "net", "", Blob({1})}});
  wire.blobs.clear();
  EXPECT_FALSE(decode_command(wire).has_value());
}

TEST(Wire, OnlyReadyAndPreviewAreNotFinal) {
  EXPECT_FALSE(is_final(EngineReady{}));
  EXPECT_FALSE(is_final(MethodPreview{}));
  EXPECT_TRUE(is_final(MethodResult{}));
  EXPECT_TRUE(is_final(Failed{}));
  EXPECT_TRUE(is_final(Done{}));
}

}  // namespace
}  // namespace convscope
