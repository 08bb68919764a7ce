// One request in flight per slot, latest wins, superseded runs are cancelled.
#include "ui/requests.h"

#include <gtest/gtest.h>

#include "ui/view_model.h"

namespace convscope {
namespace {

class RequestsTest : public testing::Test {
 protected:
  RequestsTest() : requests([this](const CommandMessage& message) { sent.push_back(message); }) {
    vm.engine_state = EngineState::kReady;
    vm.engine_has_model = vm.engine_has_image = true;
  }
  // One frame in which the screen shows what `body` asks for.
  template <typename F>
  void frame(F&& body) {
    requests.begin_frame(vm, 0);
    body();
    requests.end_frame();
  }
  void answer(RequestId id, Event event) {
    const EventMessage message{id, std::move(event)};
    vm.apply(message, requests.slot_of(id), 0);
    requests.on_event(message);
  }
  // The request of the latest RunMethod.
  RequestId last_run() const {
    RequestId id = 0;
    for (const CommandMessage& m : sent) {
      if (std::holds_alternative<RunMethod>(m.command)) id = m.request;
    }
    return id;
  }
  template <typename T>
  size_t count() const {
    size_t n = 0;
    for (const CommandMessage& m : sent) n += std::holds_alternative<T>(m.command);
    return n;
  }

  ViewModel vm;
  std::vector<CommandMessage> sent;
  Requests requests;
};

TEST_F(RequestsTest, AWishIsSentOnce) {
  for (int i = 0; i < 5; ++i)
    frame([&] { requests.want("activations", GetActivations{.layer = "fire2"}); });
  ASSERT_EQ(sent.size(), 1u);
  answer(sent[0].request, Activations{});
  EXPECT_TRUE(requests.current("activations"));
  frame([&] { requests.want("activations", GetActivations{.layer = "fire2"}); });
  EXPECT_EQ(sent.size(), 1u);
}

TEST_F(RequestsTest, NothingIsSentBeforeNetworkAndPictureAreThere) {
  vm.engine_has_image = false;
  frame([&] {
    requests.want("activations", GetActivations{.layer = "fire2"});
    requests.want("filters", GetFilters{.layer = "fire2"});
  });
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<GetFilters>(sent[0].command));
}

TEST_F(RequestsTest, TheLatestOfManyWishesWins) {
  for (const char* layer : {"a", "b", "c", "d"}) {
    frame([&] { requests.want("activations", GetActivations{.layer = layer}); });
  }
  ASSERT_EQ(sent.size(), 1u);
  answer(sent[0].request, Activations{});
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(std::get<GetActivations>(sent[1].command).layer, "d");
}

TEST_F(RequestsTest, ASupersededRunIsCancelledAndItsPreviewsAreDropped) {
  frame([&] { requests.want("gradient", RunMethod{.method = "gradient", .target = 1}); });
  frame([&] { requests.want("gradient", RunMethod{.method = "gradient", .target = 2}); });
  ASSERT_EQ(count<Cancel>(), 1u);
  EXPECT_EQ(requests.slot_of(sent[0].request), "");
  answer(sent[0].request, Failed{.code = "cancelled"});
  ASSERT_EQ(count<RunMethod>(), 2u);
  EXPECT_EQ(requests.slot_of(sent.back().request), "gradient");
}

TEST_F(RequestsTest, ARunThatNobodyShowsIsCancelledButADreamIsOnlyPaused) {
  frame([&] {
    requests.want("gradient", RunMethod{.method = "gradient"});
    requests.start("dream", RunMethod{.method = "deep_dream"});
  });
  frame([&] { requests.keep("dream"); });
  EXPECT_EQ(count<Cancel>(), 1u);
  EXPECT_EQ(count<Pause>(), 0u);
  frame([&] {});
  EXPECT_EQ(count<Pause>(), 1u);
  EXPECT_TRUE(requests.status("dream").paused);
  requests.resume("dream");
  EXPECT_EQ(count<Resume>(), 1u);
}

TEST_F(RequestsTest, WhatThePersonStoppedIsNotAskedForAgainUntilTheySay) {
  const auto body = [&] { requests.want("explain", RunMethod{.method = "score_cam"}); };
  frame(body);
  requests.stop("explain");
  answer(sent[0].request, Failed{.code = "cancelled"});
  for (int i = 0; i < 3; ++i) frame(body);
  EXPECT_EQ(count<RunMethod>(), 1u);
  EXPECT_TRUE(requests.stopped("explain"));
  requests.go_on("explain");
  frame(body);
  EXPECT_EQ(count<RunMethod>(), 2u);
  EXPECT_FALSE(requests.stopped("explain"));
  // Another wish is another matter.
  requests.stop("explain");
  answer(last_run(), Failed{.code = "cancelled"});
  frame([&] { requests.want("explain", RunMethod{.method = "grad_cam"}); });
  EXPECT_EQ(count<RunMethod>(), 3u);
}

TEST_F(RequestsTest, ANewPictureAsksAgainButNotForFilters) {
  const auto both = [&] {
    requests.want("activations", GetActivations{.layer = "fire2"});
    requests.want("filters", GetFilters{.layer = "fire2"});
  };
  frame(both);
  answer(sent[0].request, Activations{});
  answer(sent[1].request, Filters{});
  ++vm.image_generation;
  frame(both);
  EXPECT_EQ(sent.size(), 3u);
  EXPECT_FALSE(requests.current("activations"));
}

TEST_F(RequestsTest, AFailureIsKeptUntilRetried) {
  const auto wish = [&] { requests.want("activations", GetActivations{.layer = "fire2"}); };
  frame(wish);
  answer(sent[0].request, Failed{"out_of_memory", {"No memory.", "没有内存。"}});
  frame(wish);
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_EQ(requests.status("activations").progress, Progress::kFailed);
  requests.retry("activations");
  EXPECT_EQ(sent.size(), 2u);
}

TEST_F(RequestsTest, AfterARestartEverythingIsAskedForAgain) {
  const auto wish = [&] { requests.want("activations", GetActivations{.layer = "fire2"}); };
  frame(wish);
  requests.forget_everything();
  frame(wish);
  EXPECT_EQ(sent.size(), 2u);
}

}  // namespace
}  // namespace convscope
