package dev.jlava.eval.chat;

import dev.jlava.data.DataException;

/// What asking may cost.
///
/// @param maxRequests most attempts, those that fail included
/// @param maxTokens most tokens of prompts and replies
/// @param maxCost in the unit of the prices
/// @param inputPrice of a million prompt tokens
/// @param outputPrice of a million reply tokens
public record Budget(
    long maxRequests, long maxTokens, double maxCost, double inputPrice, double outputPrice) {
  /// No limit, and no prices.
  public static final Budget NONE =
      new Budget(Long.MAX_VALUE, Long.MAX_VALUE, Double.POSITIVE_INFINITY, 0, 0);

  public Budget {
    if (maxCost < Double.POSITIVE_INFINITY && !priced(inputPrice, outputPrice)) {
      throw new DataException(
          "max_cost: a limit without prices (found no price of input or output tokens); give the"
              + " prices of a million tokens");
    }
  }

  /// What tokens cost.
  public double cost(ChatReply.Usage usage) {
    return (usage.promptTokens() * inputPrice + usage.completionTokens() * outputPrice) / 1e6;
  }

  /// Whether what tokens cost is known.
  public boolean hasPrices() {
    return priced(inputPrice, outputPrice);
  }

  private static boolean priced(double inputPrice, double outputPrice) {
    return inputPrice > 0 || outputPrice > 0;
  }
}
