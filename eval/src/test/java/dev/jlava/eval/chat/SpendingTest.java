package dev.jlava.eval.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import dev.jlava.eval.chat.ChatReply.Usage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class SpendingTest {
  private static final Usage ESTIMATE = new Usage(50, 50, true);

  private static Budget tokens(long most) {
    return new Budget(Long.MAX_VALUE, most, Double.POSITIVE_INFINITY, 0, 0);
  }

  @Test
  void whatIsUsedTakesTheEstimatesPlace() throws Exception {
    Spending spending = new Spending(tokens(250));
    for (int i = 0; i < 8; i++) {
      spending.begin(ESTIMATE);
      spending.end(ESTIMATE, new Usage(15, 5, false));
    }
    assertThat(spending.total().usage().total()).isEqualTo(160);
    assertThatThrownBy(() -> spending.begin(ESTIMATE))
        .isInstanceOf(ChatException.class)
        .hasMessageContaining("budget.max_tokens 250, used 160");
    // It stays so, whatever would still fit.
    assertThatThrownBy(() -> spending.begin(new Usage(1, 1, true)))
        .isInstanceOf(ChatException.class);
    assertThat(spending.reached()).isPresent();
  }

  @Test
  void attemptsSideBySideDoNotPassTheBudgetTogether() throws Exception {
    Spending spending = new Spending(tokens(150));
    spending.begin(ESTIMATE);
    CompletableFuture<Boolean> second =
        CompletableFuture.supplyAsync(() -> {
          try {
            spending.begin(ESTIMATE);
            return true;
          } catch (InterruptedException e) {
            return false;
          }
        });
    Thread.sleep(50);
    assertThat(second).isNotDone();
    spending.end(ESTIMATE, new Usage(10, 10, false));
    assertThat(second.get(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void costIsByThePricesOfAMillionTokens() throws Exception {
    Spending spending = new Spending(new Budget(Long.MAX_VALUE, Long.MAX_VALUE, 0.001, 2, 8));
    spending.begin(ESTIMATE);
    spending.end(ESTIMATE, new Usage(100, 50, false));
    assertThat(spending.total().cost()).isEqualTo(0.0006);
    assertThatThrownBy(() -> spending.begin(ESTIMATE))
        .hasMessageContaining("budget.max_cost 0.001, used 6.0E-4");
  }

  @Test
  void aCostNeedsPrices() {
    assertThatThrownBy(() -> new Budget(1, 1, 5, 0, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("max_cost: a limit without prices");
  }
}
