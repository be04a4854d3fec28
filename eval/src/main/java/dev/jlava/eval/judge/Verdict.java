package dev.jlava.eval.judge;

import dev.jlava.eval.chat.ChatReply;
import dev.jlava.eval.judge.Pair.Order;
import java.util.Optional;

/// What the judge said of a pair.
///
/// @param sample counts from 0 where it is asked several times
/// @param request the request's hash, which names the kept reply
/// @param scores of the reference and the model, whichever was read first; [ScorePair#FAILED] if
///   none were found
/// @param failure why there are no scores
public record Verdict(
    Pair pair,
    Order order,
    int sample,
    String request,
    ChatReply reply,
    ScorePair scores,
    Optional<String> failure) {

  Scored scored() {
    return new Scored(pair.id(), order, scores);
  }

  boolean failed() {
    return failure.isPresent();
  }

  /// A verdict that did not come.
  ///
  /// @param why the endpoint's message
  public record Missing(Pair pair, Order order, int sample, String request, String why) {}
}
