package dev.jlava.generate;

import java.util.List;
import java.util.stream.Stream;

/// How an answer is generated and what ends it.
///
/// @param maxNewTokens most tokens of an answer, 1 or more
/// @param stops texts that end an answer; none is empty
/// @param ignoreEos whether an answer goes on after the model's end-of-sequence tokens
public record AnswerSettings(
    int maxNewTokens, Sampling sampling, List<String> stops, boolean ignoreEos) {
  public AnswerSettings {
    if (maxNewTokens < 1) {
      throw new IllegalArgumentException(
          "max-new-tokens: out of range (found " + maxNewTokens + ", expected 1 or more)");
    }
    if (stops.contains("")) {
      throw new IllegalArgumentException("stop: an empty text would end every answer");
    }
    stops = List.copyOf(stops);
  }

  /// The same settings with more texts that end an answer.
  public AnswerSettings stoppingAt(List<String> more) {
    List<String> all = Stream.concat(stops.stream(), more.stream()).distinct().toList();
    return new AnswerSettings(maxNewTokens, sampling, all, ignoreEos);
  }
}
