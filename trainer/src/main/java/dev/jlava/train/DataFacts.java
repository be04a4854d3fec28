package dev.jlava.train;

import dev.jlava.data.conversation.Turn;
import dev.jlava.data.source.Sample;
import java.util.List;

/// What is known of a stage's data before any of it is tokenised.
///
/// @param textTokens mean of a sample, at four tokens for three words
/// @param images mean of a sample
record DataFacts(int numSamples, double textTokens, double images) {
  private static final double TOKENS_PER_WORD = 4.0 / 3;

  /// What a plan goes by where the data is not there: an image and a short conversation.
  static final DataFacts ASSUMED = new DataFacts(0, 128, 1);

  static DataFacts of(List<Sample> samples) {
    long words = 0;
    long images = 0;
    for (Sample sample : samples) {
      words += words(sample);
      images += sample.images().size();
    }
    double count = Math.max(1, samples.size());
    return new DataFacts(samples.size(), TOKENS_PER_WORD * words / count, images / count);
  }

  /// The length of a sample as LLaVA estimates it.
  static int words(Sample sample) {
    int words = 0;
    for (Turn turn : sample.turns()) {
      words += turn.text().strip().split("\\s+").length;
    }
    return words;
  }
}
